"""Downloads and validations, from the journals of landing zone and lake."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import TypeVar

from tbp_assets.bars.events import Request, Validation
from tbp_assets.metrics.samples import Sample, by_label
from tbp_assets.storage.journal import FollowedEvents

Event = TypeVar("Event")
Journals = Mapping[str, FollowedEvents[Event]]


def request_samples(journals: Journals[Request], feed: str) -> Iterator[Sample]:
    """Give what was asked of each source.

    Args:
        journals: By data source, which is the provider.
        feed: Name of the dataset.
    """
    for provider, journal in journals.items():
        by_source = defaultdict[str, list[Request]](list)
        for request in journal.events():
            by_source[request.source].append(request)
        for source, requests in by_source.items():
            yield from _of_source({"source": source, "provider": provider, "feed": feed}, requests)


def _of_source(labels: dict[str, str], requests: list[Request]) -> Iterator[Sample]:
    yield Sample("mp_requests_total", len(requests), labels)
    yield Sample("mp_request_latency_seconds", labels=labels, observed=[request.seconds for request in requests])
    yield Sample("tbp_downloaded_bytes_total", sum(request.bytes for request in requests), labels)
    asked_at = max(request.asked_at for request in requests)
    yield Sample("tbp_last_request_timestamp_seconds", asked_at.timestamp(), labels)
    for code, errors in Counter(request.error for request in requests if request.error).items():
        yield Sample("mp_errors_total", errors, {**labels, "code": code})


def validation_samples(journals: Journals[Validation]) -> Iterator[Sample]:
    """Give the rows that were rejected, and the seconds that judging took, over all data sources."""
    rejected, seconds = Counter[str](), list[float]()
    for journal in journals.values():
        for judged in journal.events():
            rejected.update(judged.rejected)
            seconds += [] if judged.seconds is None else [judged.seconds]
    yield from by_label("mp_validation_errors_total", "error_type", rejected)
    yield Sample("mp_processing_time_seconds", labels={"operation": "validate"}, observed=seconds)

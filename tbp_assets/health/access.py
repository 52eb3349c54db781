"""Which data types, and how far back, may the key read?

A provider lists every file to whoever has a key, and answers 403 where the subscription does not cover one: by data
type, and by how far back its history goes. So the newest and the oldest listed file are asked about, and where only the
newest may be read, the first that may is searched by halves: 30 small requests at most, and no file is fetched.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from tbp_assets.errors import CredentialsError, NotEntitledError, RefusedError, SourceUnavailableError, TbpError
from tbp_assets.health.finding import Finding
from tbp_assets.health.installation import Installation
from tbp_assets.health.listed import days_in, listing_of
from tbp_assets.health.questions import NotLookedAtError, Question
from tbp_assets.health.source import folders_of
from tbp_assets.providers.flat_files import Folders

# https://massive.com/docs/flat-files: what a strategy on US markets may come to need.
DATA_TYPES: Final = (
    "us_stocks_sip/day_aggs_v1", "us_stocks_sip/minute_aggs_v1", "us_stocks_sip/trades_v1", "us_stocks_sip/quotes_v1",
    "us_options_opra/day_aggs_v1", "us_options_opra/minute_aggs_v1", "us_options_opra/trades_v1",
    "us_options_opra/quotes_v1", "us_indices/day_aggs_v1", "us_indices/minute_aggs_v1", "us_indices/values_v1",
)  # fmt: skip

NO_FILE: Final = "see TBP_FLAT_FILES_URL: below it stand the provider's own keys, {name}/YYYY/MM/YYYY-MM-DD.csv.gz"


@dataclass(frozen=True, slots=True)
class Span:
    """The files of a data type: listed from a day until another, and readable from which; None for none of them."""

    listed_from: date
    until: date
    readable_from: date | None


def access_questions(installation: Installation) -> list[Question]:
    """Return a question for each data type."""
    needed = installation.dataset.prefix
    return [
        Question(f"access {name}", partial(access, installation, name), needed=name == needed) for name in DATA_TYPES
    ]


def access(installation: Installation, name: str) -> Finding | None:
    """Say from which day on a data type may be read; nothing of one that is not there and that nobody needs."""
    needed, subject = name == installation.dataset.prefix, f"access {name}"
    try:
        files = folders_of(installation)
        if files is None:
            return None
        span = span_of(files, name)
    except (CredentialsError, RefusedError, SourceUnavailableError, NotLookedAtError) as error:
        if needed:
            raise NotLookedAtError("the source does not answer") from error
        return None
    except TbpError as error:
        return Finding(subject, "failed" if needed else "warning", str(error))
    if span is None:
        return (
            Finding(subject, "failed", f"{files.location} lists no day file of it", NO_FILE.format(name=name))
            if needed
            else None
        )
    return _judged(installation, subject, span) if needed else Finding(subject, "ok", _words(span))


def span_of(files: Folders, name: str) -> Span | None:
    """Return which files of a data type there are, and which may be read; None where there is none.

    Raises:
        CredentialsError: The key is refused altogether.
        SourceUnavailableError: The source does not answer.
    """
    listing = listing_of(files, name)
    if listing is None:
        return None
    (first, first_key), (last, last_key), years = listing.oldest[0], listing.newest[-1], listing.years
    if not _may_read(files, last_key):
        return Span(first, last, None)
    if _may_read(files, first_key):
        return Span(first, last, first)
    found = bisect_left(years, True, key=lambda year: _may_read_last(files, year))
    days = days_in(files, years[found : found + 1])
    return Span(first, last, days[bisect_left(days, True, key=lambda day: _may_read(files, day[1]))][0])


def _may_read(files: Folders, key: str) -> bool:
    try:
        files.stat(key)
    except NotEntitledError:
        return False
    return True


def _may_read_last(files: Folders, year: str) -> bool:
    return any(_may_read(files, key) for _, key in days_in(files, [year])[-1:])


def _words(span: Span) -> str:
    if span.readable_from is None:
        return f"not covered by the subscription (listed from {span.listed_from} to {span.until})"
    listed = "" if span.readable_from == span.listed_from else f" (listed from {span.listed_from})"
    return f"may be read from {span.readable_from} to {span.until}{listed}"


def _judged(installation: Installation, subject: str, span: Span) -> Finding:
    """Judge the data type that is loaded."""
    if span.readable_from is None:
        return Finding(subject, "failed", _words(span), "subscribe to it, or use the keys of an account that has it")
    start, first = installation.settings.pipeline.partitions.start_date, span.readable_from
    if any(start <= day < first for day in installation.expectation.sessions):
        todo = f"set partitions.start_date of pipeline.yml ({start}) to {first}, or widen the subscription"
        return Finding(subject, "warning", _words(span), todo)
    return Finding(subject, "ok", _words(span))

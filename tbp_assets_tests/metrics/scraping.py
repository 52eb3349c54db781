"""What a scrape says, read as Prometheus reads it."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterable, Mapping

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

Series = tuple[str, frozenset[tuple[str, str]]]


def series(name: str, **labels: str) -> Series:
    """Return the key of a series."""
    return name, frozenset(labels.items())


def families_of(text: str) -> list[Metric]:
    """Return the families of an exposition."""
    return list(text_string_to_metric_families(text))


def values_of(text: str) -> dict[Series, float]:
    """Return the value of every series; none is there twice."""
    samples = [sample for family in families_of(text) for sample in family.samples]
    values = {series(sample.name, **sample.labels): sample.value for sample in samples}
    assert len(values) == len(samples)
    return values


def counters_of(text: str) -> dict[Series, float]:
    """Return the series that may never fall: counters and what histograms count."""
    return {
        series(sample.name, **sample.labels): sample.value
        for family in families_of(text)
        if family.type in {"counter", "histogram"}
        for sample in family.samples
    }


def fallen(before: Mapping[Series, float], after: Mapping[Series, float]) -> list[Series]:
    """Return the series that fell or went away."""
    return [key for key, value in before.items() if after.get(key, float("-inf")) < value]


def labels_in(text: str, label: str) -> set[str]:
    """Return every value that a label has anywhere."""
    samples: Iterable[Mapping[str, str]] = (sample.labels for family in families_of(text) for sample in family.samples)
    return {labels[label] for labels in samples if label in labels}


def scraped(port: int, path: str = "/metrics", accept: str = "text/plain") -> str:
    """Return what a server on this machine answers."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200
        return answer.read().decode()

"""Metrics and their samples, before they become the families of prometheus_client."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum
from typing import Literal

import prometheus_client
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as queries name it; a histogram without the endings of its series.

    Attributes:
        labels: Every sample has them all, unless `text` says when one is left out.
        bounds: Upper bounds of a histogram's buckets, each included in its own.
    """

    name: str
    kind: Kind
    text: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()

    def family(self, samples: Sequence[Sample]) -> prometheus_client.Metric:
        """Return the metric with its samples."""
        if self.kind == "histogram":
            return self._histogram(samples)
        labels = [label for label in self.labels if all(label in sample.labels for sample in samples)]
        make = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        family = make(self.name, self.text, labels=labels)
        for sample in samples:
            family.add_metric([sample.labels[label] for label in labels], float(sample.value))
        return family

    def _histogram(self, samples: Sequence[Sample]) -> HistogramMetricFamily:
        family = HistogramMetricFamily(self.name, self.text, labels=self.labels)
        for sample in samples:
            values = sorted(sample.observed)
            buckets = [(str(bound), float(bisect_right(values, bound))) for bound in self.bounds]
            buckets.append(("+Inf", float(len(values))))
            family.add_metric([sample.labels[label] for label in self.labels], buckets, fsum(values))
        return family


@dataclass(frozen=True, slots=True)
class Sample:
    """A value of a metric, or what a histogram observed, all of it."""

    metric: str
    value: float = 0.0
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    observed: Sequence[float] = ()


def by_label(metric: str, label: str, values: Mapping[str, float]) -> Iterator[Sample]:
    """Give a sample for each value of the one label of a metric."""
    for name, value in values.items():
        yield Sample(metric, value, {label: name})


def where_known(metric: str, value: float | None) -> Iterator[Sample]:
    """Give a sample of a metric without labels, or none where the value is not known."""
    if value is not None:
        yield Sample(metric, value)


def families(metrics: Sequence[Metric], samples: Iterable[Sample]) -> Iterator[prometheus_client.Metric]:
    """Give the metrics in order, each with its samples; one without samples still says what it means."""
    found: dict[str, list[Sample]] = {metric.name: [] for metric in metrics}
    for sample in samples:
        found[sample.metric].append(sample)
    for metric in metrics:
        yield metric.family(found[metric.name])

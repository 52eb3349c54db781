"""Samples become families as Prometheus reads them; work that is stuck is not begun twice."""

from __future__ import annotations

from threading import Event

import pytest
from prometheus_client.exposition import generate_latest

from tbp_assets.metrics.catalogue import METRICS
from tbp_assets.metrics.dagster import STATUSES
from tbp_assets.metrics.samples import Metric, Sample, families
from tbp_assets.metrics.waiting import OneAtATime
from tbp_assets_tests.metrics.scraping import series, values_of

pytestmark = pytest.mark.unit

LATENCY = Metric("x_seconds", "histogram", "Help.", ("a",), (0.5, 1.0))


class Fixed:
    """A registry that gives some families."""

    def __init__(self, metrics: tuple[Metric, ...], samples: list[Sample]) -> None:
        self.metrics, self.samples = metrics, samples

    def collect(self) -> object:
        return families(self.metrics, self.samples)


def told(metrics: tuple[Metric, ...], samples: list[Sample]) -> str:
    return generate_latest(Fixed(metrics, samples)).decode()  # pyright: ignore[reportArgumentType]  # all it asks for


def test_buckets_hold_what_is_at_most_their_bound() -> None:
    values = values_of(told((LATENCY,), [Sample("x_seconds", labels={"a": "b"}, observed=[0.5, 1.0, 0.1, 7.0])]))
    buckets = [values[series("x_seconds_bucket", a="b", le=bound)] for bound in ("0.5", "1.0", "+Inf")]
    assert buckets == [2, 3, 4]
    assert values[series("x_seconds_sum", a="b")] == 8.6
    assert values[series("x_seconds_count", a="b")] == 4


def test_metric_without_samples_still_says_what_it_means() -> None:
    assert told((Metric("x_total", "counter", "Help."),), []) == "# HELP x_total Help.\n# TYPE x_total counter\n"


def test_sample_of_no_metric_of_the_catalogue_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        told((LATENCY,), [Sample("other")])


def test_names_follow_the_conventions_of_prometheus() -> None:
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)
    for metric in METRICS:
        assert metric.name.startswith(("tbp_", "mp_"))
        assert (metric.kind == "counter") == metric.name.endswith("_total"), metric.name
        assert bool(metric.bounds) == (metric.kind == "histogram"), metric.name
        assert metric.bounds == tuple(sorted(metric.bounds))
        assert metric.text.endswith("."), metric.name


def test_statuses_are_those_of_dagster() -> None:
    from dagster import DagsterRunStatus  # noqa: PLC0415  # a second, for this test alone

    assert {status.value for status in DagsterRunStatus} == set(STATUSES)


def test_work_that_is_stuck_is_waited_for_and_not_begun_again() -> None:
    begun, go_on = list[int](), Event()

    def work() -> int:
        begun.append(1)
        assert go_on.wait(30)
        return len(begun)

    once = OneAtATime(work)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            once.begin().result(0.01)
    assert len(begun) == 1
    stuck = once.begin()
    go_on.set()
    assert stuck.result(30) == 1
    assert once.begin().result(30) == 2


def test_what_work_raises_is_raised_to_whoever_waits() -> None:
    def work() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        OneAtATime(work).begin().result(30)

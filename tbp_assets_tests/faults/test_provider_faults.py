"""The provider does not answer, answers late, refuses, or sends half a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from tbp_assets.embedded.provider import Fault
from tbp_assets_tests.day_files import THURSDAY, TUESDAY, WEDNESDAY
from tbp_assets_tests.faults.book import entry
from tbp_assets_tests.faults.scene import DAYS, Scene

pytestmark = pytest.mark.integration

ONE_FILE, A_MONTH = "GET of one file", "LIST of the month"


@dataclass(frozen=True)
class Passing:
    """A fault that is over by itself.

    Attributes:
        by: What makes up for it: `client` (botocore, inside the request) or `step` (Dagster's retry policy).
    """

    name: str
    injected: str
    fault: Fault
    by: str = "client"


PASSING = [
    Passing("HTTP 500 once", f"{ONE_FILE}: 500 InternalError", Fault("server_error", on=WEDNESDAY)),
    Passing("HTTP 503 once", f"{ONE_FILE}: 503 SlowDown", Fault("slow_down", on=WEDNESDAY)),
    Passing("HTTP 429 once", f"{ONE_FILE}: 429 TooManyRequests", Fault("too_many_requests", on=WEDNESDAY)),
    Passing(
        "HTTP 503 longer than the client's retries", f"{ONE_FILE}: 503 SlowDown twice",
        Fault("slow_down", on=WEDNESDAY, times=2), by="step",
    ),
    Passing("HTTP 503 for the listing", f"{A_MONTH}: 503 SlowDown", Fault("slow_down", methods=("LIST",))),
    Passing(
        "a web page as listing",
        f"{A_MONTH}: 200 with a page of HTML",
        Fault("garbage", methods=("LIST",)),
        by="command",
    ),
    Passing("a web page as file", f"{ONE_FILE}: 200 with a page of HTML", Fault("garbage", on=WEDNESDAY), by="step"),
    Passing("stalled body", f"{ONE_FILE}: half the body, then silence", Fault("stall", on=WEDNESDAY), by="step"),
    Passing("connection cut mid-body", f"{ONE_FILE}: half, then closed", Fault("cut", on=WEDNESDAY), by="step"),
    Passing("connection reset mid-body", f"{ONE_FILE}: half, then RST", Fault("reset", on=WEDNESDAY), by="step"),
    Passing(
        "Content-Length too long",
        f"{ONE_FILE}: says more than it sends",
        Fault("wrong_length_more", on=WEDNESDAY),
        by="step",
    ),
    Passing(
        "Content-Length too short",
        f"{ONE_FILE}: says less than the file has",
        Fault("wrong_length_less", on=WEDNESDAY),
        by="step",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", PASSING, ids=lambda case: case.name)
def test_a_passing_fault_needs_no_person(scene: Scene, case: Passing) -> None:
    with entry("provider", case.name, case.injected) as row:
        scene.provider.inject(case.fault)
        said = scene.backfill()
        if case.by == "command":
            # Asked while planning, before anything is run: the command ends, and says that it may be repeated.
            said.must_be(1, "the provider")
            assert scene.stored() == {}
            said = scene.backfill()
            row.happened, row.recovery = "the command ends with one message, nothing is written", "the next run"
        said.must_be(0)
        assert scene.left_over() == []
        row.lost = scene.lost()
        if case.by == "step":
            assert {day: by for day, (_, by) in scene.failures().items()} == {WEDNESDAY: "retry"}
            row.happened, row.recovery = (
                "the step is repeated for the one file; recorded as failed, then as repaired",
                "by itself",
            )
        elif case.by == "client":
            assert scene.failures() == {}
            row.happened, row.recovery = "the request is repeated", "by itself"


@dataclass(frozen=True)
class Lasting:
    """A fault that stays until the provider mends it.

    Attributes:
        state: Of the days struck, as `tbp status` says.
        error: Type under which failed_downloads keeps it.
        struck: The days it strikes; the others are loaded all the same.
    """

    name: str
    injected: str
    fault: Fault
    state: str
    error: str
    struck: tuple[date, ...] = (WEDNESDAY,)


LASTING = [
    Lasting("HTTP 403 for a file", f"{ONE_FILE}: 403 AccessDenied while listing works",
            Fault("forbidden", on=WEDNESDAY, times=None), "not_entitled", "not_entitled"),
    Lasting("HTTP 403 for a data type", "GET and HEAD of every file of us_stocks_sip: 403 while listing works",
            Fault("not_entitled", on="us_stocks_sip/", times=None), "not_entitled", "not_entitled", DAYS),
    Lasting("HTTP 403 before a history window", "GET and HEAD of files before 2024-01-04: 403 while listing works",
            Fault("not_entitled", before=THURSDAY, times=None), "not_entitled", "not_entitled", (TUESDAY, WEDNESDAY)),
    Lasting("HTTP 404 for a listed file", f"{ONE_FILE}: 404 NoSuchKey, though it is listed",
            Fault("not_found", on=WEDNESDAY, times=None), "missing", "not_published"),
    Lasting("HTTP 500 for days", f"{ONE_FILE}: 500 InternalError until mended",
            Fault("server_error", on=WEDNESDAY, times=None), "missing", "network"),
    Lasting("HTTP 503 for days", f"{ONE_FILE}: 503 SlowDown until mended",
            Fault("slow_down", on=WEDNESDAY, times=None), "missing", "rate_limit"),
    Lasting("HTTP 429 for days", f"{ONE_FILE}: 429 TooManyRequests until mended",
            Fault("too_many_requests", on=WEDNESDAY, times=None), "missing", "rate_limit"),
    Lasting("body cut every time", f"{ONE_FILE}: half the body, then closed, until mended",
            Fault("cut", on=WEDNESDAY, times=None), "missing", "network"),
]  # fmt: skip


@pytest.mark.parametrize("case", LASTING, ids=lambda case: case.name)
def test_a_lasting_fault_costs_its_own_days_alone(scene: Scene, case: Lasting) -> None:
    with entry("provider", case.name, case.injected) as row:
        scene.provider.inject(case.fault)
        scene.backfill().must_be(1)
        good = {day: scene.files[day] for day in DAYS if day not in case.struck}
        assert scene.stored() == scene.truth(good)
        assert {day for day, state in scene.states().items() if state == case.state} == set(case.struck)
        assert scene.failures() == dict.fromkeys(case.struck, (case.error, None))
        scene.provider.heal()
        scene.backfill().must_be(0)
        assert {by for _, by in scene.failures().values()} == {"person"}
        assert scene.left_over() == []
        row.happened = (
            f"{'its day' if len(case.struck) == 1 else 'its days'} `{case.state}` ({case.error}), the others are loaded"
        )
        row.recovery, row.lost = "the next run once it is mended", scene.lost()


def test_refused_keys_stop_everything_at_once(scene: Scene) -> None:
    with entry("provider", "refused keys", "every request: 403 InvalidAccessKeyId") as row:
        scene.provider.inject(Fault("bad_key", times=None))
        scene.backfill().must_be(1, "refused the credentials", "POLYGON_S3_ACCESS_KEY")
        assert scene.stored() == {}
        assert len(scene.provider.requests) == 1, "a refused key is not tried again"
        scene.provider.heal()
        scene.backfill().must_be(0)
        row.happened = "one request, one message that names the variables; nothing is written"
        row.recovery, row.lost = "the next run with good keys", scene.lost()


def test_a_provider_that_accepts_nobody_stops_the_command(scene: Scene) -> None:
    with entry("provider", "connect time-out", "no connection is accepted") as row:
        scene.provider.inject(Fault("connect_timeout"))
        scene.backfill().must_be(1, "timeout")
        assert scene.stored() == {}
        scene.provider.heal()
        scene.backfill().must_be(0)
        row.happened, row.recovery = "the command ends with one message, nothing is written", "the next run"
        row.lost = scene.lost()

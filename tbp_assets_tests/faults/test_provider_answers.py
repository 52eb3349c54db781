"""An answer that is no file costs its own day, under its own name; the newest one is the one that is told."""

from __future__ import annotations

import pytest

from tbp_assets.embedded.provider import Fault
from tbp_assets_tests.day_files import THURSDAY, TUESDAY, WEDNESDAY
from tbp_assets_tests.faults.book import entry
from tbp_assets_tests.faults.scene import DAYS, Scene

pytestmark = pytest.mark.integration

# What one file is answered, the words of its day and the kind under which failed_downloads keeps it.
ONE_FILE = {
    "redirected": (Fault("redirected", on=WEDNESDAY, times=None), "HTTP 307, a redirect", "network"),
    "request time-out": (Fault("refused", on=WEDNESDAY, times=None), "HTTP 400 RequestTimeout", "network"),
    "conflict": (
        Fault("refused", on=WEDNESDAY, times=None, status=409, code="OperationAborted"),
        "HTTP 409 OperationAborted",
        "network",
    ),
    "clock": (
        Fault("refused", on=WEDNESDAY, times=None, status=403, code="RequestTimeTooSkewed"),
        "this machine's clock",
        "auth",
    ),
    "signature": (
        Fault("bad_key", on=WEDNESDAY, times=None, code="SignatureDoesNotMatch", methods=("GET",)),
        "the secret key is not the one",
        "auth",
    ),
    "archived": (
        Fault("refused", on=WEDNESDAY, times=None, status=403, code="InvalidObjectState"),
        "lies in an archive",
        "auth",
    ),
}


def details(scene: Scene) -> dict[str, str]:
    told = scene.tbp("status", "--from", DAYS[0], "--to", DAYS[-1], "--json").json["days"]
    return {day["trading_date"]: day["detail"] for day in told}


@pytest.mark.parametrize("name", ONE_FILE)
def test_one_file_that_is_refused_costs_its_own_day_alone(scene: Scene, name: str) -> None:
    fault, words, error = ONE_FILE[name]
    with entry("provider", f"{name}, of one file", f"GET of one file: an answer that says {words!r}") as row:
        scene.provider.inject(fault)
        scene.backfill().must_be(1)
        assert scene.states() == {TUESDAY: "loaded", WEDNESDAY: "missing", THURSDAY: "loaded"}
        assert words in details(scene)[str(WEDNESDAY)]
        assert scene.failures() == {WEDNESDAY: (error, None)}
        row.happened = f"its day `missing` ({error}), the cause and its cure named; the others are loaded"
        scene.provider.heal()
        scene.backfill().must_be(0)
        row.recovery, row.lost = "the next run once it is mended", scene.lost()


def test_the_newest_cause_is_the_one_that_is_told(scene: Scene) -> None:
    with entry("provider", "causes that change", "GET of one file: another refusal each time") as row:
        for fault, words, _ in ONE_FILE.values():
            scene.provider.heal()
            scene.provider.inject(fault)
            scene.backfill().must_be(1)
            assert words in details(scene)[str(WEDNESDAY)]
        scene.provider.heal()
        scene.provider.inject(Fault("forbidden", on=WEDNESDAY, times=None))
        scene.backfill().must_be(1)
        assert "the subscription does not cover" in details(scene)[str(WEDNESDAY)]
        row.happened = "the newest cause is the one that is told"
        scene.provider.heal()
        scene.backfill().must_be(0)
        row.recovery, row.lost = "the next run once it is mended", scene.lost()


@pytest.mark.parametrize(
    ("fault", "words", "name"),
    [
        (Fault("redirected", methods=("LIST",), times=None), "HTTP 307, a redirect", "307"),
        (Fault("redirected", methods=("LIST",), times=None, status=301), "HTTP 301, a redirect", "301"),
        (Fault("no_more_pages", times=None), "the listing breaks off", "a page without the token of the next"),
        (Fault("refused", methods=("LIST",), times=None), "HTTP 400 RequestTimeout", "400 RequestTimeout"),
    ],
)
def test_a_listing_that_cannot_be_had_is_one_message(scene: Scene, fault: Fault, words: str, name: str) -> None:
    with entry("provider", f"listing: {name}", f"LIST of the month, every time: {name}") as row:
        scene.provider.inject(fault)
        said = scene.backfill()
        said.must_be(1, words)
        assert said.err.count(words) == 1
        assert "Traceback" not in said.err
        assert scene.stored() == {}
        row.happened = "the command ends with one message, nothing is written"
        scene.provider.heal()
        scene.backfill().must_be(0)
        row.recovery, row.lost = "the next run", scene.lost()


def test_refusals_of_every_file_end_the_run_with_their_cause(scene: Scene) -> None:
    with entry("provider", "wrong clock", "GET of every file: 403 RequestTimeTooSkewed") as row:
        scene.provider.inject(Fault("refused", times=None, status=403, code="RequestTimeTooSkewed"))
        said = scene.backfill()
        said.must_be(1)
        (fault,) = said.json["faults"]
        assert "3 of 3 files did not arrive" in fault
        assert "this machine's clock" in fault
        assert set(scene.failures().values()) == {("auth", None)}
        assert len([request for request in scene.provider.requests if request.method == "GET"]) == len(DAYS)
        row.happened = "the command ends with one message that names the clock; each file is asked for once"
        scene.provider.heal()
        scene.backfill().must_be(0)
        row.recovery, row.lost = "the next run once it is mended", scene.lost()

"""Files that come late, come again, go, or come on days that were to have none."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tbp_assets.bars.day_state import day_state
from tbp_assets.cli.session import Session
from tbp_assets.embedded.provider import Fault
from tbp_assets_tests.day_files import NEW_YEAR, THURSDAY, TUESDAY, WEDNESDAY, day_file, row
from tbp_assets_tests.faults.book import entry
from tbp_assets_tests.faults.scene import DAYS, OTHERS, TICKERS, Scene

pytestmark = pytest.mark.integration

CARTER = date(2025, 1, 9)  # the exchange was closed for the funeral of a president


def test_a_file_published_late_is_late_then_missing_then_loaded(scene: Scene) -> None:
    with entry("publication", "late file", "no file of the day, and none in the listing, for days") as row_:
        scene.provider.withdraw(WEDNESDAY)
        scene.backfill().must_be(1)
        session = Session.start()
        facts, expectation = session.facts(WEDNESDAY, WEDNESDAY)[WEDNESDAY], session.expectation([WEDNESDAY])
        due = expectation.due(WEDNESDAY)
        states = [day_state(facts, expectation, now).state for now in (due - timedelta(seconds=1), due)]
        assert states == ["late", "missing"]
        scene.publish(WEDNESDAY)
        scene.backfill().must_be(0)
        row_.happened = "the day is `late` until its file is due, then `missing`; the others are loaded"
        row_.recovery, row_.lost = "the run after it appears", scene.lost()


def test_a_listing_that_lags_behind_a_new_file(scene: Scene) -> None:
    with entry("publication", "stale listing, new file", "the file is there, the listing omits it once") as row_:
        scene.provider.inject(Fault("list_without_day", on=WEDNESDAY))
        scene.backfill().must_be(1)
        assert scene.stored() == scene.truth({day: scene.files[day] for day in (TUESDAY, THURSDAY)})
        scene.backfill().must_be(0)
        row_.happened, row_.recovery = "as a late file: what is not listed is not asked for", "the next run"
        row_.lost = scene.lost()


def test_a_listing_that_lags_behind_a_replaced_file(scene: Scene) -> None:
    with entry("publication", "stale listing, replaced file", "the listing shows the file as it was before") as row_:
        scene.backfill().must_be(0)
        old = dict(scene.files)
        scene.publish(WEDNESDAY, close=10.75)
        scene.provider.inject(Fault("stale_list", on=WEDNESDAY))
        scene.backfill().must_be(0)
        assert scene.whole_days(old, scene.files)[WEDNESDAY] == 0
        scene.backfill().must_be(0)
        row_.happened, row_.recovery = "the old version stays until the listing shows the new one", "the next run"
        row_.lost = scene.lost()


def test_a_replaced_file_replaces_its_day_alone(scene: Scene) -> None:
    with entry("publication", "replaced file", "other closes in a loaded day's file") as row_:
        scene.backfill().must_be(0)
        marks = "SELECT ticker, timestamp, xmin::text FROM market_data_raw WHERE timestamp::date <> '2024-01-03'"
        others = scene.query(marks)
        scene.publish(WEDNESDAY, close=10.75)
        scene.provider.forget()
        scene.backfill().must_be(0)
        assert (scene.provider.count("GET"), sorted(scene.query(marks))) == (1, sorted(others))
        kept = scene.query("SELECT ticker, close, change FROM market_data_revisions ORDER BY ticker")
        assert kept == [(ticker, 10.5, "changed") for ticker in sorted(TICKERS)]
        row_.happened = "one download, one day loaded again; the values before are in `market_data_revisions`"
        row_.recovery, row_.lost = "by itself", scene.lost()


def test_a_restatement_that_drops_and_adds_tickers(scene: Scene) -> None:
    with entry("publication", "replaced file with other tickers", "one ticker less, one more than before") as row_:

        def file(*tickers: str) -> bytes:
            return day_file([row(ticker, WEDNESDAY) for ticker in sorted((*tickers, *OTHERS))])

        scene.files[WEDNESDAY] = file("AAPL", "MSFT", "SPY")
        scene.provider.publish(WEDNESDAY, scene.files[WEDNESDAY])
        scene.backfill().must_be(0)
        scene.files[WEDNESDAY] = file("AAPL", "JPM", "SPY")
        scene.provider.publish(WEDNESDAY, scene.files[WEDNESDAY])
        scene.backfill().must_be(0)
        assert scene.query("SELECT ticker, change FROM market_data_revisions") == [("MSFT", "dropped")]
        row_.happened = "the new bar comes, the dropped one goes to `market_data_revisions`"
        row_.recovery, row_.lost = "by itself", scene.lost()


def test_a_file_that_goes_back_to_what_it_was(scene: Scene) -> None:
    with entry("publication", "restatement taken back", "a file is replaced, then replaced by what it was") as row_:
        scene.backfill().must_be(0)
        for close in (10.75, 10.5):
            scene.publish(WEDNESDAY, close=close)
            scene.backfill().must_be(0)
        closes = scene.query("SELECT DISTINCT close, replaced_by FROM market_data_revisions ORDER BY 2")
        assert [close for close, _ in closes] == [10.5, 10.75]
        row_.happened, row_.recovery, row_.lost = "three versions, each kept with its span", "by itself", scene.lost()


def test_a_withdrawn_file_keeps_its_rows(scene: Scene) -> None:
    with entry("publication", "withdrawn file", "a loaded day's file leaves the bucket") as row_:
        scene.backfill().must_be(0)
        scene.provider.withdraw(WEDNESDAY)
        scene.backfill().must_be(0)
        said = scene.backfill(WEDNESDAY, WEDNESDAY, "--force")
        assert (said.code, [check["name"] for check in said.json["failed_checks"]]) == (1, ["day_file_is_whole"])
        assert scene.states()[WEDNESDAY] == "loaded"
        said = scene.tbp("status", "--from", WEDNESDAY, "--to", WEDNESDAY).out
        assert "has withdrawn the file since" in " ".join(said.split())
        row_.happened = "the rows stay; asked for again, the day says that its file was withdrawn, and a check fails"
        row_.recovery, row_.lost = "none is needed", scene.lost()


def test_an_ad_hoc_closure(scene: Scene) -> None:
    with entry("publication", "ad-hoc closure", "no file of 2025-01-09, when the exchange was closed") as row_:
        around = [CARTER + timedelta(days=n) for n in (-1, 1)]
        for day in around:
            scene.publish(day)
        scene.backfill(around[0], around[1]).must_be(0)
        scene.backfill().must_be(0)
        told = scene.tbp("status", "--from", CARTER, "--to", CARTER, "--json").json["days"]
        assert [day["state"] for day in told] == ["holiday"]
        row_.happened, row_.recovery, row_.lost = "a `holiday` with no rows", "none is needed", scene.lost()


def test_a_closure_that_the_calendar_does_not_know(scene: Scene) -> None:
    with entry(
        "publication", "closure unknown to the calendar", "no file of a session that did not take place"
    ) as row_:
        scene.provider.withdraw(WEDNESDAY)
        del scene.files[WEDNESDAY]
        scene.backfill().must_be(1)
        assert scene.states()[WEDNESDAY] == "missing"
        scene.project.change("pipeline.yml", "closures: []", "closures: [2024-01-03]")
        scene.backfill().must_be(0)
        assert scene.states()[WEDNESDAY] == "holiday"
        row_.happened = "`missing`, and said every day, until `schedule.closures` names it: then a `holiday`"
        row_.recovery, row_.lost = "a line in the configuration", scene.lost()


def test_a_holiday_of_the_calendar_on_which_a_file_appears(scene: Scene) -> None:
    with entry("publication", "a wrong calendar", "a file on New Year's Day, a holiday of the calendar") as row_:
        scene.backfill(NEW_YEAR, DAYS[-1]).must_be(0)
        told = scene.tbp("status", "--from", NEW_YEAR, "--to", NEW_YEAR, "--json").json["days"]
        assert [day["state"] for day in told] == ["holiday"]
        scene.publish(NEW_YEAR)
        scene.backfill(NEW_YEAR, DAYS[-1]).must_be(0)
        row_.happened = "a `holiday` with no rows, until the listing shows a file: then a day like any other"
        row_.recovery, row_.lost = "the next run", scene.lost()

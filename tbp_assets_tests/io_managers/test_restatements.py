"""What happens to a loaded day when the provider gives another file for it."""

from __future__ import annotations

import pytest

from tbp_assets.defs import market_data_raw
from tbp_assets.defs.shared import MARKET_DATA_RAW, RAW_DAY_FILE, VALIDATED_BARS
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows, row
from tbp_assets_tests.io_managers.running import FAILED, FILLED, Runs, failures, runs_of
from tbp_assets_tests.storage.days import landing_zone, query, stored

pytestmark = pytest.mark.integration

MARKS = "xmin::text, ingested_at, batch_id, close"
GOOD = day_file(good_rows(TUESDAY))
TRUNCATED = GOOD[:-12]
WITHHELD = day_file([*good_rows(TUESDAY), row("BAD", low="")])
REFUSED = day_file(["AAPL,1"], header="ticker,price")
# Enough good bars that one bad one is within the share that a day may have.
PLENTY, PLENTY_LATER = (good_rows(day, [f"T{n:02}" for n in range(30)]) for day in (TUESDAY, WEDNESDAY))
COLUMNS = ["open", "high", "low", "close", "volume", "transactions"]
REJECTED = {"truncated": TRUNCATED, "withheld": WITHHELD, "refused": REFUSED}


def loaded(project: Project, runs: Runs) -> dict[str, tuple[object, ...]]:
    """Load Tuesday and return its rows."""
    project.publish({TUESDAY: GOOD})
    assert runs.day(TUESDAY).success
    return stored(project.database(), MARKS)


def test_restated_file_changes_only_what_it_restates(project: Project) -> None:
    with runs_of(project) as runs:
        before = loaded(project, runs)
        project.publish({TUESDAY: day_file([row("AAPL"), row("MSFT", close=10.75), row("NVDA"), row("ZZZZ")])})
        assert runs.day(TUESDAY).success
        shown = runs.metadata(MARKET_DATA_RAW, TUESDAY)
        assert runs.checked(MARKET_DATA_RAW, "database_matches_lake")[TUESDAY].passed
    after = stored(project.database(), MARKS)
    assert [shown[name] for name in ("inserted", "updated", "deleted", "unchanged")] == [1, 1, 1, 1]
    assert list(after) == ["AAPL", "MSFT", "NVDA"]
    assert after["AAPL"] == before["AAPL"]
    assert after["MSFT"][3] == 10.75


def test_metadata_of_a_restated_day_shows_each_value_before_and_after(project: Project) -> None:
    with runs_of(project) as runs:
        loaded(project, runs)
        assert not {"changed", "values before and after"} & set(runs.metadata(MARKET_DATA_RAW, TUESDAY))
        project.publish({TUESDAY: day_file([row("AAPL", transactions=""), *PLENTY, row("SPY", low="")])})
        assert runs.day(TUESDAY).success
        shown = runs.metadata(MARKET_DATA_RAW, TUESDAY)
    assert [shown.get(name) for name in ("changed", "dropped", "rejected", "outside validity")] == [1, 1, 1, None]
    table = [record.data for record in shown["values before and after"].records]
    assert table[0] == {"ticker": "AAPL", "column": "transactions", "old": "7", "new": "", "change": "changed"}
    assert [record["column"] for record in table if record["change"] == "rejected"] == COLUMNS
    assert len(table) == 13
    assert "more values" not in shown


def test_metadata_of_a_day_says_how_many_values_it_does_not_show(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(market_data_raw, "MOST_VALUES", 4)
    with runs_of(project) as runs:
        loaded(project, runs)
        project.publish({TUESDAY: day_file([row("AAPL"), row("SPY")])})
        assert runs.day(TUESDAY).success
        shown = runs.metadata(MARKET_DATA_RAW, TUESDAY)
    assert len(shown["values before and after"].records) == 4
    assert shown["more values"] == "2 more: tbp restatements --from 2024-01-02 --to 2024-01-02"


def test_day_whose_quarantine_is_gone_stays_as_it_was_and_does_not_stop_its_range(project: Project) -> None:
    with runs_of(project) as runs:
        project.publish({day: day_file(good_rows(day)) for day in (TUESDAY, WEDNESDAY)})
        runs.days(TUESDAY, WEDNESDAY)
        good = [*PLENTY, row("SPY", low="")]
        later = day_file([row("AAPL", WEDNESDAY), *PLENTY_LATER])
        project.publish({TUESDAY: day_file([row("AAPL"), *good]), WEDNESDAY: later})
        runs.only(RAW_DAY_FILE, TUESDAY, WEDNESDAY)
        runs.only(VALIDATED_BARS, TUESDAY, WEDNESDAY)
        (quarantine,) = project.store.rglob("2024-01-02.quarantine.*")
        quarantine.unlink()
        said = failures(runs.load(TUESDAY, WEDNESDAY))["market_data_raw"]
    assert said.startswith("1 days stay open, 1 are done. 2024-01-02: rejected")
    assert "is gone; materialize validated_bars again" in said
    sql = "SELECT timestamp::date::text, count(*) FROM market_data_raw GROUP BY 1 ORDER BY 1"
    assert query(project.database(), sql) == [("2024-01-02", 3), ("2024-01-03", 1)]


@pytest.mark.parametrize("restated", REJECTED)
def test_rejected_restatement_leaves_the_loaded_rows_and_is_reported(project: Project, restated: str) -> None:
    with runs_of(project) as runs:
        before = loaded(project, runs)
        project.publish({TUESDAY: REJECTED[restated]})
        said = failures(runs.day(TUESDAY))
        assert runs.cells(MARKET_DATA_RAW, [TUESDAY]) == [FAILED]
    assert stored(project.database(), MARKS) == before
    assert list(said) == ["market_data_raw"]
    assert "2024-01-02: rejected (" in said["market_data_raw"]


def test_truncated_restatement_fails_the_check_of_its_file_and_the_older_file_is_kept(project: Project) -> None:
    with runs_of(project) as runs:
        loaded(project, runs)
        before = landing_zone(project.store).fact(TUESDAY)
        project.publish({TUESDAY: TRUNCATED})
        runs.day(TUESDAY)
        assert not runs.checked(RAW_DAY_FILE, "day_file_is_whole")[TUESDAY].passed
    fact = landing_zone(project.store).fact(TUESDAY)
    assert before is not None
    assert fact is not None
    assert (fact.status, fact.file) == ("unusable", before.file)


def test_rejected_restatement_does_not_stop_its_range(project: Project) -> None:
    days = [TUESDAY, WEDNESDAY, THURSDAY, FRIDAY]
    with runs_of(project) as runs:
        project.publish({day: day_file(good_rows(day)) for day in days})
        runs.days(TUESDAY, FRIDAY)
        project.publish(
            {TUESDAY: WITHHELD, WEDNESDAY: TRUNCATED, THURSDAY: day_file([row("AAPL", THURSDAY, close=10.75)])}
        )
        said = failures(runs.days(TUESDAY, FRIDAY))
        assert runs.cells(MARKET_DATA_RAW, days) == [FAILED, FAILED, FILLED, FILLED]
    assert said["market_data_raw"].startswith("2 days stay open, 2 are done. 2024-01-02: rejected")
    counts = query(
        project.database(), "SELECT timestamp::date::text, count(*) FROM market_data_raw GROUP BY 1 ORDER BY 1"
    )
    assert counts == [("2024-01-02", 3), ("2024-01-03", 3), ("2024-01-04", 1), ("2024-01-05", 3)]


@pytest.mark.parametrize("restated", ["truncated", "withheld"])
def test_good_file_after_a_rejected_one_mends_the_day(project: Project, restated: str) -> None:
    with runs_of(project) as runs:
        before = loaded(project, runs)
        project.publish({TUESDAY: REJECTED[restated]})
        runs.day(TUESDAY)
        project.publish({TUESDAY: GOOD})
        assert runs.day(TUESDAY).success
        assert runs.cells(MARKET_DATA_RAW, [TUESDAY]) == [FILLED]
        assert runs.checked(MARKET_DATA_RAW, "every_row_accounted_for")[TUESDAY].passed
    assert stored(project.database(), MARKS) == before


def test_file_that_the_provider_withdrew_leaves_the_loaded_rows(project: Project) -> None:
    with runs_of(project) as runs:
        before = loaded(project, runs)
        for path in project.mirror.rglob("*.gz"):
            path.unlink()
        assert runs.day(TUESDAY).success
        assert "absent" in runs.checked(RAW_DAY_FILE, "day_file_is_whole")[TUESDAY].description
    assert stored(project.database(), MARKS) == before

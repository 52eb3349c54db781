"""A run of one day: it is loaded, or left open without a fault, or fails at once with a sentence that says why."""

from __future__ import annotations

from typing import BinaryIO

import pytest

from tbp_assets.bars.facts import Listed
from tbp_assets.defs.jobs import LOAD_JOB
from tbp_assets.defs.market_data_raw import TICKERS_TAG
from tbp_assets.defs.shared import MARKET_DATA_RAW, RAW_DAY_FILE, VALIDATED_BARS
from tbp_assets.errors import NotEntitledError, SourceUnavailableError
from tbp_assets.providers.local_mirror import LocalMirror
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import NEW_YEAR, TUESDAY, WEDNESDAY, day_file, good_rows, row
from tbp_assets_tests.io_managers.running import ALL, ASSETS, FAILED, FILLED, OPEN, failures, retries, runs_of
from tbp_assets_tests.storage.days import count, landing_zone, stored

pytestmark = pytest.mark.integration

GOOD = day_file(good_rows(TUESDAY))
WITHHELD = day_file([*good_rows(TUESDAY), row("BAD", low="")])


def states(project: Project, day_bytes: bytes | None) -> list[str]:
    """Run Tuesday with a file and return its cell of each asset."""
    project.publish({TUESDAY: day_bytes} if day_bytes else {})
    with runs_of(project) as runs:
        runs.day(TUESDAY)
        return [runs.cells(asset, [TUESDAY])[0] for asset in ASSETS]


def test_good_day_is_loaded_with_the_configured_universe(project: Project) -> None:
    assert states(project, GOOD) == [FILLED, FILLED, FILLED]
    assert list(stored(project.database())) == ["AAPL", "MSFT", "SPY"]


def test_metadata_says_what_was_written_and_under_which_universe(project: Project) -> None:
    project.publish({TUESDAY: GOOD})
    with runs_of(project) as runs:
        result = runs.day(TUESDAY)
        shown = runs.metadata(MARKET_DATA_RAW, TUESDAY)
    assert [shown[name] for name in ("dagster/partition_row_count", "inserted", "updated", "deleted", "unchanged")] == [
        3, 3, 0, 0, 0
    ]  # fmt: skip
    assert shown["universe"].startswith("configured (")
    assert stored(project.database(), "batch_id")["AAPL"] == (shown["batch"],)
    assert result.success


def test_metadata_names_the_tickers_of_the_universe_without_a_bar(project: Project) -> None:
    project.publish({TUESDAY: day_file([*good_rows(TUESDAY, ["AAPL", "SPY", "FB"])])})
    with runs_of(project) as runs:
        runs.day(TUESDAY)
        shown = runs.metadata(MARKET_DATA_RAW, TUESDAY)
    assert shown["no accepted bar for"] == "CVX, JPM, LLY, META, MSFT, NVDA, QQQ, UNH, V, WMT"


def test_ledger_row_names_the_run(project: Project) -> None:
    project.publish({TUESDAY: GOOD})
    with runs_of(project) as runs:
        result = runs.day(TUESDAY)
    runs_named = stored(
        project.database(), "(SELECT run_id FROM load_ledger WHERE load_ledger.batch_id = market_data_raw.batch_id)"
    )
    assert set(runs_named.values()) == {(result.run_id,)}


def test_missing_day_yields_nothing_and_fails_nothing(project: Project) -> None:
    with runs_of(project) as runs:
        result = runs.day(TUESDAY)
        assert (result.success, failures(result)) == (True, {})
        assert [runs.cells(asset, [TUESDAY]) for asset in ASSETS] == [[OPEN]] * 3
    fact = landing_zone(project.store).fact(TUESDAY)
    assert fact is not None
    assert fact.status == "absent"


def test_holiday_fills_its_cells_with_no_rows(project: Project) -> None:
    with runs_of(project) as runs:
        assert runs.day(NEW_YEAR).success
        assert [runs.cells(asset, [NEW_YEAR]) for asset in ASSETS] == [[FILLED]] * 3
    assert (count(project.database()), count(project.database(), "load_ledger")) == (0, 0)


def test_unusable_file_fails_at_once_with_its_cause(project: Project) -> None:
    project.publish({TUESDAY: GOOD[:-12]})
    with runs_of(project) as runs:
        result = runs.day(TUESDAY)
        said = failures(result)
        assert [runs.cells(asset, [TUESDAY]) for asset in ALL] == [[FAILED]] * 4
    assert set(said) == {"market_data_raw_checks", "data_quality_metrics_checks"}
    assert said["market_data_raw_checks"].startswith("2024-01-02: rejected (file://")
    assert "not a whole gzip file" in said["market_data_raw_checks"]
    assert retries(result) == 0


def test_forbidden_file_fails_at_once_and_is_never_an_empty_day(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(mirror: LocalMirror, key: str, target: BinaryIO) -> Listed:
        raise NotEntitledError(f"{key}: HTTP 403, the subscription does not cover this file")

    monkeypatch.setattr(LocalMirror, "download", refuse)
    project.publish({TUESDAY: GOOD})
    with runs_of(project) as runs:
        result = runs.day(TUESDAY)
        assert [runs.cells(asset, [TUESDAY]) for asset in ASSETS] == [[FAILED]] * 3
    said = failures(result)
    assert said["market_data_raw_checks"].startswith("2024-01-02: not_entitled (us_stocks_sip/")
    assert retries(result) == 0


def test_withheld_day_is_landed_and_not_loaded(project: Project) -> None:
    assert states(project, WITHHELD) == [FILLED, FAILED, FAILED]
    assert count(project.database()) == 0


def test_withheld_day_is_refused_by_a_run_of_the_table_alone(project: Project) -> None:
    project.publish({TUESDAY: WITHHELD})
    with runs_of(project) as runs:
        runs.day(TUESDAY)
        result = runs.day(TUESDAY, LOAD_JOB)
        said = failures(result)
    assert "2024-01-02: rejected (" in said["market_data_raw_checks"]
    assert "The whole day is withheld" in said["market_data_raw_checks"]
    assert (retries(result), count(project.database())) == (0, 0)


def test_refused_file_is_a_fact_of_the_lake_and_not_loaded(project: Project) -> None:
    assert states(project, day_file(["AAPL,1"], header="ticker,price")) == [FILLED, FAILED, FAILED]


def test_second_run_downloads_nothing_and_changes_no_row(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.publish({TUESDAY: GOOD})
    with runs_of(project) as runs:
        runs.day(TUESDAY)
        before = stored(project.database(), "xmin::text, ingested_at, batch_id")
        monkeypatch.delattr(LocalMirror, "download")
        assert runs.day(TUESDAY).success
        assert runs.metadata(MARKET_DATA_RAW, TUESDAY)["unchanged"] == 3
    assert stored(project.database(), "xmin::text, ingested_at, batch_id") == before


def test_tag_narrows_the_universe_of_a_run(project: Project) -> None:
    project.publish({TUESDAY: GOOD})
    with runs_of(project) as runs:
        assert runs.day(TUESDAY, **{TICKERS_TAG: "SPY,AAPL"}).success
        assert runs.checked(MARKET_DATA_RAW, "database_matches_lake")[TUESDAY].passed
    assert list(stored(project.database())) == ["AAPL", "SPY"]


def test_source_that_does_not_answer_is_asked_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, real = [SourceUnavailableError("HTTP 503")], LocalMirror.list

    def list_later(mirror: LocalMirror, prefix: str) -> list[Listed]:
        if answers:
            raise answers.pop()
        return real(mirror, prefix)

    monkeypatch.setattr(LocalMirror, "list", list_later)
    project.change("pipeline.yml", "delay_seconds: 5", "delay_seconds: 0")
    project.publish({TUESDAY: GOOD})
    with runs_of(project) as runs:
        result = runs.day(TUESDAY)
    assert (result.success, retries(result), count(project.database())) == (True, 1, 3)


def test_day_is_checked_with_its_own_partition(project: Project) -> None:
    project.publish({TUESDAY: GOOD, WEDNESDAY: WITHHELD})
    with runs_of(project) as runs:
        runs.day(TUESDAY)
        assert list(runs.checked(RAW_DAY_FILE, "day_file_is_whole")) == [TUESDAY]
        assert runs.checked(VALIDATED_BARS, "bars_match_schema")[TUESDAY].targeted

"""The cells of a day that lacks something: filled in no asset, with the cause told, while all else is looked at."""

from __future__ import annotations

import dagster as dg
import pytest

from tbp_assets.bars.rules import rules_version
from tbp_assets.defs.assembly import build_definitions
from tbp_assets.defs.shared import DATA_QUALITY_METRICS, MARKET_DATA_RAW, RAW_DAY_FILE, VALIDATED_BARS
from tbp_assets.defs.standing_checks import STANDING
from tbp_assets.resources.failures import days_left_open
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, NEW_YEAR, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows, row
from tbp_assets_tests.io_managers.running import ALL, ASSETS, FAILED, FILLED, OPEN, Runs, failures, runs_of
from tbp_assets_tests.storage.days import lake_in, landing_zone

pytestmark = pytest.mark.integration

SESSIONS = [TUESDAY, WEDNESDAY, THURSDAY, FRIDAY]
TRUNCATED = day_file(good_rows(WEDNESDAY))[:-12]
WITHHELD = day_file([*good_rows(WEDNESDAY), row("BAD", WEDNESDAY, low="")])
REFUSED = day_file(["AAPL,1"], header="ticker,price")
NO_CSV = b"<html>not here</html>"
UNUSABLE, JUDGED = {"truncated": TRUNCATED, "a page": NO_CSV, "empty": b""}, {"withheld": WITHHELD, "refused": REFUSED}
VERSION, CODE, IS_OURS = "dagster/data_version", "dagster/code_version", "dagster/data_version_is_user_provided"
TARGET = [FILLED, FILLED, FAILED, FILLED, FILLED]


def publish(project: Project, wednesday: bytes | None) -> None:
    """Publish four sessions, the second with a file of its own or without one."""
    files = {day: day_file(good_rows(day)) for day in SESSIONS if day != WEDNESDAY}
    project.publish(files | ({WEDNESDAY: wednesday} if wednesday is not None else {}))


def by_hand(runs: Runs, **tags: str) -> dg.ExecuteInProcessResult:
    """Run what the UI runs where the four daily assets are chosen: their checks, the standing ones too."""
    chosen = dg.AssetSelection.assets(*ALL)
    keys = {*chosen.resolve(runs.definitions.resolve_asset_graph())}  # pyright: ignore[reportUnknownMemberType]  # its graph has an open type
    job = runs.definitions.resolve_implicit_global_asset_job_def().get_subset(asset_selection=keys)
    return job.execute_in_process(instance=runs.instance, tags=tags, raise_on_error=False)


def tags_of(runs: Runs, asset: dg.AssetKey) -> dict[str, str]:
    """Return the tags of Tuesday's newest materialization."""
    record = runs.materialization(asset, TUESDAY)
    assert record is not None
    assert record.asset_materialization is not None
    return dict(record.asset_materialization.tags or {})


@pytest.mark.parametrize("file", [*UNUSABLE, None])
def test_day_without_a_good_file_is_filled_in_no_asset(project: Project, file: str | None) -> None:
    publish(project, UNUSABLE[file] if file else None)
    with runs_of(project) as runs:
        result = runs.days(NEW_YEAR, FRIDAY)
        assert not result.success
        assert [runs.cells(asset) for asset in ALL] == [TARGET] * 4
        causes = {runs.observed(asset, WEDNESDAY) for asset in ALL}
    assert len(causes) == 1
    assert causes.pop().startswith("rejected (file://" if file else "missing (the provider has no file yet)")


@pytest.mark.parametrize("file", list(JUDGED))
def test_day_that_is_kept_out_is_filled_where_its_file_is_and_nowhere_else(project: Project, file: str) -> None:
    publish(project, JUDGED[file])
    with runs_of(project) as runs:
        runs.days(NEW_YEAR, FRIDAY)
        assert [runs.cells(asset) for asset in ALL] == [[FILLED] * 5, TARGET, TARGET, TARGET]
        assert {runs.observed(asset, WEDNESDAY)[:10] for asset in ALL[1:]} == {"rejected ("}


@pytest.mark.parametrize("asset", ASSETS[:2])
def test_asset_that_runs_alone_fails_for_the_day_that_it_lacks(project: Project, asset: dg.AssetKey) -> None:
    publish(project, TRUNCATED)
    with runs_of(project) as runs:
        runs.only(RAW_DAY_FILE, NEW_YEAR, FRIDAY)
        said = failures(runs.only(asset, NEW_YEAR, FRIDAY))
        assert runs.cells(asset) == TARGET
    assert said[f"{asset.to_user_string()}_checks"].startswith("1 day stays open, 4 are done. 2024-01-03: rejected")


@pytest.mark.parametrize("wednesday", [TRUNCATED, None])
@pytest.mark.parametrize("alone", [True, False])
def test_standing_checks_run_whatever_a_day_did(project: Project, wednesday: bytes | None, *, alone: bool) -> None:
    publish(project, wednesday)
    first, last = (WEDNESDAY, WEDNESDAY) if alone else (NEW_YEAR, FRIDAY)
    span = {"dagster/asset_partition_range_start": str(first), "dagster/asset_partition_range_end": str(last)}
    with runs_of(project) as runs:
        result = by_hand(runs, **span)
        latest = runs.instance.event_log_storage.get_latest_asset_check_execution_by_key(STANDING)
        assert runs.cells(RAW_DAY_FILE, [WEDNESDAY]) == [OPEN if alone and wednesday is None else FAILED]
    assert {record.status.value for record in latest.values()} <= {"SUCCEEDED", "FAILED"}
    assert set(latest) == set(STANDING)
    assert result.success == (alone and wednesday is None)


def test_run_that_fails_for_its_days_says_so_in_one_sentence_without_a_trace(project: Project) -> None:
    publish(project, TRUNCATED)
    with runs_of(project) as runs:
        failed = [event for event in runs.days(NEW_YEAR, FRIDAY).all_events if event.is_step_failure]
    for event in failed:
        error = event.step_failure_data.error
        assert error is not None
        assert error.to_string().startswith("1 day stays open, 4 are done. 2024-01-03: rejected (file://")
        assert (error.stack, error.cause) == ([], None)
        assert days_left_open(event)[WEDNESDAY].state == "rejected"


@pytest.mark.parametrize("last", [TUESDAY, FRIDAY])
def test_every_cell_has_the_version_of_its_file_and_of_what_made_it(project: Project, last: object) -> None:
    publish(project, TRUNCATED)
    with runs_of(project) as runs:
        runs.day(TUESDAY) if last == TUESDAY else runs.days(NEW_YEAR, FRIDAY)
        tags = {asset: tags_of(runs, asset) for asset in ALL}
        code = {asset: runs.definitions.resolve_asset_graph().get(asset).code_version for asset in ALL}
    fact, lake = landing_zone(project.store).fact(TUESDAY), lake_in(project.store).fact(TUESDAY)
    assert fact is not None
    assert fact.file is not None
    assert lake is not None
    sha256 = fact.file.sha256
    assert {asset: found[CODE] for asset, found in tags.items()} == code
    assert {found[IS_OURS] for found in tags.values()} == {"true"}
    assert tags[RAW_DAY_FILE][VERSION] == sha256
    assert tags[VALIDATED_BARS][VERSION] == f"{sha256} {rules_version()}"
    assert tags[MARKET_DATA_RAW][VERSION].startswith(f"{sha256} {rules_version()} ")
    assert tags[VALIDATED_BARS]["dagster/input_data_version/raw_day_file"] == sha256
    for asset in (MARKET_DATA_RAW, DATA_QUALITY_METRICS):
        assert tags[asset]["dagster/input_data_version/validated_bars"] == tags[VALIDATED_BARS][VERSION]


def test_another_universe_or_limit_makes_what_was_made_by_it_out_of_date(project: Project) -> None:
    def versions() -> dict[dg.AssetKey, str | None]:
        graph = build_definitions(project.settings()).resolve_asset_graph()
        return {asset: graph.get(asset).code_version for asset in ALL}

    before = versions()
    assert all(before.values())
    project.change("instruments.yml", "{symbol: SPY,", "{symbol: SPYX,")
    after = versions()
    assert {asset for asset in ALL if after[asset] != before[asset]} == {MARKET_DATA_RAW, DATA_QUALITY_METRICS}

"""The IO managers take and hand on one day at a time, so that memory does not grow with the range."""

from collections.abc import Iterable, Iterator
from datetime import date

import dagster as dg
import pytest
from polars.testing import assert_frame_equal

from tbp_assets.bars.day_state import DayState
from tbp_assets.bars.facts import LoadFact
from tbp_assets.bars.validation import ValidatedDay
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.defs.partitions import trading_days
from tbp_assets.errors import StorageError
from tbp_assets.io_managers.cells import Cell, Cells
from tbp_assets.io_managers.lake import LakeDays, LakeIOManager, ValidatedDays
from tbp_assets.io_managers.timescale import LoadStream, StreamedDay, TimescaleIOManager
from tbp_assets.logs.days import DayLog
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.failure_log import FailureLog
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource
from tbp_assets.storage.load import DayToLoad, load_day
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, good_rows
from tbp_assets_tests.io_managers.running import forgetful
from tbp_assets_tests.storage.days import count, lake_in, to_load, validated

pytestmark = pytest.mark.integration

DAYS = [TUESDAY, WEDNESDAY, THURSDAY]
PARTITIONS = trading_days(TUESDAY)
LOG = DayLog("a-run", "a_job", "an_asset", "us_stocks_day_aggs", "polygon")


def lake_io_manager(project: Project) -> LakeIOManager:
    settings = project.settings()
    return LakeIOManager(
        store=StoreResource.from_settings(settings), flat_files=FlatFilesResource.from_settings(settings)
    )


def table_io_manager(project: Project) -> TimescaleIOManager:
    return TimescaleIOManager(database=DatabaseResource.from_settings(project.settings()))


def stream_of(
    project: Project,
    days: Iterable[StreamedDay[DayToLoad]],
    checked: list[date] | None = None,
) -> LoadStream[DayToLoad, LoadFact]:
    """Return a stream that notes what the IO manager says of each day."""
    return LoadStream(
        source="here",
        days=days,
        write=lambda load, _day, database, run_id: load_day(database, US_STOCKS_DAY_AGGS, load, run_id),
        describe=lambda _day, load, _seconds: Cell(
            {"inserted": dg.MetadataValue.text(str(load.inserted) if load else "none")}
        ),
        cells=cells(),
        check=(checked if checked is not None else []).extend,
        log=LOG,
        written=lambda log, _load, fact, seconds: log.loaded(fact, seconds),
        failures=FailureLog(
            DatabaseResource.from_settings(project.settings()),
            US_STOCKS_DAY_AGGS,
            "polygon",
            dg.DagsterRun("a_job", run_id="a-run"),
            dg.get_dagster_logger(),  # pyright: ignore[reportArgumentType]  # the loggers' protocol is the same
        ),
    )


def cells() -> Cells:
    return Cells(dg.AssetKey("an_asset"), "1", forgetful())


def shown(context: dg.OutputContext) -> list[tuple[str | None, str, object]]:
    """Return what was told of each day: its partition, how, and the rows that were inserted."""
    return [
        (event.partition, type(event).__name__, event.metadata["inserted"].value)
        for event in context.get_logged_events()
    ]


def output_context() -> dg.OutputContext:
    return dg.build_output_context(asset_key="an_asset", run_id="a-run")  # pyright: ignore[reportUnknownMemberType]


def made(day: date) -> ValidatedDay:
    return validated(good_rows(day), day)


def test_lake_stores_each_day_before_the_next_is_made(project: Project) -> None:
    seen = list[list[bool]]()

    def days() -> Iterator[ValidatedDay]:
        for day in DAYS:
            seen.append([lake_in(project.store).fact(each) is not None for each in DAYS])
            yield made(day)

    with output_context() as context:
        lake_io_manager(project).handle_output(context, ValidatedDays(days(), LOG, cells()))
    assert seen == [[False, False, False], [True, False, False], [True, True, False]]


def test_lake_keeps_the_days_before_a_fault(project: Project) -> None:
    def days() -> Iterator[ValidatedDay]:
        yield made(TUESDAY)
        raise StorageError("the disk is full")

    with output_context() as context, pytest.raises(dg.Failure, match="the disk is full") as failed:
        lake_io_manager(project).handle_output(context, ValidatedDays(days(), LOG, cells()))
    assert not failed.value.allow_retries
    assert lake_in(project.store).fact(TUESDAY) is not None


def test_days_go_through_the_lake_from_one_asset_to_the_next(project: Project) -> None:
    received: dict[date, object] = {}

    @dg.asset(partitions_def=PARTITIONS, backfill_policy=dg.BackfillPolicy.single_run(), io_manager_key="lake")
    def bars(context: dg.AssetExecutionContext) -> dg.Output[ValidatedDays]:
        days = (made(day) for day in map(date.fromisoformat, context.partition_keys))
        return dg.Output(ValidatedDays(days, LOG, cells()))

    @dg.asset(partitions_def=PARTITIONS, backfill_policy=dg.BackfillPolicy.single_run())
    def reader(bars: LakeDays) -> None:
        received.update({day.trading_date: day for day in bars.days})
        for day in bars.days:
            raise AssertionError(day)

    span = {"dagster/asset_partition_range_start": "2024-01-02", "dagster/asset_partition_range_end": "2024-01-05"}
    with forgetful() as instance:
        assert dg.materialize(
            [bars, reader], instance=instance, tags=span, resources={"lake": lake_io_manager(project)}
        ).success
    assert list(received) == [*DAYS, FRIDAY]
    lake = lake_in(project.store)
    assert_frame_equal(lake.bars(lake.fact(FRIDAY)), made(FRIDAY).bars)


def test_stored_bars_are_read_only_when_they_are_asked_for(project: Project) -> None:
    lake = lake_in(project.store)
    for day in (TUESDAY, WEDNESDAY):
        lake.write(made(day))
    for path in (project.store / lake.directory(TUESDAY)).glob("*.parquet"):
        path.unlink()
    keys = dg.PartitionKeyRange(str(TUESDAY), str(THURSDAY))
    with dg.build_input_context(asset_partition_key_range=keys, asset_partitions_def=PARTITIONS) as context:
        days = list(lake_io_manager(project).load_input(context).days)
    assert [(day.trading_date, day.fact is None) for day in days] == [
        (TUESDAY, False),
        (WEDNESDAY, False),
        (THURSDAY, True),
    ]
    assert days[2].bars().is_empty()


def test_table_commits_each_day_before_the_next_is_read(project: Project) -> None:
    seen = list[int]()

    def days() -> Iterator[StreamedDay[DayToLoad]]:
        for day in DAYS:
            seen.append(count(project.database()))
            yield StreamedDay(day, to_load(made(day)))
        yield StreamedDay(FRIDAY)

    with output_context() as context:
        table_io_manager(project).handle_output(context, stream_of(project, days()))
        told = shown(context)
    assert seen == [0, 4, 8]
    filled = [(TUESDAY, "4"), (WEDNESDAY, "4"), (THURSDAY, "4"), (FRIDAY, "none")]
    assert told == [(str(day), "AssetMaterialization", inserted) for day, inserted in filled]


def test_table_is_not_handed_on_by_dagster(project: Project) -> None:
    with (
        dg.build_input_context() as context,
        pytest.raises(NotImplementedError, match="read the database's tables with SQL"),
    ):
        table_io_manager(project).load_input(context)


def test_day_that_is_loaded_and_open_at_once_is_written_and_not_reported_as_done(project: Project) -> None:
    checked = list[date]()
    day = StreamedDay(TUESDAY, to_load(made(TUESDAY)), DayState("rejected", "the newer file is cut short"))
    with output_context() as context:
        table_io_manager(project).handle_output(context, stream_of(project, [day], checked))
        told = shown(context)
    assert told == [(str(TUESDAY), "AssetObservation", "4")]
    assert (count(project.database()), checked) == (4, [])

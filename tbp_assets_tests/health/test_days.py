"""The days: the newest session, those that stay open, and how much of the history is missing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from tbp_assets.bars.sessions import exchange_date, expected_sessions
from tbp_assets.health.days import bytes_a_day, history, newest_session, open_days
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows
from tbp_assets_tests.health.looking import found, installation, told

pytestmark = pytest.mark.integration
TODAY = exchange_date(datetime.now(UTC))
# Long enough ago that the newest is due, whatever the time of day.
RECENT = sorted(expected_sessions(TODAY - timedelta(days=12), TODAY - timedelta(days=2)))


def publish(project: Project, days: Iterable[date]) -> None:
    project.publish({day: day_file(good_rows(day)) for day in days})


def starts(project: Project, day: date) -> None:
    project.change("pipeline.yml", "start_date: 2020-01-01", f"start_date: {day}")


def closed_since(project: Project, day: date) -> None:
    """Let no session take place after a day, so that it is the newest whatever today is."""
    later = sorted(expected_sessions(day + timedelta(days=1), TODAY))
    project.change("pipeline.yml", "closures: []", f"closures: [{', '.join(map(str, later))}]")


@pytest.fixture
def loaded(project: Project, tbp: Tbp) -> Project:
    """A project whose history is four days long, the last of which is the newest session, all of them loaded."""
    starts(project, TUESDAY)
    closed_since(project, FRIDAY)
    publish(project, (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY))
    tbp("backfill", TUESDAY, FRIDAY).must_be(0)
    return project


def test_a_history_that_is_whole_is_ok(loaded: Project) -> None:
    seen = installation(loaded)
    told(found(newest_session, seen), "ok", "2024-01-05: 3 bars, loaded 2")
    told(found(open_days, seen), "ok", "none")
    told(found(history, seen), "ok", "4 days loaded since 2024-01-02, none was left out")


def test_a_newest_session_that_is_due_and_not_there_fails_with_the_command(project: Project, tbp: Tbp) -> None:
    starts(project, RECENT[0])
    publish(project, RECENT[:-1])
    tbp("backfill", RECENT[0], RECENT[-2]).must_be(0)
    closed_since(project, RECENT[-1])
    told(
        found(newest_session, installation(project)), "failed", f"{RECENT[-1]} is due and missing",
        f"the newest in the database is {RECENT[-2]}", f"`tbp backfill {RECENT[-1]} {RECENT[-1]}`",
    )  # fmt: skip


def test_days_that_failed_fail_with_the_commands_that_mend_them(loaded: Project, tbp: Tbp) -> None:
    loaded.publish({WEDNESDAY: day_file(good_rows(WEDNESDAY))[:-20]})
    tbp("backfill", TUESDAY, FRIDAY).must_be(1)
    told(
        found(open_days, installation(loaded)), "failed", "1 rejected; 1 of them failed: 2024-01-03",
        "`tbp failures` says why", "`tbp backfill 2024-01-03 2024-01-03`",
    )  # fmt: skip
    told(found(history, installation(loaded)), "ok")


def test_days_of_the_look_back_window_that_nobody_asked_for_fail(project: Project) -> None:
    project.database()
    starts(project, RECENT[-2])
    closed_since(project, RECENT[-1])
    finding = found(open_days, installation(project))
    told(finding, "failed", "2 missing", f"`tbp backfill {RECENT[-2]} {RECENT[-1]}`")
    assert "tbp failures" not in finding.todo


def test_days_long_ago_that_nobody_asked_for_are_a_warning_with_the_room_they_need(loaded: Project) -> None:
    loaded.change("pipeline.yml", "start_date: 2024-01-02", "start_date: 2023-12-01")
    publish(loaded, [date(2023, 12, 1)])
    seen = installation(loaded)
    told(found(open_days, seen), "ok")
    each = bytes_a_day(seen)
    assert each
    told(
        found(history, seen), "warning", "4 days loaded since 2023-12-01, 20 never asked for",
        f"they need about {20 * each / 1e9:,.2f} GB ({each / 1e6:,.2f} MB a day)",
        "`tbp backfill 2023-12-01 2023-12-29`", "partitions.start_date",
    )  # fmt: skip


def test_bytes_of_a_day_are_those_on_the_disk(loaded: Project) -> None:
    files = [path for path in loaded.store.rglob("*") if path.suffix in {".gz", ".parquet", ".json"}]
    assert len(files) == 16
    assert bytes_a_day(installation(loaded)) == round(sum(path.stat().st_size for path in files) / 4)


def test_room_that_is_not_enough_is_told(loaded: Project) -> None:
    loaded.change("pipeline.yml", "start_date: 2024-01-02", "start_date: 2023-12-01")
    publish(loaded, [date(2023, 12, 1)])
    loaded.change("pipeline.yml", "min_free_gb: 1 ", "min_free_gb: 10000000 ")
    told(found(history, installation(loaded)), "warning", "GB free, NOT enough")


def test_stretches_apart_get_a_command_each(project: Project, tbp: Tbp) -> None:
    starts(project, date(2023, 11, 1))
    middle = sorted(expected_sessions(date(2023, 11, 15), date(2023, 12, 15)))
    publish(project, middle)
    tbp("backfill", middle[0], middle[-1]).must_be(0)
    closed_since(project, FRIDAY)
    publish(project, [date(2023, 11, 1), FRIDAY])
    todo = found(history, installation(project)).todo
    assert todo.startswith("`tbp backfill 2023-11-01 2023-11-14`, `tbp backfill 2023-12-18 2024-01-05`; or let")


def test_without_any_day_the_need_is_not_guessed(project: Project) -> None:
    project.database()
    starts(project, TUESDAY)
    closed_since(project, FRIDAY)
    told(found(history, installation(project)), "warning", "0 days loaded", "is known once a day is there")

"""failed_downloads: one unresolved row a day, attempts counted by run, resolved by who repaired it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tbp_assets.bars.failures import Patience
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.errors import DatabaseRefusedError
from tbp_assets.storage.failed_downloads import DayFault, FailedDownloads, FailureCounts, ResolvedBy, recovery_rate
from tbp_assets.storage.load import load_day
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import THURSDAY, TUESDAY, WEDNESDAY, good_rows
from tbp_assets_tests.storage.days import query, to_load, validated

pytestmark = pytest.mark.integration

CUT = DayFault(TUESDAY, "network", "cut off")
PATIENCE = Patience(timedelta(minutes=15), timedelta(days=1), max_attempts=3)


def failures_of(project: Project, data_source: str = "polygon") -> FailedDownloads:
    return FailedDownloads(project.database(), US_STOCKS_DAY_AGGS, data_source)


def attempts(store: FailedDownloads) -> dict[date, int]:
    return {row.date: row.attempts for row in store.all(TUESDAY, THURSDAY, resolved=False)}


def test_a_fault_is_kept_with_its_words(project: Project) -> None:
    store = failures_of(project)
    store.record(CUT, "run 1")
    (row,) = store.all(TUESDAY, TUESDAY)
    assert (row.data_type, row.data_source, row.date, row.ticker) == (store.dataset.name, "polygon", TUESDAY, None)
    assert (row.error_type, row.error_message, row.attempts, row.run_id) == ("network", "cut off", 1, "run 1")
    assert (row.resolved_at, row.resolved_by) == (None, None)
    assert abs(row.created_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_retries_inside_a_run_are_one_attempt_and_another_run_is_another(project: Project) -> None:
    store = failures_of(project)
    for run in ("run 1", "run 1", "run 2", "run 3"):
        store.record(CUT, run)
    assert attempts(store) == {TUESDAY: 3}


def test_the_newest_fault_is_the_one_told(project: Project) -> None:
    store = failures_of(project)
    store.record(CUT, "run 1")
    store.record(DayFault(TUESDAY, "parsing", "no gzip"), "run 2")
    (row,) = store.all(TUESDAY, TUESDAY)
    assert (row.error_type, row.error_message, row.created_at < row.last_attempt_at) == ("parsing", "no gzip", True)


def test_a_batch_is_written_as_a_whole_or_not_at_all(project: Project) -> None:
    store = failures_of(project)
    unknown = DayFault(WEDNESDAY, "sunspots", "?")  # pyright: ignore[reportArgumentType]  # no category of ours
    with pytest.raises(DatabaseRefusedError, match="error_type_is_known"):
        store.record_batch([CUT, unknown], "run 1")
    assert store.all(TUESDAY, THURSDAY) == []
    store.record_batch([CUT, DayFault(THURSDAY, "rate_limit", "HTTP 429")], "run 1")
    assert attempts(store) == {TUESDAY: 1, THURSDAY: 1}
    store.record_batch([], "run 1")


def test_a_message_of_any_length_and_content_can_be_kept(project: Project) -> None:
    store = failures_of(project)
    store.record(DayFault(TUESDAY, "parsing", "nul \0 quote ' percent % " + "x" * 1_000_000), "run 1")
    (row,) = store.all(TUESDAY, TUESDAY)
    assert row.error_message.startswith("nul  quote ' percent % xx")
    assert len(row.error_message) == 2000


def test_a_ticker_may_fail_beside_the_whole_file(project: Project) -> None:
    store = failures_of(project)
    store.record_batch([CUT, DayFault(TUESDAY, "network", "cut off", "NA"), CUT], "run 1")
    assert [row.ticker for row in store.all(TUESDAY, TUESDAY)] == [None, "NA"]


def test_failures_of_another_source_are_not_ours(project: Project) -> None:
    failures_of(project, "synthetic").record(CUT, "run 1")
    assert failures_of(project).all(TUESDAY, TUESDAY) == []


def test_a_retry_is_pending_once_its_pause_is_over_and_until_attempts_are_used_up(project: Project) -> None:
    store, now = failures_of(project), datetime.now(UTC)
    store.record_batch([CUT, DayFault(WEDNESDAY, "network", "cut off")], "run 1")
    for run in ("run 2", "run 3"):
        store.record(DayFault(WEDNESDAY, "network", "cut off"), run)
    assert store.pending_retries(PATIENCE, now) == []
    later = store.pending_retries(PATIENCE, now + timedelta(days=30))
    assert [row.date for row in later] == [TUESDAY]


def test_attempts_can_be_counted_by_hand(project: Project) -> None:
    store = failures_of(project)
    store.record_batch([CUT, DayFault(WEDNESDAY, "network", "cut off")], "run 1")
    first, second = store.all(TUESDAY, WEDNESDAY)
    store.increment_attempts([first.id])
    assert attempts(store) == {TUESDAY: 2, WEDNESDAY: 1}
    store.mark_resolved([WEDNESDAY], "run 2", "schedule")
    store.increment_attempts([second.id])
    assert [row.attempts for row in store.all(WEDNESDAY, WEDNESDAY)] == [1]


@pytest.mark.parametrize(("run", "kept"), [("run 2", "sensor"), ("run 1", "retry")])
def test_a_failure_is_resolved_by_who_repaired_it(project: Project, run: str, kept: ResolvedBy) -> None:
    store = failures_of(project)
    store.record(CUT, "run 1")
    store.mark_resolved([TUESDAY, WEDNESDAY], run, "sensor")
    (row,) = store.all(TUESDAY, THURSDAY)
    assert row.resolved_by == kept
    assert row.resolved_at is not None
    assert store.all(TUESDAY, THURSDAY, resolved=False) == []


def test_a_day_that_fails_again_after_it_was_repaired_has_a_row_of_its_own(project: Project) -> None:
    store = failures_of(project)
    store.record(CUT, "run 1")
    store.mark_resolved([TUESDAY], "run 2", "person")
    store.record(CUT, "run 3")
    assert [(row.attempts, row.resolved_by) for row in store.all(TUESDAY, TUESDAY)] == [(1, "person"), (1, None)]


def test_a_load_resolves_the_failure_in_its_own_transaction(project: Project) -> None:
    store, day = failures_of(project), to_load(validated(good_rows(TUESDAY)))
    store.record(CUT, "run 1")
    load_day(store.database, US_STOCKS_DAY_AGGS, day, "run 2")
    assert attempts(store) == {TUESDAY: 1}, "a day that stays open is not repaired"
    load_day(store.database, US_STOCKS_DAY_AGGS, day, "run 3", "schedule")
    (row,) = store.all(TUESDAY, TUESDAY)
    (loaded_at,) = query(store.database, "SELECT max(xmin::text) = (SELECT xmin::text FROM failed_downloads) FROM "
                         "(SELECT xmin FROM load_ledger ORDER BY batch_id DESC LIMIT 1) AS newest")[0]  # fmt: skip
    assert (row.resolved_by, loaded_at) == ("schedule", True)


def test_summary_counts_what_came_right_without_a_person(project: Project) -> None:
    store = failures_of(project)
    for day, error, repaired_by in [
        (date(2024, 1, 8), "network", "sensor"), (date(2024, 1, 9), "network", "person"),
        (date(2024, 1, 10), "network", None), (date(2024, 1, 11), "parsing", "person"),
    ]:  # fmt: skip
        store.record(DayFault(day, error, "?"), f"run of {day}")  # pyright: ignore[reportArgumentType]
        if repaired_by:
            store.mark_resolved([day], "another run", repaired_by)  # pyright: ignore[reportArgumentType]
    store.record(DayFault(date(2024, 1, 12), "rate_limit", "?"), "the same run")
    store.mark_resolved([date(2024, 1, 12)], "the same run", "person")
    counts = store.summary()
    assert counts == [
        FailureCounts("network", failures=3, unresolved=1, recovered=1, repaired=1),
        FailureCounts("parsing", failures=1, unresolved=0, recovered=0, repaired=1),
        FailureCounts("rate_limit", failures=1, unresolved=0, recovered=1, repaired=0),
    ]
    assert recovery_rate(counts) == pytest.approx(2 / 3)  # pyright: ignore[reportUnknownMemberType]
    assert recovery_rate([]) is None


def test_only_what_was_repaired_long_ago_is_forgotten(project: Project) -> None:
    store = failures_of(project)
    store.record_batch([CUT, DayFault(WEDNESDAY, "network", "?"), DayFault(THURSDAY, "network", "?")], "run 1")
    store.mark_resolved([TUESDAY, WEDNESDAY], "run 2", "sensor")
    query(store.database, "UPDATE failed_downloads SET created_at = now() - interval '2 years'")
    query(store.database, "UPDATE failed_downloads SET resolved_at = now() - interval '31 days' WHERE date = :day",
          day=TUESDAY)  # fmt: skip
    assert store.clean_up_resolved(timedelta(days=30)) == 1
    assert [row.date for row in store.all(TUESDAY, THURSDAY)] == [WEDNESDAY, THURSDAY]

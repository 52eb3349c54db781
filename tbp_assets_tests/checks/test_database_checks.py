"""What is said of a loaded day: nobody changes a row behind our back without its being shown."""

from __future__ import annotations

from typing import cast

import dagster as dg
import pytest

from tbp_assets.bars.universe import Listing, Universe
from tbp_assets.bars.validation import ValidatedDay
from tbp_assets.checks.database import LoadedDays, database_matches_lake, every_bar_accounted_for
from tbp_assets.checks.outcome import CheckOutcome
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import NEW_YEAR, TUESDAY, good_rows, row
from tbp_assets_tests.storage.days import ALL, lake_in, load, matching, query, universe, validated

pytestmark = pytest.mark.integration

BARS = validated(good_rows(TUESDAY))
WITHHELD = validated([*good_rows(TUESDAY), row("BAD", low="")])
INSERT = """
    INSERT INTO market_data_raw
    VALUES ('GHOST', '2024-01-02 05:00+00', '1d', 'polygon', 10, 11, 9.5, 10.5, 1000, 7, 0)
"""


def loaded(project: Project, day: ValidatedDay = BARS, chosen: Universe = ALL) -> LoadedDays:
    """Return where a day is looked up that lake and database hold."""
    lake_in(project.store).write(day)
    load(project.database(), day, chosen)
    return LoadedDays(lake_in(project.store), project.database(), chosen)


def matching_of(days: LoadedDays) -> CheckOutcome:
    return database_matches_lake(next(days.each([TUESDAY])))


def books_of(days: LoadedDays) -> CheckOutcome:
    return every_bar_accounted_for(next(days.each([TUESDAY])), days.universe.name)


def rows(outcome: CheckOutcome, name: str) -> list[dict[str, object]]:
    return [dict(record.data) for record in cast("dg.TableMetadataValue", outcome.metadata[name]).records]


def test_loaded_day_matches_and_is_accounted_for(project: Project) -> None:
    days = loaded(project)
    matching, books = matching_of(days), books_of(days)
    assert (matching.passed, books.passed) == (True, True)
    assert matching.description == "4 bars compared bit for bit: 0 absent, 0 foreign, 0 different"
    assert books.description == "4 accepted = 4 in the database + 0 outside the universe 'all'"


def test_row_changed_by_hand_is_shown_beside_the_lakes(project: Project) -> None:
    days = loaded(project)
    query(project.database(), "UPDATE market_data_raw SET close = close + 1e-15 * 2 WHERE ticker = 'MSFT'")
    outcome = matching_of(days)
    assert not outcome.passed
    shown = rows(outcome, "different rows")
    assert [(each["ticker"], each["close_lake"]) for each in shown] == [("MSFT", 10.5)]
    assert shown[0]["close"] == 10.500000000000002


def test_row_deleted_by_hand_is_shown_as_absent(project: Project) -> None:
    days = loaded(project)
    query(project.database(), "DELETE FROM market_data_raw WHERE ticker = 'SPY'")
    outcome = matching_of(days)
    assert (outcome.passed, outcome.description.endswith("1 absent, 0 foreign, 0 different")) == (False, True)
    assert [each["ticker"] for each in rows(outcome, "absent rows")] == ["SPY"]


def test_row_added_by_hand_is_shown_as_foreign(project: Project) -> None:
    days = loaded(project)
    query(project.database(), INSERT)
    outcome = matching_of(days)
    assert not outcome.passed
    assert [each["ticker"] for each in rows(outcome, "foreign rows")] == ["GHOST"]


def test_row_added_by_hand_on_a_holiday_is_foreign(project: Project) -> None:
    days = LoadedDays(lake_in(project.store), project.database(), ALL)
    assert matching_of(days).passed
    query(project.database(), INSERT)
    assert not matching_of(days).passed


def test_bars_outside_the_universe_are_told_by_reason(project: Project) -> None:
    days = loaded(project, chosen=universe("AAPL"))
    books = books_of(days)
    assert matching_of(days).passed
    assert books.description == "4 accepted = 1 in the database + 3 outside the universe 'chosen'"
    assert rows(books, "outside the universe") == [{"reason": "not_in_universe", "rows": 3}]


def test_day_loaded_under_a_narrower_universe_lacks_the_others(project: Project) -> None:
    days = loaded(project, chosen=universe("AAPL"))
    wider = LoadedDays(days.lake, days.database, ALL)
    assert [each["ticker"] for each in rows(matching_of(wider), "absent rows")] == [
        "MSFT",
        "SPY",
        "ZZZZ",
    ]


def test_row_of_another_company_of_that_name_is_foreign(project: Project) -> None:
    days = loaded(project)
    renamed = Universe("all", (Listing("AAPL", last=NEW_YEAR),), everything=True)
    outcome = matching_of(LoadedDays(days.lake, days.database, renamed))
    assert not outcome.passed
    assert [each["ticker"] for each in rows(outcome, "foreign rows")] == ["AAPL"]


def test_books_that_do_not_balance_fail(project: Project) -> None:
    days = loaded(project)
    query(project.database(), "DELETE FROM market_data_raw WHERE ticker = 'SPY'")
    outcome = books_of(days)
    assert (outcome.passed, outcome.description[:28]) == (False, "4 accepted = 3 in the databa")


def test_day_without_bars_has_nothing_to_account_for(project: Project) -> None:
    days = LoadedDays(lake_in(project.store), project.database(), ALL)
    assert books_of(days).description == "No bars for this day."


def test_day_validated_and_not_loaded_fails(project: Project) -> None:
    lake_in(project.store).write(BARS)
    days = LoadedDays(lake_in(project.store), project.database(), ALL)
    assert books_of(days) == CheckOutcome(False, "The day is validated and not loaded.")
    assert not matching_of(days).passed


def test_day_loaded_from_another_file_fails_and_says_what_to_run(project: Project) -> None:
    days = loaded(project)
    days.lake.write(validated(good_rows(TUESDAY)[:3]))
    outcome = books_of(days)
    assert not outcome.passed
    assert "materialize market_data_raw again" in outcome.description


def test_withheld_restatement_is_told_with_the_older_rows_that_stay(project: Project) -> None:
    days = loaded(project)
    days.lake.write(WITHHELD)
    matching, books = matching_of(days), books_of(days)
    assert (matching.passed, books.passed) == (False, False)
    assert matching.description.endswith("The whole day is withheld. 4 bars of an older file are in the database.")
    assert "of the older file stays" in books.description


def test_withheld_day_that_was_never_loaded_is_told(project: Project) -> None:
    lake_in(project.store).write(WITHHELD)
    days = LoadedDays(lake_in(project.store), project.database(), ALL)
    assert matching_of(days).passed
    assert books_of(days).description.endswith("Nothing is loaded.")


@pytest.mark.parametrize("damaged", ["*.bars.*.parquet", "*.json"])
def test_damaged_lake_fails_the_day_and_raises_nothing(project: Project, damaged: str) -> None:
    days = loaded(project)
    (damaged_file,) = matching(days.lake.store, days.lake.directory(TUESDAY), damaged)
    days.lake.store.write(damaged_file, b"{")
    outcome = matching_of(days)
    assert not outcome.passed
    assert damaged_file.rpartition("/")[2] in outcome.description
    assert not books_of(days).passed

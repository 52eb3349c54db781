"""Bad files in a range: the other days are loaded, and the message names each bad day and its cause."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tbp_assets.bars.sessions import expected_sessions
from tbp_assets_tests.cli.bad_files import Bad, bad_files
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import HEADER, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows
from tbp_assets_tests.storage.days import query

pytestmark = pytest.mark.integration
STATUS = ("status", "--from", TUESDAY, "--to", THURSDAY, "--json")
BACKFILL = ("backfill", TUESDAY, THURSDAY)


def publish_alternately(project: Project) -> tuple[list[date], dict[date, Bad]]:
    """Publish a good day, a bad one, a good one, … and return the good and the bad ones."""
    kinds = list(bad_files(TUESDAY))
    sessions = sorted(expected_sessions(TUESDAY, TUESDAY + timedelta(days=60)))[: 2 * len(kinds)]
    good, bad_days = sessions[::2], sessions[1::2]
    bad = {day: bad_files(day)[kind] for day, kind in zip(bad_days, kinds, strict=True)}
    project.publish({day: day_file(good_rows(day)) for day in good})
    project.publish({day: found.content for day, found in bad.items() if found.content is not None})
    return good, bad


def loaded_days(tbp: Tbp) -> list[str]:
    """Return the trading dates that the database holds bars of."""
    sql = "SELECT DISTINCT (timestamp AT TIME ZONE 'America/New_York')::date AS day FROM market_data_raw ORDER BY 1"
    return [record["day"] for record in tbp("query", sql, "--json").json]


def test_the_other_days_are_loaded_and_each_bad_one_is_named_with_its_cause(project: Project, tbp: Tbp) -> None:
    good, bad = publish_alternately(project)
    said = tbp("backfill", good[0], max(bad), "--json")
    said.must_be(1)
    assert loaded_days(tbp) == [str(day) for day in good]
    assert (said.json["rows"], said.json["faults"]) == (3 * len(good), [])
    found = said.json["open"]
    assert {day: found[day]["state"] for day in found} == {str(day): each.state for day, each in bad.items()}
    assert [day for day, each in bad.items() if each.cause not in found[str(day)]["detail"]] == []


def test_a_person_reads_one_line_for_each_bad_day(project: Project, tbp: Tbp) -> None:
    _, bad = publish_alternately(project)
    said = tbp("backfill", min(bad), max(bad))
    said.must_be(1, *(f"open {day}: {each.state} (" for day, each in bad.items()))
    said.must_be(1, *(each.cause for each in bad.values()))
    assert said.err.count("open 2024") == len(bad)


def test_a_bad_file_alone_is_named_as_well(project: Project, tbp: Tbp) -> None:
    project.publish({WEDNESDAY: bad_files(WEDNESDAY)["truncated gzip"].content or b""})
    tbp("backfill", WEDNESDAY, WEDNESDAY).must_be(1, "open 2024-01-03: rejected", "not a whole gzip file")
    assert loaded_days(tbp) == []


def test_a_repaired_file_is_taken_and_nothing_else_is_asked_for(project: Project, tbp: Tbp) -> None:
    good = {day: day_file(good_rows(day)) for day in (TUESDAY, WEDNESDAY, THURSDAY)}
    project.publish({**good, WEDNESDAY: good[WEDNESDAY][:-20]})
    tbp(*BACKFILL).must_be(1)
    project.publish({WEDNESDAY: good[WEDNESDAY]})
    said = tbp(*BACKFILL, "--json")
    said.must_be(0)
    assert (said.json["downloads"], said.json["inserted"], said.json["rows"]) == (1, 3, 9)
    # The day after is judged by the repaired one, so its quality is measured again.
    assert (said.json["done_before"], said.json["measured"]) == (["2024-01-02"], ["2024-01-04"])


@pytest.mark.parametrize(("zone", "garbage"), [("landing", b'{"trading_date": "2024-'), ("lake", b'{"version": 3}')])
def test_a_damaged_manifest_is_named_and_its_day_loaded_with_the_others(
    project: Project, tbp: Tbp, zone: str, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    project.publish({day: day_file(good_rows(day)) for day in (TUESDAY, WEDNESDAY, THURSDAY)})
    tbp(*BACKFILL).must_be(0)
    query(project.database(), "TRUNCATE market_data_raw, load_ledger")
    (manifest,) = (project.store / zone).rglob("2024-01-03.json")
    manifest.write_bytes(garbage)
    said = tbp(*BACKFILL, "--json")
    said.must_be(0)
    assert loaded_days(tbp) == ["2024-01-02", "2024-01-03", "2024-01-04"]
    assert [record.getMessage().split()[0] for record in caplog.records if " is damaged" in record.message] == [
        str(manifest)
    ]
    assert tbp(*BACKFILL, "--json").json["done_before"] == ["2024-01-02", "2024-01-03", "2024-01-04"]


@pytest.mark.parametrize("zone", ["landing", "lake"])
def test_a_damaged_manifest_of_a_loaded_day_heals(project: Project, tbp: Tbp, zone: str) -> None:
    project.publish({day: day_file(good_rows(day)) for day in (TUESDAY, WEDNESDAY, THURSDAY)})
    tbp(*BACKFILL).must_be(0)
    (manifest,) = (project.store / zone).rglob("2024-01-03.json")
    manifest.write_bytes(b"garbage")
    states = {day["trading_date"]: day["detail"] for day in tbp(*STATUS).json["days"]}
    assert [day for day, detail in states.items() if "no longer knows" in detail] == ["2024-01-03"]
    said = tbp(*BACKFILL, "--json")
    said.must_be(0)
    assert (said.json["done_before"], said.json["inserted"]) == (["2024-01-02", "2024-01-04"], 0)
    assert tbp(*BACKFILL, "--json").json["done_before"] == ["2024-01-02", "2024-01-03", "2024-01-04"]


def test_a_column_the_vendor_added_is_kept_and_does_not_stop_the_day(project: Project, tbp: Tbp) -> None:
    longer = [f"{line},0.{n}" for n, line in enumerate(good_rows(TUESDAY))]
    project.publish({TUESDAY: day_file(longer, f"{HEADER},vwap")})
    said = tbp("backfill", TUESDAY, TUESDAY)
    said.must_be(0, "warning 2024-01-02: the vendor added columns, kept as text: vendor_vwap")
    assert loaded_days(tbp) == ["2024-01-02"]

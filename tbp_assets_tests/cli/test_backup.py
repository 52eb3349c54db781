"""`tbp backup` and `tbp restore`: into a database of a fresh server, row for row, or not at all."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT

from tbp_assets.resources.database import DatabaseResource
from tbp_assets.storage.client_programs import ClientPrograms
from tbp_assets.storage.database import DatabaseAddress
from tbp_assets.storage.migrations import VERSION_TABLE
from tbp_assets_tests.cli.table import rows, run
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, NEW_YEAR, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows, row
from tbp_assets_tests.storage.days import load, validated

pytestmark = pytest.mark.integration

WEEK = (NEW_YEAR, FRIDAY)
BARS = "SELECT * FROM market_data_raw ORDER BY timestamp, ticker"
PAST = "SELECT * FROM market_data_revisions ORDER BY timestamp, ticker, batch_id"
LEDGER = "SELECT * FROM load_ledger ORDER BY batch_id"


def on_server(address: DatabaseAddress, statement: str) -> None:
    connection = psycopg2.connect(
        host=address.host, port=address.port, user=address.user, dbname=address.name,
        password=address.password.get_secret_value(),
    )  # fmt: skip
    connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


@pytest.fixture
def stored(project: Project) -> Project:
    """A project with one day's bars, loaded without Dagster."""
    load(project.database(), validated(good_rows(TUESDAY)))
    return project


@pytest.fixture
def loaded(project: Project, tbp: Tbp) -> Project:
    """A week that was loaded, and a Tuesday that was restated since."""
    project.change("s3.yml", "listing_max_age_seconds: 300", "listing_max_age_seconds: 0")
    project.publish({day: day_file(good_rows(day)) for day in (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)})
    tbp("backfill", *WEEK).must_be(0)
    project.publish({TUESDAY: day_file([row("AAPL", close=10.75), row("SPY")])})
    tbp("backfill", *WEEK).must_be(0)
    return project


@pytest.fixture
def fresh(project: Project) -> Iterator[dict[str, str]]:
    """Variables that name another, empty database of the server, as one of one's own."""
    address = DatabaseResource.from_settings(project.settings()).connect().address
    name = f"restored_{uuid4().hex[:12]}"
    on_server(address, f"CREATE DATABASE {name}")
    yield {
        "DB_HOST": address.host, "DB_PORT": str(address.port), "DB_NAME": name, "DB_USER": address.user,
        "DB_PASSWORD": address.password.get_secret_value(),
    }  # fmt: skip
    on_server(address, f"DROP DATABASE {name} WITH (FORCE)")


def known(tbp: Tbp) -> object:
    """Return all that `tbp status` says, but where the database is."""
    said = tbp("status", "--from", NEW_YEAR, "--to", FRIDAY, "--json").json
    return {name: value for name, value in said.items() if name != "route"}


def test_a_fresh_database_holds_what_was_backed_up(
    loaded: Project, tbp: Tbp, tmp_path: Path, fresh: dict[str, str]
) -> None:
    before = [rows(loaded.database(), sql) for sql in (BARS, PAST, LEDGER)]
    status, runs = known(tbp), count_runs(loaded)
    dump = tmp_path / "backups" / "market.dump"
    tbp("backup", dump).must_be(0)
    said = tbp("restore", dump, **fresh)
    said.must_be(0)
    assert "every table has as many rows as the backup" in said.out
    assert [rows(loaded.database(), sql) for sql in (BARS, PAST, LEDGER)] == before
    assert all(before)
    assert known(tbp) == status
    assert count_runs(loaded) == runs > 0
    # And it goes on: the next load takes the next batch, and changes only its day.
    loaded.publish({TUESDAY: day_file([row("AAPL", close=11.0), row("SPY")])})
    tbp("backfill", *WEEK).must_be(0)
    assert len(rows(loaded.database(), LEDGER)) == len(before[2]) + 1


def count_runs(project: Project) -> int:
    return rows(project.database(), f"SELECT count(*) FROM {project.settings().database.dagster_schema}.runs")[0][0]


def test_a_program_reads_the_books(stored: Project, tbp: Tbp, tmp_path: Path) -> None:
    said = tbp("backup", tmp_path / "market.dump", "--json")
    said.must_be(0)
    schema = stored.settings().database.schema_name
    assert said.json["rows"][f"{schema}.market_data_raw"] == 4
    assert json.loads((tmp_path / "market.dump.books.json").read_text())["sha256"] == said.json["sha256"]
    assert stat.S_IMODE((tmp_path / "market.dump").stat().st_mode) == 0o600


def test_a_load_during_the_dump_is_in_neither_dump_nor_books(
    stored: Project, tbp: Tbp, tmp_path: Path, fresh: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dump_as_it_is = ClientPrograms.run

    def disturbed(self: ClientPrograms, name: str, args: list[str], address: DatabaseAddress) -> None:
        if name == "pg_dump":
            run(stored.database(), "DELETE FROM market_data_raw WHERE ticker = 'SPY'")
        dump_as_it_is(self, name, args, address)

    monkeypatch.setattr(ClientPrograms, "run", disturbed)
    tbp("backup", tmp_path / "market.dump").must_be(0)
    assert len(rows(stored.database(), BARS)) == 3
    tbp("restore", tmp_path / "market.dump", **fresh).must_be(0)
    assert len(rows(stored.database(), BARS)) == 4


def test_a_backup_overwrites_nothing(stored: Project, tbp: Tbp, tmp_path: Path) -> None:
    dump = tmp_path / "market.dump"
    dump.write_text("of yesterday")
    tbp("backup", dump).must_be(2, f"{dump} is there already: a backup overwrites nothing")
    assert dump.read_text() == "of yesterday"


def test_a_dump_that_fails_leaves_no_file(
    stored: Project, tbp: Tbp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "backups"
    monkeypatch.setenv("PGOPTIONS", "-c no_such_setting=1")
    tbp("backup", directory / "market.dump").must_be(1, "pg_dump failed", "no_such_setting")
    assert list(directory.iterdir()) == []


def test_a_directory_that_cannot_be_written_is_named(stored: Project, tbp: Tbp, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    tbp("backup", tmp_path / "file" / "market.dump").must_be(
        1, f"{tmp_path / 'file' / 'market.dump'} cannot be written"
    )


def test_a_database_that_holds_tables_is_left_as_it_is(stored: Project, tbp: Tbp, tmp_path: Path) -> None:
    tbp("backup", tmp_path / "market.dump").must_be(0)
    before = rows(stored.database(), BARS)
    tbp("restore", tmp_path / "market.dump").must_be(2, "tables already", "only fills an empty database")
    assert rows(stored.database(), BARS) == before


def test_a_damaged_dump_is_refused_before_anything_is_written(
    stored: Project, tbp: Tbp, tmp_path: Path, fresh: dict[str, str]
) -> None:
    dump = tmp_path / "market.dump"
    tbp("backup", dump).must_be(0)
    dump.write_bytes(dump.read_bytes()[:-100])
    tbp("restore", dump, **fresh).must_be(1, "was cut short or altered")
    tbp("status").must_be(1, "has no tables yet")


@pytest.mark.parametrize("lost", ["market.dump", "market.dump.books.json"])
def test_both_files_are_needed(stored: Project, tbp: Tbp, tmp_path: Path, fresh: dict[str, str], lost: str) -> None:
    tbp("backup", tmp_path / "market.dump").must_be(0)
    (tmp_path / lost).unlink()
    tbp("restore", tmp_path / "market.dump", **fresh).must_be(2, f"{tmp_path / lost} is not there")


def test_damaged_books_are_named(stored: Project, tbp: Tbp, tmp_path: Path, fresh: dict[str, str]) -> None:
    tbp("backup", tmp_path / "market.dump").must_be(0)
    (tmp_path / "market.dump.books.json").write_text('{"rows": 3}')
    tbp("restore", tmp_path / "market.dump", **fresh).must_be(1, "market.dump.books.json is damaged")


def test_a_restore_that_breaks_off_leaves_the_database_empty(
    stored: Project, tbp: Tbp, tmp_path: Path, fresh: dict[str, str]
) -> None:
    name = stored.database().address.name
    # The last table of the dump takes its rows nowhere else, after all others are filled.
    run(stored.database(), f"CREATE TABLE zzz (n int CHECK (current_database() = '{name}'))")
    run(stored.database(), "INSERT INTO zzz VALUES (1)")
    tbp("backup", tmp_path / "market.dump").must_be(0)
    tbp("restore", tmp_path / "market.dump", **fresh).must_be(1, "pg_restore failed", "violates check constraint")
    tbp("status").must_be(1, "has no tables yet")


def test_rows_that_are_missing_afterwards_are_told(
    stored: Project, tbp: Tbp, tmp_path: Path, fresh: dict[str, str]
) -> None:
    tbp("backup", tmp_path / "market.dump").must_be(0)
    path = tmp_path / "market.dump.books.json"
    books = json.loads(path.read_text())
    table = f"{stored.settings().database.schema_name}.market_data_raw"
    path.write_text(json.dumps({**books, "rows": {**books["rows"], table: 5}}))
    tbp("restore", tmp_path / "market.dump", **fresh).must_be(1, f"{table}: 4 of 5")


def test_a_backup_of_other_schemas_names_them(stored: Project, tbp: Tbp, tmp_path: Path, fresh: dict[str, str]) -> None:
    tbp("backup", tmp_path / "market.dump").must_be(0)
    old = stored.settings().database.schema_name
    stored.change("database.yml", f"\nschema: {old} ", "\nschema: other ")
    tbp("restore", tmp_path / "market.dump", **fresh).must_be(2, f"holds the schemas {old} and", "names other and")


def test_a_backup_of_a_newer_release_asks_for_it(
    stored: Project, tbp: Tbp, tmp_path: Path, fresh: dict[str, str]
) -> None:
    tbp("backup", tmp_path / "market.dump").must_be(0)
    path = tmp_path / "market.dump.books.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "revision": "9999"}))
    tbp("restore", tmp_path / "market.dump", **fresh).must_be(1, "revision 9999, which this release does not know")


def test_a_database_of_another_release_is_not_backed_up_half_known(stored: Project, tbp: Tbp, tmp_path: Path) -> None:
    run(stored.database(), f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    tbp("backup", tmp_path / "market.dump").must_be(1, "revision 9999")
    assert not (tmp_path / "market.dump").exists()


def test_the_password_is_in_no_command_line(stored: Project, tmp_path: Path) -> None:
    program = tmp_path / "pg_dump"
    program.write_text('#!/bin/sh\necho "$@" > "$(dirname "$0")/said"\n')
    program.chmod(0o755)
    address = stored.database().address
    ClientPrograms(tmp_path).run("pg_dump", ["--format=custom"], address)
    said = (tmp_path / "said").read_text()
    assert f"host={address.host} port={address.port}" in said.replace("'", "")
    assert address.password.get_secret_value() not in said


def test_a_role_that_may_not_restore_hypertables_is_told_before_anything_is_made(
    stored: Project, tbp: Tbp, tmp_path: Path, fresh: dict[str, str]
) -> None:
    dump = tmp_path / "bars.dump"
    tbp("backup", dump).must_be(0)
    books = dump.with_name("bars.dump.books.json")
    books.write_text(books.read_text().replace('"timescaledb": null', '"timescaledb": "2.17.2"'))
    said = tbp("restore", dump, **fresh)
    said.must_be(1, "is restored by a superuser", "--from-lake")

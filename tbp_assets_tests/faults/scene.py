"""A provider, a project and a database to break, and a naive model of what must be in the database afterwards."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import text

from tbp_assets.bars.sessions import exchange_date
from tbp_assets.embedded.provider import FakeProvider
from tbp_assets_tests.cli.terminal import Said, Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import THURSDAY, TUESDAY, WEDNESDAY, day_file, row

DAYS = (TUESDAY, WEDNESDAY, THURSDAY)
TICKERS = ("AAPL", "JPM", "MSFT", "QQQ", "SPY")  # of the configured universe
# Of the whole market, not loaded; so many that a day survives some bad rows (validation.max_rejected_share).
OTHERS = ("BCPC", "BCpC", "NA", "ZZZZ", *(f"X{n:03}" for n in range(200)))
Key = tuple[date, str]
Rows = dict[Key, tuple[float, ...]]


def good_file(day: date, *, close: float = 10.5) -> bytes:
    """Return a good day file; another close makes another version."""
    return day_file(
        [row(ticker, day, close=close, volume=1000 + n) for n, ticker in enumerate(sorted(TICKERS + OTHERS))]
    )


def rows_of(day: date, content: bytes) -> Rows:
    """Return what a good file must bring into the database, read by nothing of the project."""
    lines = csv.DictReader(io.StringIO(gzip.decompress(content).decode()))
    names = ("open", "high", "low", "close", "volume", "transactions")
    return {
        (day, line["ticker"]): tuple(float(line[name]) for name in names) for line in lines if line["ticker"] in TICKERS
    }


@dataclass
class Scene:
    """What a fault is injected into.

    Attributes:
        project: Configuration, stores and schemas of its own.
        provider: The bucket.
        tbp: Types commands in this process.
        files: The newest good file published of each day: the truth.
    """

    project: Project
    provider: FakeProvider
    tbp: Tbp
    files: dict[date, bytes] = field(default_factory=dict[date, bytes])

    def publish(self, day: date, *, close: float = 10.5) -> bytes:
        """Publish a good file and keep it as the truth."""
        self.files[day] = good_file(day, close=close)
        self.provider.publish(day, self.files[day])
        return self.files[day]

    def backfill(self, first: date = DAYS[0], last: date = DAYS[-1], *options: str) -> Said:
        """Run `tbp backfill --json` as a person would."""
        return self.tbp("backfill", first, last, "--json", *options)

    def query(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a statement, committed."""
        with self.project.database().transaction() as connection:
            result = connection.execute(text(sql), values)
            return [tuple(found) for found in result] if result.returns_rows else []

    def stored(self) -> Rows:
        """Return what is in the database."""
        sql = "SELECT timestamp, ticker, open, high, low, close, volume, transactions FROM market_data_raw"
        return {(exchange_date(at), ticker): tuple(map(float, values)) for at, ticker, *values in self.query(sql)}

    def truth(self, files: Mapping[date, bytes] | None = None) -> Rows:
        """Return what the given files, or the newest good ones, must have brought."""
        known = self.files if files is None else files
        return {key: values for day, content in known.items() for key, values in rows_of(day, content).items()}

    def lost(self) -> int:
        """Count the rows of the truth that are not in the database with equal values; a row too many is an error."""
        stored, truth = self.stored(), self.truth()
        assert set(stored) <= set(truth), f"rows that no file explains: {sorted(set(stored) - set(truth))}"
        return sum(stored.get(key) != values for key, values in truth.items())

    def whole_days(self, *versions: Mapping[date, bytes]) -> dict[date, int]:
        """Return which version each stored day is of (an index), after making sure that none is a mixture."""
        stored, found = self.stored(), dict[date, int]()
        for day in {day for day, _ in stored}:
            rows = {key: values for key, values in stored.items() if key[0] == day}
            matching = [n for n, files in enumerate(versions) if day in files and rows == rows_of(day, files[day])]
            assert matching, f"{day} is half one version and half another, or half loaded: {rows}"
            found[day] = matching[0]
        return dict(sorted(found.items()))

    def left_over(self) -> list[str]:
        """Return temporary files and database sessions that outlived their run; must be empty after a re-run."""
        files = [path.name for path in (self.project.store / "incoming").glob("*")]
        held = self.query(
            "SELECT count(*) FROM pg_locks AS held JOIN pg_database AS here ON here.oid = held.database "
            "WHERE held.locktype = 'advisory' AND here.datname = current_database()"
        )[0][0]
        return files + (["advisory locks"] if held else [])

    def states(self, first: date = DAYS[0], last: date = DAYS[-1]) -> dict[date, str]:
        """Return the state of each day, as `tbp status` says."""
        told = self.tbp("status", "--from", first, "--to", last, "--json").json["days"]
        return {date.fromisoformat(day["trading_date"]): day["state"] for day in told}

    def measured(self) -> dict[date, int]:
        """Return how many rows of its file each measured day's metrics speak of, none of them out of date."""
        span = ("--from", min(self.files), "--to", max(self.files))
        assert self.tbp("status", *span, "--json").json["quality_outdated"] == []
        return dict(self.query("SELECT date, sum(total_rows)::int FROM data_quality_metrics GROUP BY 1 ORDER BY 1"))

    def failures(self) -> dict[date, tuple[str, str | None]]:
        """Return the error type of each day's newest failure, and who resolved it."""
        found = self.query("SELECT date, error_type, resolved_by FROM failed_downloads ORDER BY id")
        return {day: (error_type, resolved_by) for day, error_type, resolved_by in found}

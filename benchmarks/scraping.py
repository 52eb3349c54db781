"""Times a scrape of five years of days, cold and warm: `python -m benchmarks.scraping`.

Ledger, manifests, journals, quality tables and Dagster's tables are filled with what those years leave.
"""

from __future__ import annotations

import os
import statistics
from datetime import UTC, date, datetime
from time import perf_counter, process_time

from rich.console import Console
from sqlalchemy import text

from benchmarks.servers import own_home
from tbp_assets.bars.events import Request, Validation
from tbp_assets.bars.facts import LakeFact, LandedFile, LandingFact
from tbp_assets.bars.rules import rules_version
from tbp_assets.bars.sessions import expected_sessions
from tbp_assets.cli.instance import open_instance
from tbp_assets.cli.session import Session
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.metrics.collector import TbpCollector
from tbp_assets.metrics.serving import exposition
from tbp_assets.metrics.source import Source
from tbp_assets.storage.files import Files
from tbp_assets.storage.manifests import adapter_of

KINDS = ("bars", "quarantine")
FIRST, LAST = date(2020, 1, 2), date(2024, 12, 31)
LOADS_OF_A_DAY, CHECKS, REPEATS = 4, 11, 21
LEDGER = """
INSERT INTO load_ledger (dataset, data_source, trading_date, source_sha256, rules, universe, universe_hash, run_id,
    accepted, selected, outside, inserted, updated, deleted, unchanged, loaded_at, partial, seconds)
SELECT 'us_stocks_day_aggs', 'polygon', day, 'sha', 'rules', 'configured', 'hash', 'run', 10400, 12,
    '{"not_in_universe": 10388}', 12, 0, 0, 0, now(), false, 0.01
FROM unnest(CAST(:days AS date[])) AS day, generate_series(1, :loads)
"""
BARS = """
INSERT INTO market_data_raw SELECT 'T' || n, CAST(day AS timestamp) AT TIME ZONE 'America/New_York', '1d', 'polygon',
    1, 1, 1, 1, 1, 1, 1, now() FROM unnest(CAST(:days AS date[])) AS day, generate_series(1, 12) AS n
"""
QUALITY = """
INSERT INTO data_quality_metrics (ticker, date, data_type, data_source, total_rows, accepted_rows, rejected_rows,
    modified_rows, rejection_reasons, flags)
SELECT 'T' || n, day, 'us_stocks_day_aggs', 'polygon', 1, 1, 0, 0, '{}', '{}'
FROM unnest(CAST(:days AS date[])) AS day, generate_series(1, 13) AS n
"""
MEASURED = """
INSERT INTO data_quality_days (date, data_type, data_source, source_sha256, judged_by, run_id)
SELECT day, 'us_stocks_day_aggs', 'polygon', 'sha', 'judged', 'run' FROM unnest(CAST(:days AS date[])) AS day
"""
EVALUATIONS = """
INSERT INTO asset_check_executions (asset_key, check_name, partition, run_id, execution_status, evaluation_event)
SELECT '["market_data_raw"]', 'check_' || n, CAST(day AS text), 'run_' || again,
    CASE WHEN n = 1 THEN 'FAILED' ELSE 'SUCCEEDED' END,
    '{"dagster_event": {"event_specific_data": {"severity": {"__enum__": "AssetCheckSeverity.WARN"}}}, "pad": "'
    || repeat('x', 1500) || '"}'
FROM unnest(CAST(:days AS date[])) AS day, generate_series(1, :checks) AS n, generate_series(1, 2) AS again
"""


def fill_database(session: Session, days: list[date]) -> None:
    """Write what the years leave in our tables, and in Dagster's."""
    with open_instance(session):
        schema = session.settings.database.dagster_schema
    with session.database.transaction() as connection:
        connection.execute(text(LEDGER), {"days": days, "loads": LOADS_OF_A_DAY})
        for sql in (BARS, QUALITY, MEASURED):
            connection.execute(text(sql), {"days": days})
        connection.execute(text(f"SET LOCAL search_path = {schema}"))
        connection.execute(text(EVALUATIONS), {"days": days, "checks": CHECKS})
        # As the server does by itself within a minute.
        connection.execute(text("ANALYZE"))


def fill_store(session: Session, days: list[date]) -> None:
    """Write manifests, journals and a file of each kind."""
    now, landing, lake = datetime.now(UTC), session.landing, session.lake
    for day in days:
        file = LandedFile(f"{day}.sha.csv.gz", "s3://flatfiles", "sha", "v1", 1, 10401, now, now)
        fact = LakeFact(
            day, "validated", "key", "sha", "polygon", rules_version(), 10401, 10390, {"price_missing": 10}, {}, (), now
        )
        _write(landing.store, landing.manifest(day), LandingFact(day, "landed", now, file=file))
        _write(lake.store, lake.manifest(day), fact)
        names = (f"{landing.directory(day)}/{file.name}", *(f"{lake.directory(day)}/{day}.{n}.parquet" for n in KINDS))
        for name in names:
            landing.store.write(name, b"x")
        landing.requests.add(Request(day, now, "s3", 0.5, None, 1, "sha"))
        lake.validations.add(Validation(day, now, "sha", "validated", {"price_missing": 10}, 0.05))


def _write(files: Files, key: str, fact: object) -> None:
    files.write(key, adapter_of(type(fact)).dump_json(fact))


def main() -> None:
    """Print the times of the first and of later scrapes."""
    with own_home() as home:
        os.environ |= {"TBP_HOME": str(home), "TBP_FLAT_FILES_URL": home.as_uri(), "TBP_LAKE_URL": ""}
        session, days = Session.start(), sorted(expected_sessions(FIRST, LAST))
        fill_database(session, days)
        fill_store(session, days)
        source = Source(session.settings, US_STOCKS_DAY_AGGS, seconds=60)
        collector, times, busy, said = TbpCollector(source, seconds=60), list[float](), list[float](), b""
        for _ in range(REPEATS + 1):
            began, worked = perf_counter(), process_time()
            said = exposition(collector)
            times.append(1000 * (perf_counter() - began))
            busy.append(1000 * (process_time() - worked))
        source.close()
        if b"\ntbp_up 1.0" not in said:
            raise SystemExit("not everything could be read")
        show = Console(highlight=False).print
        later, work = times[1:], statistics.median(busy[1:])
        show(f"{len(days):,} days, {len(said):,} bytes, first {times[0]:,.0f} ms")
        show(f"then {statistics.median(later):.1f} ms (best {min(later):.1f}, longest {max(later):.1f})")
        show(f"processor time {work:.1f} ms")
        for name, subject in (source.database_subjects() | source.file_subjects()).items():
            began = perf_counter()
            list(subject())
            show(f"  {name:12} {1000 * (perf_counter() - began):6.1f} ms")
        source.close()


if __name__ == "__main__":
    main()

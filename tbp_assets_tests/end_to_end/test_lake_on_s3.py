"""Landing zone and lake in a bucket: every command works as with a directory, and a killed one leaves whole days."""

from __future__ import annotations

import dagster as dg
import pytest

from tbp_assets.cli.instance import open_instance
from tbp_assets.cli.session import Session
from tbp_assets.defs.jobs import REPORT_JOB
from tbp_assets.defs.shared import VALIDATED_BARS
from tbp_assets_tests.cli.table import loads, tickers
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY
from tbp_assets_tests.embedded.postgres.processes import wait_until
from tbp_assets_tests.end_to_end.outcome import forget, outcome
from tbp_assets_tests.end_to_end.processes import Start
from tbp_assets_tests.end_to_end.shared_lake import SharedLake
from tbp_assets_tests.io_managers.running import runs_of

pytestmark = pytest.mark.integration
MARKET = {"TBP_FLAT_FILES_URL": "synthetic://market?seed=7&tickers=60"}
RANGE = ("2024-01-02", "2024-01-19")


def test_a_lake_in_a_bucket_brings_what_one_in_a_directory_does(
    project: Project, tbp: Tbp, shared_lake: SharedLake
) -> None:
    tbp("backfill", *RANGE, "--json", **MARKET).must_be(0)
    before = outcome(project)
    forget(project)
    said = tbp("backfill", *RANGE, "--json", **MARKET, **shared_lake.variables)
    said.must_be(0, f"lake {shared_lake.files.location}")
    assert outcome(project) == before
    assert (shared_lake.manifests("landing"), shared_lake.manifests("lake")) == (14, 13)
    _metadata_shows_addresses(project, shared_lake)
    again = tbp("backfill", *RANGE, "--force", "--json")
    again.must_be(0)
    assert (again.json["inserted"], again.json["unchanged"]) == (0, again.json["rows"])


def _metadata_shows_addresses(project: Project, shared_lake: SharedLake) -> None:
    with open_instance(Session(project.settings())) as instance:
        records = instance.fetch_materializations(
            dg.AssetRecordsFilter(VALIDATED_BARS, asset_partitions=[str(TUESDAY)]), limit=1
        ).records
    assert records[0].asset_materialization is not None
    shown = records[0].asset_materialization.metadata["bars"].value
    assert str(shown).startswith(f"{shared_lake.files.location}/lake/synthetic/")


def test_commands_that_read_the_lake_work_as_before(project: Project, tbp: Tbp, shared_lake: SharedLake) -> None:
    tbp("backfill", *RANGE, **{**MARKET, "TBP_UNIVERSE": "etfs"}, **shared_lake.variables).must_be(0)
    kept_out = tbp("quarantine", "list", "--from", RANGE[0], "--to", RANGE[1], "--json").json["rows"]
    assert kept_out > 0
    days = tbp("status", "--from", RANGE[0], "--to", RANGE[1], "--json").json["days"]
    assert sum(day["quarantined"] or 0 for day in days) == kept_out
    assert {day["state"] for day in days} == {"loaded", "holiday"}
    page = project.root / "page.html"
    tbp("report", "--output", page).must_be(0)
    assert page.stat().st_size > 10_000
    said = tbp("backfill", *RANGE, "--json", TBP_UNIVERSE="configured")
    said.must_be(0)
    assert (said.json["downloads"], said.json["open"]) == (0, {})
    assert len(tickers(project.database())) == 12


def test_the_report_job_writes_into_the_bucket(project: Project, tbp: Tbp, shared_lake: SharedLake) -> None:
    tbp("backfill", "2024-01-02", "2024-01-03", **MARKET, **shared_lake.variables).must_be(0)
    with runs_of(project) as runs:
        job = runs.definitions.resolve_job_def(REPORT_JOB)
        assert job.execute_in_process(instance=runs.instance).success
    found = shared_lake.files.read("reports/quality_report.html")
    assert found is not None
    assert b"</html>" in found.content


def test_a_command_that_is_killed_leaves_whole_days_and_the_next_goes_on(
    project: Project, start: Start, tbp: Tbp, shared_lake: SharedLake
) -> None:
    process = start("backfill", *RANGE, "--json", **MARKET, **shared_lake.variables)
    assert wait_until(lambda: shared_lake.manifests("lake") >= 2, 120), "the backfill never came so far"
    process.kill()
    process.communicate()
    lake = shared_lake.lake()
    facts = [fact for fact in lake.facts([TUESDAY]).values() if fact]
    assert [lake.bars(fact).height for fact in facts] == [fact.accepted for fact in facts]
    tbp("backfill", *RANGE, "--json", **MARKET, **shared_lake.variables).must_be(0)
    assert loads(project.database()) >= 13
    assert shared_lake.manifests("lake") == 13


def test_a_missing_bucket_and_refused_keys_are_one_message(project: Project, tbp: Tbp, shared_lake: SharedLake) -> None:
    missing = {**shared_lake.variables, "TBP_LAKE_URL": "s3://nowhere/lake"}
    tbp("backfill", *RANGE, **MARKET, **missing).must_be(2, "there is no bucket 'nowhere': create it (TBP_LAKE_URL")
    tbp("status", **missing).must_be(2, "there is no bucket 'nowhere'")
    keyless = {**shared_lake.variables, "TBP_LAKE_ACCESS_KEY": "", "TBP_LAKE_SECRET_KEY": ""}
    tbp("status", **keyless).must_be(1, "no keys: set TBP_LAKE_ACCESS_KEY and TBP_LAKE_SECRET_KEY")

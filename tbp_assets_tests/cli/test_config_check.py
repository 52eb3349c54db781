"""`tbp config check`: are the four files and the environment enough for what was chosen?"""

from __future__ import annotations

import pytest

from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.unit
CONFIGURED = ["AAPL", "MSFT", "NVDA", "META", "JPM", "V", "CVX", "LLY", "UNH", "WMT", "SPY", "QQQ"]


def test_a_complete_configuration_names_the_instruments_and_groups(project: Project, tbp: Tbp) -> None:
    said = tbp("config", "check")
    said.must_be(0)
    lines = said.out.splitlines()
    assert sorted(line.split()[0] for line in lines[2:14]) == sorted(CONFIGURED)
    assert "etfs: SPY QQQ" in lines
    assert any("META" in line and "2022-06-09" in line and "FB until 2022-06-08" in line for line in lines)
    assert lines[-1] == "configuration is complete"


def test_a_program_gets_the_same(project: Project, tbp: Tbp) -> None:
    found = tbp("config", "check", "--json").json
    assert (found["ok"], found["missing"], found["reasons"]) == (True, [], [])
    assert sorted(each["symbol"] for each in found["instruments"]) == sorted(CONFIGURED)
    assert set(found["groups"]) == {"high_priority", "medium_priority", "etfs", "all_stocks", "all_symbols"}


def test_what_is_missing_is_named_with_variable_and_file(project: Project, tbp: Tbp) -> None:
    said = tbp("config", "check", TBP_FLAT_FILES_URL="s3://flatfiles", DB_HOST="db.example.com", DB_USER="trader")
    said.must_be(
        2,
        "POLYGON_S3_ACCESS_KEY is not set (config/s3.yml asks for it: access_key)",
        "POLYGON_S3_SECRET_KEY is not set (config/s3.yml asks for it: secret_key)",
        "DB_PASSWORD is not set (config/database.yml asks for it: password)",
    )
    assert "DB_USER" not in said.err
    assert said.out.splitlines()[-1] == "configuration is not complete"


def test_no_source_is_incomplete(project: Project, tbp: Tbp) -> None:
    tbp("config", "check", TBP_FLAT_FILES_URL="").must_be(2, "no source of day files: set TBP_FLAT_FILES_URL")
    assert tbp("config", "check", "--json").json["ok"] is False


def test_secrets_are_not_printed(project: Project, tbp: Tbp) -> None:
    secrets = {name: f"secret-{name}" for name in ("POLYGON_S3_ACCESS_KEY", "POLYGON_S3_SECRET_KEY", "DB_PASSWORD")}
    choices = {"TBP_FLAT_FILES_URL": "s3://flatfiles", "DB_HOST": "db.example.com", "DB_USER": "trader"}
    for command in (("config", "check"), ("config", "check", "--json")):
        said = tbp(*command, **secrets, **choices)
        said.must_be(0)
        assert "secret-" not in said.out + said.err


S3 = {"POLYGON_S3_ACCESS_KEY": "known", "POLYGON_S3_SECRET_KEY": "hush"}
UNUSABLE = {
    "another kind": ("TBP_FLAT_FILES_URL", "ftp://x", "'ftp://x' is no source of day files"),
    "malformed": ("TBP_FLAT_FILES_URL", "http://[::1", "'http://[::1' is no source of day files (Invalid IPv6 URL)"),
    "no bucket": ("TBP_FLAT_FILES_URL", "s3://", "'s3://' is no source of day files"),
    "missing mirror": ("TBP_FLAT_FILES_URL", "file:///missing/dir", "/missing/dir is no directory"),
    "cut short": ("TBP_FLAT_FILES_URL", "file:///data#1", "'file:///data#1' is no source of day files"),
    "market": (
        "TBP_FLAT_FILES_URL",
        "synthetic://market?seed=x",
        "seed cannot be used; it takes seed",
    ),
    "lake elsewhere": ("TBP_LAKE_URL", "gs://lake", "TBP_LAKE_URL 'gs://lake' must be empty, file:///an/absolute/path"),
    "lake malformed": ("TBP_LAKE_URL", "file://[::1/lake", "TBP_LAKE_URL 'file://[::1/lake' must be empty"),
    "lake without bucket": ("TBP_LAKE_URL", "s3:///lake", "TBP_LAKE_URL 's3:///lake' must be empty"),
    "lake cut short": ("TBP_LAKE_URL", "s3://lake/a#1", "TBP_LAKE_URL 's3://lake/a#1' must be empty"),
    "lake with a login": ("TBP_LAKE_URL", "s3://me:hush@lake", "TBP_LAKE_URL 's3://***@lake' must be empty"),
    "lake is a file": ("TBP_LAKE_URL", "file:///dev/null/lake", "/dev/null is no directory (TBP_LAKE_URL"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_an_address_that_cannot_be_used_is_named(project: Project, tbp: Tbp, case: str) -> None:
    # They passed as complete, or ended in a traceback of urllib.
    variable, url, why = UNUSABLE[case]
    said = tbp("config", "check", **S3, **{variable: url})
    said.must_be(2, why, variable)
    assert said.out.splitlines()[-1] == "configuration is not complete"
    said = tbp("config", "check", "--json")
    said.must_be(2)
    assert said.json["ok"] is False
    assert [reason for reason in said.json["reasons"] if why in reason]


def test_an_endpoint_that_cannot_be_used_is_named(project: Project, tbp: Tbp) -> None:
    said = tbp("config", "check", **S3, TBP_FLAT_FILES_URL="s3://flatfiles", TBP_S3_ENDPOINT_URL="http://[::1")
    said.must_be(2, "http://[::1", "TBP_S3_ENDPOINT_URL")


def test_a_file_that_cannot_be_read_is_a_reason_for_a_program_too(project: Project, tbp: Tbp) -> None:
    project.change("pipeline.yml", "look_back_days: 10", "look_back_days: 0")
    said = tbp("config", "check", "--json")
    said.must_be(2)
    assert (said.json["ok"], len(said.json["reasons"])) == (False, 1)
    assert "config/pipeline.yml: schedule.look_back_days" in said.json["reasons"][0]


def test_several_faults_are_told_at_once(project: Project, tbp: Tbp) -> None:
    said = tbp("config", "check", TBP_FLAT_FILES_URL="ftp://x", DB_HOST="db.example.com")
    said.must_be(2, "'ftp://x' is no source", "DB_USER is not set", "DB_PASSWORD is not set")


def test_source_and_target_are_told_without_starting_the_embedded_server(project: Project, tbp: Tbp) -> None:
    home = project.root / "home"
    said = tbp("config", "check", TBP_HOME=str(home))
    said.must_be(0)
    assert said.out.splitlines()[0].startswith(f"{project.mirror.as_uri()}  →  embedded PostgreSQL in {home} (schema ")
    assert tbp("config", "check", "--json").json["route"] == said.out.splitlines()[0]
    assert not home.exists()


def test_the_route_to_a_real_database_names_everything_but_secrets(project: Project, tbp: Tbp) -> None:
    source = {"TBP_FLAT_FILES_URL": "s3://flatfiles", "TBP_S3_ENDPOINT_URL": "https://me:hush@s3.example.com"}
    target = {"DB_HOST": "db.example.com", "DB_USER": "trader", "DB_PASSWORD": "hush"}
    said = tbp("config", "check", **S3, **source, **target)
    said.must_be(0)
    route = "s3://flatfiles at https://***@s3.example.com  →  postgresql://trader@db.example.com:5432/market_data"
    assert said.out.startswith(route)
    assert "hush" not in said.out + said.err


def test_a_login_inside_the_source_is_refused_and_not_shown(project: Project, tbp: Tbp) -> None:
    said = tbp("config", "check", TBP_FLAT_FILES_URL="s3://me:hush@flatfiles")
    said.must_be(2, "'s3://***@flatfiles' is no source of day files")
    assert "hush" not in said.out + said.err


def test_an_added_instrument_is_named(project: Project, tbp: Tbp) -> None:
    line = '\n  - {symbol: "TRUE", name: TrueCar, sector: Technology, asset_class: stock, priority: 3}'
    project.change("instruments.yml", "\ninstruments:", "\ninstruments:" + line)
    assert "TrueCar" in tbp("config", "check").out


def test_a_list_of_instruments_does_not_bury_what_is_wrong(project: Project, tbp: Tbp) -> None:
    said = tbp("config", "check", TBP_FLAT_FILES_URL="ftp://x")
    said.must_be(2, "'ftp://x' is no source")
    assert said.out.splitlines() == ["configuration is not complete"]


def test_a_fault_of_yaml_is_told_with_the_name_of_the_file(project: Project, tbp: Tbp) -> None:
    project.change("instruments.yml", "\ninstruments:", "\ninstruments: [")
    said = tbp("config", "check")
    said.must_be(2, "in instruments.yml, line")
    assert "unicode string" not in said.err


def test_the_files_of_every_environment_are_checked(project: Project, tbp: Tbp) -> None:
    place = project.config / "environments"
    (place / "staging.yml").write_text("pipeline: {schedule: {look_back_days: soon}}\n", encoding="utf-8")
    (place / "production.yml").write_text("database: {pool: 3}\n", encoding="utf-8")
    tbp("config", "check").must_be(
        2,
        "config/environments/staging.yml: pipeline.schedule.look_back_days: Input should be a valid integer",
        "config/environments/production.yml: database.pool: unknown key",
    )


def test_a_variable_of_another_environment_need_not_be_set_here(project: Project, tbp: Tbp) -> None:
    text = 'database: {name: "${PROD_NAME}", host: "db.${PROD_SITE}"}\n'
    (project.config / "environments" / "production.yml").write_text(text, encoding="utf-8")
    tbp("config", "check").must_be(0)


LAKE = {"TBP_LAKE_URL": "s3://lake/research", "TBP_LAKE_ACCESS_KEY": "known", "TBP_LAKE_SECRET_KEY": "hush"}


def test_a_lake_on_s3_is_named_without_its_keys(project: Project, tbp: Tbp) -> None:
    said = tbp("config", "check", **LAKE)
    said.must_be(0)
    assert ", lake s3://lake/research, universe configured" in said.out.splitlines()[0]
    assert "hush" not in said.out + said.err


@pytest.mark.parametrize("absent", ["TBP_LAKE_ACCESS_KEY", "TBP_LAKE_SECRET_KEY"])
def test_one_key_of_the_lake_without_the_other_is_named(project: Project, tbp: Tbp, absent: str) -> None:
    said = tbp("config", "check", **{**LAKE, absent: ""})
    said.must_be(2, "config/s3.yml: lake: ", "set TBP_LAKE_ACCESS_KEY and TBP_LAKE_SECRET_KEY both, or neither")
    assert "hush" not in said.out + said.err


@pytest.mark.parametrize("endpoint", ["http://[::1", "https://me:hush@[::1"])
def test_an_endpoint_of_the_lake_that_cannot_be_used_is_named(project: Project, tbp: Tbp, endpoint: str) -> None:
    said = tbp("config", "check", **{**LAKE, "TBP_LAKE_ENDPOINT_URL": endpoint})
    said.must_be(2, "no client for the lake at http", "TBP_LAKE_ENDPOINT_URL")
    assert "hush" not in said.out + said.err


def test_an_endpoint_of_the_lake_without_a_scheme_is_named(project: Project, tbp: Tbp) -> None:
    tbp("config", "check", **{**LAKE, "TBP_LAKE_ENDPOINT_URL": "minio:9000"}).must_be(2, "lake.endpoint_url")

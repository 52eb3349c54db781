"""`tbp doctor`: every line, the exit codes, JSON, and that nothing secret is printed."""

from __future__ import annotations

import time

import pytest

from tbp_assets.embedded.postgres import running_server
from tbp_assets.embedded.provider import FakeProvider, Fault
from tbp_assets_tests.cli.terminal import Said, Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, day_file, good_rows
from tbp_assets_tests.embedded.provider.conftest import provider, provider_server
from tbp_assets_tests.health.test_days import closed_since, starts

__all__ = ["provider", "provider_server"]
pytestmark = pytest.mark.integration
OF_A_MIRROR = [
    "configuration", "source", "access us_stocks_sip/day_aggs_v1", "database", "timescaledb", "tables", "landing zone",
    "lake", "embedded server's disk", "memory", "clock: database", "daemon", "schedules and sensors", "newest session",
    "open days", "history",
]  # fmt: skip
SECRETS = {"POLYGON_S3_ACCESS_KEY": "hush-access-key-0001", "POLYGON_S3_SECRET_KEY": "hush-secret-key-0002"}


@pytest.fixture
def whole(project: Project, tbp: Tbp) -> Project:
    """A project to which nothing is missing but a daemon."""
    starts(project, TUESDAY)
    closed_since(project, TUESDAY)
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    return project


def statuses(said: Said) -> dict[str, str]:
    return {each["subject"]: each["status"] for each in said.json}


def test_warnings_alone_end_with_zero(whole: Project, tbp: Tbp) -> None:
    said = tbp("doctor", "--json")
    said.must_be(0)
    assert list(statuses(said)) == OF_A_MIRROR
    assert {name for name, status in statuses(said).items() if status != "ok"} == {"daemon"}
    assert set(said.json[0]) == {"subject", "status", "seen", "todo"}


def test_a_person_reads_a_line_a_subject_and_the_counts(whole: Project, tbp: Tbp) -> None:
    lines = tbp("doctor").out.splitlines()
    assert [line.split(": ")[0].split(maxsplit=1)[1] for line in lines[:3]] == OF_A_MIRROR[:3]
    assert len(lines) == len(OF_A_MIRROR) + 1
    assert lines[-1] == "15 ok, 1 warning, 0 failed"
    assert any(line.startswith("warning  daemon: ") and " → run `tbp up`" in line for line in lines)


def test_one_fault_ends_with_one_and_hides_no_line(whole: Project, tbp: Tbp) -> None:
    (whole.store / "incoming").rmdir()
    (whole.store / "incoming").touch()
    whole.mirror.joinpath("us_stocks_sip").rename(whole.root / "elsewhere")
    said = tbp("doctor", "--json")
    said.must_be(1)
    assert list(statuses(said)) == OF_A_MIRROR
    assert {name for name, status in statuses(said).items() if status == "failed"} == {
        "access us_stocks_sip/day_aggs_v1", "landing zone", "lake"
    }  # fmt: skip


def test_a_configuration_that_cannot_be_read_ends_with_two(project: Project, tbp: Tbp) -> None:
    project.change("s3.yml", "region: us", "regions: us")
    said = tbp("doctor", "--json")
    said.must_be(2)
    assert [(each["subject"], each["status"]) for each in said.json] == [("configuration", "failed")]
    assert "regions: unknown key" in said.json[0]["seen"]


def test_a_configuration_that_is_not_enough_ends_with_two_and_hides_no_line(whole: Project, tbp: Tbp) -> None:
    said = tbp("doctor", "--json", TBP_FLAT_FILES_URL="")
    said.must_be(2)
    found = statuses(said)
    assert list(found) == OF_A_MIRROR
    assert (found["configuration"], found["source"], found["tables"]) == ("failed", "failed", "ok")


def test_stand_ins_where_they_do_not_belong_end_with_two(project: Project, tbp: Tbp) -> None:
    said = tbp("doctor", "--json", ENVIRONMENT="production")
    said.must_be(2)
    assert "production refuses the embedded database" in said.json[0]["seen"]
    assert statuses(said)["schedules and sensors"] == "warning"


@pytest.mark.parametrize("kind", ["stall", "connect_timeout"])
def test_timeout_seconds_is_the_longest_wait(whole: Project, tbp: Tbp, provider: FakeProvider, kind: str) -> None:
    # Once without the time-out of the provider's client, which is shorter on purpose.
    whole.change("pipeline.yml", "timeout_seconds: 20", "timeout_seconds: 4")
    tbp("config", "check", **provider.environment()).must_be(0)
    provider.inject(Fault("stall", methods=("LIST",), times=None) if kind == "stall" else Fault("connect_timeout"))
    began = time.monotonic()
    said = tbp("doctor", "--json")
    took = time.monotonic() - began
    said.must_be(1)
    assert took < 100, "far less than the minutes after which the provider's client gives up elsewhere"
    found = statuses(said)
    assert found["source"] == "failed"
    assert (found["tables"], found["landing zone"], found["memory"]) == ("ok", "ok", "ok")


def test_no_secret_is_printed(whole: Project, tbp: Tbp, provider: FakeProvider, server_home: object) -> None:
    server = running_server(whole.settings().home)
    assert server
    source = {**provider.environment(), **SECRETS}
    target = {"DB_HOST": server.host, "DB_PORT": str(server.port), "DB_NAME": server.database, "DB_USER": server.user}
    for fault, password in ((None, server.password), (Fault("bad_key", times=None), "hush-password")):
        if fault:
            provider.inject(fault)
        for words in (("doctor",), ("doctor", "--json")):
            said = tbp(*words, **source, **target, DB_PASSWORD=password)
            assert "source" in said.out
            for secret in (*SECRETS.values(), password):
                assert secret not in said.out + said.err


def test_looking_changes_nothing(whole: Project, tbp: Tbp) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.store.rglob("*") if path.is_file()}
    tbp("doctor").must_be(0)
    assert {path: path.stat().st_mtime_ns for path in whole.store.rglob("*") if path.is_file()} == before

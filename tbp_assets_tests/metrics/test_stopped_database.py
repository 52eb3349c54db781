"""A database that is stopped, stands still or is not of this release costs its own part of a scrape, and is told."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import psutil
import pytest
from sqlalchemy import text

from tbp_assets.cli.session import Session
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.embedded.postgres import ensure_server, release, running_server, stop_server
from tbp_assets.embedded.postgres.postmaster import status
from tbp_assets.embedded.postgres.site import find_site
from tbp_assets.metrics.collector import TbpCollector
from tbp_assets.metrics.serving import served
from tbp_assets.metrics.source import Source
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, day_file, good_rows
from tbp_assets_tests.embedded.postgres.conftest import cleaned_home
from tbp_assets_tests.metrics.scraping import counters_of, fallen, labels_in, scraped, series, values_of

pytestmark = pytest.mark.integration

SECONDS = 45.0


@pytest.fixture
def own(project: Project, tbp: Tbp, tmp_path: Path) -> Iterator[Project]:
    """A project with a server of its own and a day in it."""
    with cleaned_home(tmp_path / "home") as home:
        project.monkeypatch.setenv("TBP_HOME", str(home))
        project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
        tbp("backfill", TUESDAY, TUESDAY).must_be(0)
        yield project


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def port(own: Project) -> Iterator[int]:
    """Where the project's metrics are served."""
    source, number = Source(own.settings(), US_STOCKS_DAY_AGGS, seconds=SECONDS), free_port()
    with served(TbpCollector(source, seconds=SECONDS), "127.0.0.1", number):
        yield number
    source.close()


def test_stopped_server_is_told_and_right_again_when_it_is_back(own: Project, port: int) -> None:
    home = own.settings().home
    before = scraped(port)
    assert values_of(before)[series("tbp_up")] == 1
    release(home)
    stop_server(home)
    stopped = values_of(scraped(port))
    assert stopped[series("tbp_up")] == 0
    assert stopped[series("tbp_scrape_error", part="database", kind="database")] == 1
    assert series("tbp_loads_total") not in stopped
    files = [
        key for key in counters_of(before) if key[0].startswith(("mp_requests", "mp_validation", "tbp_downloaded"))
    ]
    assert files
    assert [key for key in files if stopped[key] != counters_of(before)[key]] == []
    assert running_server(home) is None, "a scrape starts no server"
    ensure_server(home)
    after = scraped(port)
    assert values_of(after)[series("tbp_up")] == 1
    assert fallen(counters_of(before), counters_of(after)) == []


def test_home_that_was_never_used_is_told_and_left_as_it_is(project: Project, tbp: Tbp, tmp_path: Path) -> None:
    home = tmp_path / "never"
    said = tbp("metrics", TBP_HOME=str(home))
    said.must_be(0, "does not run", "tbp up")
    assert values_of(said.out)[series("tbp_up")] == 0
    assert not home.exists()


def test_server_that_stands_still_costs_no_more_than_the_time_out(own: Project) -> None:
    source = Source(own.settings(), US_STOCKS_DAY_AGGS, seconds=SECONDS)
    patient, hasty = TbpCollector(source, seconds=SECONDS), TbpCollector(source, seconds=1)
    number = free_port()
    with served(patient, "127.0.0.1", number):
        assert values_of(scraped(number))[series("tbp_up")] == 1
    with served(hasty, "127.0.0.1", number), standing_still(own):
        for _ in range(2):
            began = monotonic()
            told = values_of(scraped(number))
            # Of one second, on a busy machine; the patient one's time-out is the longer one.
            assert monotonic() - began < SECONDS
            assert told[series("tbp_scrape_error", part="database", kind="timeout")] == 1
            assert told[series("tbp_up")] == 0
            assert told[series("tbp_store_files", zone="lake")] > 0
    with served(patient, "127.0.0.1", number):
        assert values_of(scraped(number))[series("tbp_up")] == 1
    source.close()


class standing_still:  # noqa: N801  # read as a sentence
    """Stop every process of a project's server; they go on at the end."""

    def __init__(self, project: Project) -> None:
        site = find_site(project.settings().home)
        assert site
        pid = status(site.instance).pid
        assert pid
        self.pids = [pid, *(child.pid for child in psutil.Process(pid).children())]

    def __enter__(self) -> None:
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)

    def __exit__(self, *_: object) -> None:
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)


def test_table_that_is_gone_costs_its_own_subjects_alone(project: Project, tbp: Tbp) -> None:
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    with project.database().transaction() as connection:
        connection.execute(text("DROP TABLE data_quality_metrics"))
    said = tbp("metrics")
    said.must_be(0, "quality: ", "data_quality_metrics")
    told = values_of(said.out)
    assert labels_in(said.out, "part") - {"database", "files"} == {"quality"}
    assert (told[series("tbp_up")], told[series("tbp_loads_total")]) == (0, 1)


def test_database_without_tables_is_told(project: Project, tbp: Tbp) -> None:
    Session.start().database  # noqa: B018  # starts the server
    project.change("database.yml", "schema: bars_", "schema: other_")
    said = tbp("metrics")
    said.must_be(0, "has no tables yet", "tbp migrate")
    assert values_of(said.out)[series("tbp_up")] == 0


def test_wrong_password_is_told_with_its_kind_and_without_the_password(project: Project, tbp: Tbp) -> None:
    server = ensure_server(project.settings().home)
    said = tbp(
        "metrics", DB_HOST=server.host, DB_PORT=str(server.port), DB_NAME=server.database, DB_USER=server.user,
        DB_PASSWORD="not-the-password",
    )  # fmt: skip
    said.must_be(0, "password authentication failed")
    assert values_of(said.out)[series("tbp_scrape_error", part="database", kind="auth")] == 1
    assert "not-the-password" not in said.out + said.err


def test_remote_database_is_scraped_like_the_embedded_one(project: Project, tbp: Tbp) -> None:
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    embedded = counters_of(tbp("metrics").out)
    server = ensure_server(project.settings().home)
    said = tbp(
        "metrics", DB_HOST=server.host, DB_PORT=str(server.port), DB_NAME=server.database, DB_USER=server.user,
        DB_PASSWORD=server.password,
    )  # fmt: skip
    assert counters_of(said.out) == embedded
    assert values_of(said.out)[series("tbp_up")] == 1

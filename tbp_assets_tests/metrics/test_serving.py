"""`tbp metrics` and `tbp metrics serve` as processes, and their words."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest
from prometheus_client.openmetrics import parser

from tbp_assets.metrics.serving import is_loopback
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, day_file, good_rows
from tbp_assets_tests.end_to_end.processes import Start
from tbp_assets_tests.metrics.scraping import scraped, series, values_of
from tbp_assets_tests.metrics.test_stopped_database import free_port

pytestmark = pytest.mark.integration


@pytest.fixture
def loaded(project: Project, tbp: Tbp) -> Project:
    """A project with a day."""
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    return project


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_served_until_it_is_told_to_end(loaded: Project, start: Start, tbp: Tbp, number: signal.Signals) -> None:
    port = free_port()
    process = start("metrics", "serve", "--port", port, "--timeout", 60)
    assert process.stdout
    assert process.stdout.readline() == f"metrics on http://127.0.0.1:{port}/metrics (Ctrl-C ends it)\n"
    once = values_of(tbp("metrics").out)
    told = values_of(scraped(port))
    assert told[series("tbp_loads_total")] == once[series("tbp_loads_total")] == 1
    assert set(told) == set(once)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (128 + number, "", "tbp: interrupted\n")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


def test_openmetrics_is_spoken_where_it_is_asked_for(loaded: Project, start: Start) -> None:
    port = free_port()
    process = start("metrics", "serve", "--port", port, "--timeout", 60)
    assert process.stdout
    process.stdout.readline()
    text = scraped(port, accept="application/openmetrics-text; version=1.0.0")
    families = {each.name: each for each in parser.text_string_to_metric_families(text)}  # pyright: ignore[reportUnknownMemberType]  # untyped
    assert families["tbp_loads"].samples[0].value == 1


def test_port_in_use_is_a_usage_error(project: Project, tbp: Tbp) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        tbp("metrics", "serve", "--port", port).must_be(2, f"cannot serve on 127.0.0.1:{port}", "in use", "--port")


def test_host_that_is_nobodys_is_a_usage_error(project: Project, tbp: Tbp) -> None:
    tbp("metrics", "serve", "--host", "no.such.host.invalid").must_be(2, "cannot serve on no.such.host.invalid:8000")


def test_other_hosts_are_served_only_when_named_and_warned_of(loaded: Project, start: Start) -> None:
    process = start("metrics", "serve", "--host", "0.0.0.0", "--port", free_port())
    assert process.stdout
    process.stdout.readline()
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert "0.0.0.0: there is no login, whoever reaches this address reads the metrics" in " ".join(err.split())


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("10.0.0.1", False), ("example.com", False)],
)  # fmt: skip
def test_loopback_is_told_from_other_hosts(host: str, loopback: bool) -> None:
    assert is_loopback(host) == loopback


def test_file_for_node_exporter_is_replaced_whole(loaded: Project, tbp: Tbp, tmp_path: Path) -> None:
    path = tmp_path / "textfile" / "tbp.prom"
    said = tbp("metrics", "--output", path)
    said.must_be(0)
    assert said.out == ""
    assert values_of(path.read_text(encoding="utf-8"))[series("tbp_loads_total")] == 1
    assert path.stat().st_mode & 0o444 == 0o444
    path.write_text("old")
    tbp("metrics", "--output", path).must_be(0)
    assert list(path.parent.iterdir()) == [path]
    assert values_of(path.read_text(encoding="utf-8"))[series("tbp_up")] == 1


def test_file_that_cannot_be_written_is_named(project: Project, tbp: Tbp, tmp_path: Path) -> None:
    tbp("metrics", "--output", tmp_path).must_be(2, "is a directory", ".prom")
    (tmp_path / "file").write_text("")
    tbp("metrics", "--output", tmp_path / "file" / "tbp.prom").must_be(1, "cannot be written")


def test_output_is_not_for_serve(project: Project, tbp: Tbp, tmp_path: Path) -> None:
    tbp("metrics", "--output", tmp_path / "a.prom", "serve").must_be(2, "--output belongs to `tbp metrics` alone")

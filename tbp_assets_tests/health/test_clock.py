"""Clocks: a server whose header Date is off, and a database that seems to be."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tbp_assets.embedded.provider import FakeProvider
from tbp_assets.health import clock
from tbp_assets.health.clock import database_clock, source_clock
from tbp_assets.health.finding import Finding
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.health.looking import found, installation, told

pytestmark = pytest.mark.integration
LISTING = b"<ListBucketResult><Name>flatfiles</Name><IsTruncated>false</IsTruncated></ListBucketResult>"
REFUSAL = b"<Error><Code>RequestTimeTooSkewed</Code></Error>"


@contextmanager
def bucket(ahead: timedelta | None, *, refuses: bool = False) -> Generator[dict[str, str]]:
    """Serve a bucket without files whose clock is ahead, or that tells no time."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = REFUSAL if refuses else LISTING
            self.send_response_only(403 if refuses else 200)
            if ahead is not None:
                self.send_header("Date", format_datetime(datetime.now(UTC) + ahead, usegmt=True))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield {
            "TBP_FLAT_FILES_URL": "s3://flatfiles", "TBP_S3_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            "POLYGON_S3_ACCESS_KEY": "a", "POLYGON_S3_SECRET_KEY": "b",
        }  # fmt: skip
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def of_bucket(project: Project, ahead: timedelta | None, *, refuses: bool = False) -> Finding:
    with bucket(ahead, refuses=refuses) as variables:
        return found(source_clock, installation(project, **variables))


def test_the_providers_clock_is_ours(project: Project, provider: FakeProvider) -> None:
    told(found(source_clock, installation(project, **provider.environment())), "ok", "this machine's clock")


@pytest.mark.parametrize(("seconds", "words"), [(60, "ahead of"), (-60, "behind")])
def test_a_providers_clock_that_is_off_fails(project: Project, seconds: int, words: str) -> None:
    told(of_bucket(project, timedelta(seconds=seconds)), "failed", f"s {words} this machine's clock", "NTP")


def test_a_refusal_for_the_clock_tells_by_how_much(project: Project) -> None:
    told(of_bucket(project, timedelta(hours=1), refuses=True), "failed", "s ahead of this machine's clock")


@pytest.mark.parametrize(("limit", "status"), [("5", "failed"), ("90", "ok")])
def test_max_clock_skew_seconds_is_how_far_clocks_may_differ(project: Project, limit: str, status: str) -> None:
    project.change("pipeline.yml", "max_clock_skew_seconds: 5 ", f"max_clock_skew_seconds: {limit} ")
    assert of_bucket(project, timedelta(seconds=60)).status == status


def test_an_answer_without_time_is_told(project: Project) -> None:
    told(of_bucket(project, None), "warning", "not looked at: the source's answers bear no time")


def test_the_databases_clock_is_ours(project: Project) -> None:
    project.database()
    told(found(database_clock, installation(project)), "ok", "this machine's clock")


@pytest.mark.parametrize(("seconds", "words"), [(60, "behind"), (-60, "ahead of")])
def test_a_databases_clock_that_is_off_fails(project: Project, seconds: int, words: str) -> None:
    # The server's clock is the machine's here: this process's is set off instead.
    project.database()
    real = clock.present
    project.monkeypatch.setattr(clock, "present", lambda: real() + timedelta(seconds=seconds))
    told(found(database_clock, installation(project)), "failed", f"60.0 s {words} this machine's clock")

"""`tbp backfill --queue` where no run can be queued: one message, and nothing was done. What works is end_to_end's."""

from __future__ import annotations

import pytest
from dagster_graphql import DagsterGraphQLClient
from pytest_httpserver import HTTPServer

from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, day_file, good_rows
from tbp_assets_tests.providers.conftest import free_port

pytestmark = pytest.mark.integration
QUEUE = ("backfill", TUESDAY, TUESDAY, "--queue")


@pytest.fixture(autouse=True)
def published(project: Project) -> None:
    """One day to be loaded."""
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})


def not_loaded(tbp: Tbp) -> bool:
    (day,) = tbp("status", "--from", TUESDAY, "--to", TUESDAY, "--json").json["days"]
    return day["state"] == "missing"


def test_a_ui_that_does_not_run_is_named_with_what_starts_it(tbp: Tbp) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    tbp(*QUEUE, TBP_UI_URL=url).must_be(1, f"the UI at {url} does not answer: `tbp up` starts it; TBP_UI_URL")
    assert not_loaded(tbp)


def test_a_ui_that_is_none_is_named(tbp: Tbp, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/graphql").respond_with_json({"errors": [{"message": "no such job"}]})
    url = httpserver.url_for("").rstrip("/")
    tbp(*QUEUE, TBP_UI_URL=url).must_be(1, f"the UI at {url} takes no run", "no such job")


def test_a_run_that_is_kept_elsewhere_is_named(tbp: Tbp, monkeypatch: pytest.MonkeyPatch) -> None:
    def submitted(*_args: object, **_options: object) -> str:
        return "00000000-0000-0000-0000-000000000000"

    monkeypatch.setattr(DagsterGraphQLClient, "submit_job_execution", submitted)
    tbp(*QUEUE).must_be(1, "keeps it in another database than", "TBP_UI_URL")


def test_processes_of_this_command_make_no_sense_in_a_queue(tbp: Tbp) -> None:
    tbp(*QUEUE, "--jobs", "2").must_be(
        2, "--jobs is how many processes this command starts; with --queue it starts none"
    )


def test_nothing_is_queued_where_all_is_done(tbp: Tbp) -> None:
    tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    assert tbp(*QUEUE, TBP_UI_URL=f"http://127.0.0.1:{free_port()}").out.endswith("nothing to do\n")


def test_a_dry_run_queues_nothing(tbp: Tbp) -> None:
    tbp(*QUEUE, "--dry-run", TBP_UI_URL=f"http://127.0.0.1:{free_port()}").must_be(0)
    assert not_loaded(tbp)

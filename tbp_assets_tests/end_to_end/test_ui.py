"""A backfill launched over GraphQL in the running UI: what is shown, and what "failed and missing" then asks for.

One UI serves all tests of this module, in their order; the last one ends it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tbp_assets.embedded.postgres import running_server
from tbp_assets_tests.day_files import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows, write_mirror
from tbp_assets_tests.embedded.postgres.conftest import cleaned_home
from tbp_assets_tests.embedded.postgres.processes import wait_until
from tbp_assets_tests.end_to_end.processes import own_configuration
from tbp_assets_tests.end_to_end.strange_site import strange_site
from tbp_assets_tests.end_to_end.ui import ASSETS, Ui, command_lines, gone, processes_of, running_ui
from tbp_assets_tests.reports.browser import started

pytestmark = pytest.mark.integration
GOOD = {day: day_file(good_rows(day)) for day in (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)}
WEEK = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]
FIRST, LAST = WEEK[0], WEEK[-1]
BAD = "2024-01-04"
LAUNCH_ALL = """mutation { launchPartitionBackfill(backfillParams: {
    assetSelection: [{path: ["raw_day_file"]}], partitionNames: ["2024-01-05"]}) { __typename } }"""
ASKED_BY_ITSELF = """() => fetch("/graphql", {method: "POST", headers: {"Content-Type": "application/json"},
    body: JSON.stringify({query: "{ version }"})}).then((answer) => answer.status)"""
OVER = {"COMPLETED_SUCCESS", "COMPLETED_FAILED", "COMPLETED", "FAILED", "CANCELED"}


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four sessions, of which Thursday's file is cut short."""
    return write_mirror(tmp_path_factory.mktemp("mirror"), {**GOOD, THURSDAY: GOOD[THURSDAY][:-20]})


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory, mirror: Path) -> Iterator[Ui]:
    """A UI in which the week's backfill has ended."""
    root = tmp_path_factory.mktemp("ui")
    with cleaned_home(root / "home") as home:
        environment = {**own_configuration(root, home), "TBP_FLAT_FILES_URL": mirror.as_uri()}
        with running_ui(environment, root) as running:
            backfill = running.launch_backfill(WEEK)
            over = wait_until(lambda: running.backfill_status(backfill) in OVER, 180, every=1)
            assert over, running.log.read_text(encoding="utf-8")[-5000:]
            yield running


def loaded(ui: Ui) -> dict[str, int]:
    """Return the bars in the database for each trading date."""
    sql = "SELECT (timestamp AT TIME ZONE 'America/New_York')::date AS day, count(*) FROM market_data_raw GROUP BY 1"
    return {row["day"]: row["count"] for row in json.loads(ui.tbp("query", sql, "--json").stdout)}


def failed_or_missing(ui: Ui) -> list[str]:
    """Return the days that the dialog's "failed and missing" picks."""
    cells = [ui.cells(asset, FIRST, LAST) for asset in ASSETS]
    return [day for day in WEEK if any(found.get(day) != "MATERIALIZED" for found in cells)]


def landing_checks(ui: Ui) -> dict[str, str]:
    """Return the result of the landing's one check for each day of the week."""
    checks = ui.checks("raw_day_file", FIRST, LAST)
    assert list(checks) == ["day_file_is_whole"]
    return checks["day_file_is_whole"]


def test_the_doctor_sees_the_daemon_and_the_switches(ui: Ui) -> None:
    assert wait_until(lambda: _status(ui, "daemon") == "ok", 120, every=1)
    assert _status(ui, "schedules and sensors") == "ok"


def _status(ui: Ui, subject: str) -> str:
    return {each["subject"]: each["status"] for each in json.loads(ui.tbp("doctor", "--json").stdout)}[subject]


def test_the_good_days_are_loaded_and_shown_so_and_the_bad_one_is_not(ui: Ui) -> None:
    good = [day for day in WEEK if day != BAD]
    assert loaded(ui) == dict.fromkeys(good[1:], 3)
    assert ui.cells("market_data_raw", FIRST, LAST) == {day: "FAILED" if day == BAD else "MATERIALIZED" for day in WEEK}


def test_each_day_has_the_results_of_its_checks(ui: Ui) -> None:
    good = dict.fromkeys([day for day in WEEK if day != BAD], "SUCCEEDED")
    assert landing_checks(ui) == {**good, BAD: "FAILED"}
    checks = ui.checks("market_data_raw", FIRST, LAST)
    assert {name: {day: found[day] for day in good} for name, found in checks.items()} == {
        "every_row_accounted_for": good, "database_matches_lake": good
    }  # fmt: skip
    assert "SUCCEEDED" not in {found.get(BAD) for found in checks.values()}


def test_failed_and_missing_is_the_bad_day_alone_and_brings_it_once_the_file_is_mended(ui: Ui, mirror: Path) -> None:
    assert failed_or_missing(ui) == [BAD]
    write_mirror(mirror, {THURSDAY: GOOD[THURSDAY]})
    ui.launch_backfill(failed_or_missing(ui))
    assert wait_until(lambda: failed_or_missing(ui) == [], 120, every=1), ui.log.read_text(encoding="utf-8")[-5000:]
    assert loaded(ui) == dict.fromkeys(WEEK[1:], 3)
    assert wait_until(lambda: landing_checks(ui) == dict.fromkeys(WEEK, "SUCCEEDED"), 60, every=1)


def test_a_page_of_another_site_in_the_same_browser_changes_and_reads_nothing(ui: Ui) -> None:
    before = ui.backfills()
    with started() as browser, strange_site(f"http://localhost:{ui.port}", LAUNCH_ALL) as address:
        page = browser.new_page()
        answers: list[tuple[str, str, int]] = []
        page.on("response", lambda answer: answers.append((answer.request.method, answer.url, answer.status)))
        page.goto(address)
        *scripts, socket = page.evaluate("window.tried")
        page.wait_for_selector("body[data-frames]", state="attached")
    of_ui = [(method, status) for method, url, status in answers if "/graphql" in url]
    assert {method for method, _ in of_ui} == {"GET", "POST"}, answers
    assert {status for _, status in of_ui} == {403}, answers
    assert [text for text in scripts if "errors" in text or "data" in text] == []
    assert socket == "refused"
    assert ui.backfills() == before


def test_a_name_that_points_here_for_a_moment_is_refused_and_the_uis_own_page_works(ui: Ui) -> None:
    with started("--host-resolver-rules=MAP rebound.example 127.0.0.1") as browser:
        page = browser.new_page()
        answer = page.goto(f"http://rebound.example:{ui.port}/")
        assert answer is not None
        assert (answer.status, answer.text()) == (
            403, "the UI is not known as rebound.example: name it in TBP_UI_HOSTS\n"
        )  # fmt: skip
        page.goto(f"http://localhost:{ui.port}/assets/market_data_raw")
        page.get_by_text("market_data_raw").first.wait_for(timeout=60_000)
        assert page.evaluate(ASKED_BY_ITSELF) == 200


def test_a_second_ui_is_refused_by_the_pid_of_the_first(ui: Ui) -> None:
    second = ui.tbp("up", "--port", "1")
    assert second.returncode == 2
    home = ui.environment["TBP_HOME"]
    assert f"a UI and daemon already run for {home} (pid {ui.process.pid}): `tbp stop` ends them" in second.stderr
    assert ui.answers


def test_stop_is_the_end_of_everything_in_the_home(ui: Ui) -> None:
    home = Path(ui.environment["TBP_HOME"])
    mine = processes_of(ui, home)
    said = command_lines(mine)
    assert all(part in said for part in ("dagster_webserver", "dagster._daemon", "dagster api grpc", "postgres")), said
    assert ui.stop().splitlines() == ["UI and daemon ended", "embedded PostgreSQL stopped"]
    assert wait_until(lambda: gone(mine), 60), [process for process in mine if process.is_running()]
    assert running_server(home) is None
    again = ui.tbp("stop")
    assert again.returncode == 0
    assert again.stdout.splitlines() == ["no UI was running", "no embedded PostgreSQL was running"]

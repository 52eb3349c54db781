"""`tbp alerts`, for those who run cron: what is due is sent once; a dry run shows it; a test tries the channels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer

from tbp_assets_tests.alerts.desk import Desk
from tbp_assets_tests.alerts.servers import Hook, mail_server
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY
from tbp_assets_tests.storage.days import query

pytestmark = pytest.mark.integration


@pytest.fixture
def desk(project: Project, tbp: Tbp, httpserver: HTTPServer) -> Iterator[Desk]:
    """A project with a run that failed, a webhook and a mailbox."""
    with mail_server() as mailbox:
        made = Desk(project, tbp, Hook(httpserver), mailbox)
        made.connect()
        made.only("run_failure")
        project.publish({TUESDAY: b"no gzip"})
        tbp("backfill", TUESDAY, TUESDAY).must_be(1)
        yield made


def test_without_a_channel_it_says_so_and_is_done(project: Project, tbp: Tbp) -> None:
    said = tbp("alerts")
    said.must_be(0)
    assert said.out.splitlines()[1:] == [
        "no alerts: neither a webhook nor e-mail is configured (TBP_ALERT_WEBHOOK_URL, pipeline.yml: alerts)"
    ]
    assert tbp("alerts", "--json").json["channels"] == []
    tbp("alerts", "test").must_be(2, "no alerts: neither a webhook nor e-mail is configured")
    assert "no alerts: neither" in tbp("config", "check").out


def test_what_is_due_is_sent_once_by_each_channel(desk: Desk) -> None:
    said = desk.tbp("alerts")
    said.must_be(0)
    title = "tbp_assets: 1 run failed, for 1 trading date"
    assert said.out.splitlines()[1:] == [
        "alerts by webhook and by e-mail to trader@example.com: run_failure", f"webhook: {title}", f"email: {title}"
    ]  # fmt: skip
    assert [len(arrived) for arrived in desk.new()] == [1, 1]
    assert desk.tbp("alerts").out.splitlines()[2:] == ["webhook: nothing to tell", "email: nothing to tell"]
    assert desk.new() == ([], [])


def test_a_dry_run_shows_what_would_be_sent_and_remembers_nothing(desk: Desk) -> None:
    for _ in range(2):
        said = desk.tbp("alerts", "--dry-run")
        said.must_be(0)
        assert "email would be told:\ntbp_assets: 1 run failed, for 1 trading date\n" in said.out
        assert "2024-01-02 rejected (" in said.out
    told = desk.tbp("alerts", "--dry-run", "--json").json
    assert (told["dry_run"], [each["channel"] for each in told["channels"]]) == (True, ["webhook", "email"])
    assert "`tbp backfill 2024-01-02 2024-01-02`" in told["channels"][0]["text"]
    assert desk.new() == ([], [])
    assert query(desk.project.database(), "SELECT * FROM alerts_sent") == []
    assert query(desk.project.database(), "SELECT * FROM alert_channels") == []


def test_a_dry_run_without_a_channel_shows_what_a_webhook_would_be_sent(desk: Desk) -> None:
    said = desk.tbp("alerts", "--dry-run", TBP_ALERT_WEBHOOK_URL="", TBP_ALERT_EMAIL_TO="")
    said.must_be(0)
    assert "no alerts: neither" in said.out
    assert "webhook would be told:\ntbp_assets: 1 run failed" in said.out


def test_a_channel_that_is_down_is_named_and_the_command_fails(desk: Desk) -> None:
    desk.hook.answer(500, times=6)
    said = desk.tbp("alerts")
    said.must_be(1, "webhook: not delivered, tried again at the next look: the webhook answers HTTP 500")
    assert "SECRET" not in said.out + said.err.replace('"POST /services', "")
    told = desk.tbp("alerts", "--json")
    assert (told.code, [each["error"] for each in told.json["channels"]]) == (1, ["the webhook answers HTTP 500", None])
    desk.tbp("alerts").must_be(0)
    assert [len(arrived) for arrived in desk.new()] == [1, 1]


def test_a_test_goes_through_every_channel_and_is_not_remembered(desk: Desk) -> None:
    said = desk.tbp("alerts", "test")
    said.must_be(0)
    assert said.out.splitlines()[1:] == ["webhook: delivered", "email: delivered"]
    posted, mailed = desk.new()
    assert posted[0].startswith("tbp_assets: a test\n")
    assert mailed == posted
    assert query(desk.project.database(), "SELECT * FROM alerts_sent") == []
    desk.hook.answer(404)
    said = desk.tbp("alerts", "test", "--json")
    assert said.code == 1
    assert [bool(each["error"]) for each in said.json["channels"]] == [True, False]


def test_options_before_the_second_word_are_refused(desk: Desk) -> None:
    desk.tbp("alerts", "--dry-run", "test").must_be(2, "options of `tbp alerts test` stand behind it")
    assert desk.new() == ([], [])

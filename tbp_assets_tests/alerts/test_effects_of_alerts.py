"""Every key of `alerts` in pipeline.yml changes who is told, what, and how; what cannot be used is named."""

from __future__ import annotations

import pytest

from tbp_assets.alerts.channels import senders
from tbp_assets.defs.assembly import build_definitions
from tbp_assets.errors import ConfigError
from tbp_assets_tests.alerts.desk import Desk
from tbp_assets_tests.alerts.servers import LOGIN, mail_server, silence
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, day_file, good_rows
from tbp_assets_tests.providers.conftest import free_port

pytestmark = pytest.mark.integration
MAIL = {"TBP_ALERT_EMAIL_TO": "a@example.com", "TBP_ALERT_EMAIL_FROM": "b@example.com", "TBP_SMTP_HOST": "127.0.0.1"}


def trial(desk: Desk, code: int = 0) -> str:
    """Send a test message and return what the command said."""
    said = desk.tbp("alerts", "test")
    assert said.code == code, said
    return said.out + said.err


def test_webhook_url_is_where_messages_are_posted(desk: Desk) -> None:
    trial(desk)
    assert desk.hook.texts[0].startswith("tbp_assets: a test")
    desk.project.settings(TBP_ALERT_WEBHOOK_URL=f"http://127.0.0.1:{free_port()}/hook")
    assert "webhook: the webhook cannot be reached" in trial(desk, 1)


def test_email_to_is_who_gets_mail(desk: Desk) -> None:
    desk.project.settings(TBP_ALERT_EMAIL_TO="a@example.com, b@example.com,")
    trial(desk)
    assert desk.mailbox.mails[0]["To"] == "a@example.com, b@example.com"
    desk.project.change("pipeline.yml", '"${TBP_ALERT_EMAIL_TO:-}"', "[c@example.com]")
    trial(desk)
    assert desk.mailbox.mails[1]["To"] == "c@example.com"


def test_email_from_is_who_sends_it(desk: Desk) -> None:
    desk.project.settings(TBP_ALERT_EMAIL_FROM="other@example.com")
    trial(desk)
    assert desk.mailbox.mails[0]["From"] == "other@example.com"


def test_email_host_is_the_mail_server(desk: Desk) -> None:
    desk.project.settings(TBP_SMTP_HOST="nowhere.invalid")
    assert "the mail server nowhere.invalid:" in trial(desk, 1)


def test_email_port_is_where_the_mail_server_listens(desk: Desk) -> None:
    trial(desk)
    desk.project.change("pipeline.yml", f"port: {desk.mailbox.port}", f"port: {free_port()}")
    assert "cannot be reached: Connection refused" in trial(desk, 1)
    assert len(desk.mailbox.mails) == 1


def test_email_security_decides_how_the_mail_server_is_spoken_to(desk: Desk) -> None:
    trial(desk)
    desk.project.change("pipeline.yml", "security: none", "security: starttls")
    assert "offers no login or starttls" in trial(desk, 1)
    desk.project.change("pipeline.yml", "security: starttls", "security: ssl")
    assert "no encrypted connection (WRONG_VERSION_NUMBER)" in trial(desk, 1)


def test_email_user_logs_in(desk: Desk) -> None:
    with mail_server(login=True) as box:
        desk.project.change("pipeline.yml", f"port: {desk.mailbox.port}", f"port: {box.port}")
        assert "refuses the message (code 530)" in trial(desk, 1)
        desk.project.settings(TBP_SMTP_USER=LOGIN[0], TBP_SMTP_PASSWORD=LOGIN[1])
        trial(desk)
        assert (box.logins, len(box.mails)) == (["desk"], 1)


def test_email_password_is_sent_and_not_shown(desk: Desk) -> None:
    with mail_server(login=True) as box:
        desk.project.change("pipeline.yml", f"port: {desk.mailbox.port}", f"port: {box.port}")
        desk.project.settings(TBP_SMTP_USER=LOGIN[0], TBP_SMTP_PASSWORD="wrong-s3cret")
        said = trial(desk, 1)
    assert "refuses the login (code 535)" in said
    assert "s3cret" not in said


def test_events_are_what_is_told(desk: Desk) -> None:
    desk.only("check_failure")
    desk.project.publish({TUESDAY: b"no gzip", WEDNESDAY: day_file(good_rows(WEDNESDAY))})
    desk.tbp("backfill", TUESDAY, WEDNESDAY).must_be(1)
    desk.tell()
    assert desk.new()[1][0].startswith("tbp_assets: 1 check failed\n")
    desk.project.change("pipeline.yml", "[check_failure]", "[run_failure]")
    desk.tell()
    assert desk.new()[1][0].startswith("tbp_assets: 1 run failed, for 1 trading date\n")


def test_ui_url_is_where_links_lead(desk: Desk) -> None:
    desk.project.settings(TBP_UI_URL="https://dagster.example.com/")
    trial(desk)
    assert "https://dagster.example.com/assets/market_data_raw" in desk.hook.texts[0]


def test_watch_seconds_is_the_interval_of_the_alert_sensor(project: Project) -> None:
    project.change("pipeline.yml", "watch_seconds: 60", "watch_seconds: 77")
    assert build_definitions(project.settings()).resolve_sensor_def("alerts").minimum_interval_seconds == 77


def test_timeout_seconds_ends_the_wait_for_a_webhook(desk: Desk) -> None:
    desk.project.change("pipeline.yml", "timeout_seconds: 5", "timeout_seconds: 0.2")
    desk.project.change("pipeline.yml", "max_attempts: 3", "max_attempts: 1")
    with silence() as silent:
        desk.project.settings(TBP_ALERT_WEBHOOK_URL=silent.url)
        assert "webhook: the webhook does not answer in time" in trial(desk, 1)
    assert silent.borne < 4


@pytest.mark.parametrize("attempts", [1, 2])
def test_max_attempts_is_how_often_a_message_is_posted_at_a_look(desk: Desk, attempts: int) -> None:
    desk.project.change("pipeline.yml", "max_attempts: 3", f"max_attempts: {attempts}")
    desk.hook.answer(500, times=9)
    trial(desk, 1)
    assert desk.hook.asked == attempts


UNUSABLE = {
    "no scheme": ({"TBP_ALERT_WEBHOOK_URL": "hooks.slack.com/s3cret"}, "alerts.webhook_url: "),
    "another scheme": ({"TBP_ALERT_WEBHOOK_URL": "ftp://hooks/s3cret"}, "alerts.webhook_url: "),
    "a space": ({"TBP_ALERT_WEBHOOK_URL": "https://hooks/s3 s3cret"}, "alerts.webhook_url: "),
    "a letter beyond ASCII": ({"TBP_ALERT_WEBHOOK_URL": "https://hooks/s3cretä"}, "alerts.webhook_url: "),
    "a port that is none": ({"TBP_ALERT_WEBHOOK_URL": "https://hooks:s3cret/x"}, "alerts.webhook_url: "),
    "a login": ({"TBP_ALERT_WEBHOOK_URL": "https://me:s3cret@hooks/x"}, "alerts.webhook_url: "),
    "brackets": ({"TBP_ALERT_WEBHOOK_URL": "https://[s3cret/x"}, "alerts.webhook_url: "),
    "no address": ({**MAIL, "TBP_ALERT_EMAIL_TO": "trader"}, "'trader' is no e-mail address"),
    "two in one": ({**MAIL, "TBP_ALERT_EMAIL_TO": "a@x.com b@x.com"}, "is no e-mail address"),
    "a line break": ({**MAIL, "TBP_ALERT_EMAIL_TO": "a@x.com\nBcc: b@x.com"}, "is no e-mail address"),
    "no sender": ({**MAIL, "TBP_ALERT_EMAIL_FROM": ""}, "TBP_ALERT_EMAIL_FROM"),
    "a sender that is none": ({**MAIL, "TBP_ALERT_EMAIL_FROM": "me"}, "'me' is no e-mail address"),
    "no host": ({**MAIL, "TBP_SMTP_HOST": ""}, "TBP_SMTP_HOST"),
    "half a login": ({**MAIL, "TBP_SMTP_USER": "desk"}, "TBP_SMTP_USER, TBP_SMTP_PASSWORD"),
    "no UI": ({"TBP_UI_URL": "localhost:3000"}, "alerts.ui_url: "),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_what_cannot_be_used_is_named_and_no_secret_shown(project: Project, tbp: Tbp, case: str) -> None:
    variables, named = UNUSABLE[case]
    said = tbp("config", "check", **variables)
    said.must_be(2, "config/pipeline.yml: alerts", named)
    assert "s3cret" not in said.out + said.err


def test_a_password_is_not_sent_for_everyone_to_read(project: Project) -> None:
    project.change("pipeline.yml", "security: starttls", "security: none")
    login = {"TBP_SMTP_USER": "desk", "TBP_SMTP_PASSWORD": "s3cret", "TBP_SMTP_HOST": "mail.example.com"}
    with pytest.raises(ConfigError, match="use starttls or ssl") as caught:
        project.settings(**{**MAIL, **login})
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(("old", "new"), [
    ("check_severity: error", "check_severity: info"), ("[run_failure, ", "[run_failed, "),
    ("watch_seconds: 60", "watch_seconds: 1"), ("port: 587", "port: 0"), ("security: starttls", "security: tls"),
])  # fmt: skip
def test_an_unknown_word_or_number_is_refused_with_its_key(project: Project, old: str, new: str) -> None:
    project.change("pipeline.yml", old, new)
    with pytest.raises(ConfigError, match=r"config/pipeline\.yml: alerts"):
        project.settings()


def test_nothing_set_is_nobody(project: Project) -> None:
    assert senders(project.settings().pipeline.alerts) == []

"""The webhook over real HTTP: taken, asked to wait, refused, silent; its address is told to nobody."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from email.utils import formatdate

import pytest
from pydantic import SecretStr

from tbp_assets.alerts.message import Line, Message, Section
from tbp_assets.alerts.webhook import Webhook
from tbp_assets.errors import AlertDelayedError, AlertRefusedError, TbpError
from tbp_assets_tests.alerts.servers import Hook, silence
from tbp_assets_tests.providers.conftest import free_port

pytestmark = pytest.mark.integration
MESSAGE = Message("tbp_assets: 1 day", (Section("1 day", (Line("a day", "http://ui/runs/1"),), cure="do it"),))


@pytest.fixture
def waits() -> list[float]:
    """Seconds that were waited between tries; nobody really waits."""
    return []


@pytest.fixture
def webhook(hook: Hook, waits: list[float]) -> Webhook:
    return Webhook(SecretStr(hook.url), timeout_seconds=0.5, max_attempts=3, sleep=waits.append)


def refused(webhook: Webhook) -> TbpError:
    """Send, and return the error."""
    with pytest.raises((AlertDelayedError, AlertRefusedError)) as caught:
        webhook.send(MESSAGE)
    return caught.value


def test_a_message_is_posted_once_as_slack_takes_it(hook: Hook, webhook: Webhook) -> None:
    webhook.send(MESSAGE)
    (body,) = hook.posted
    assert body["text"] == MESSAGE.text
    assert [block["type"] for block in body["blocks"]] == ["header", "section"]
    assert hook.asked == 1


def test_a_busy_server_is_waited_for_as_long_as_it_asks(hook: Hook, webhook: Webhook, waits: list[float]) -> None:
    hook.answer(429, Retry_After="3")
    webhook.send(MESSAGE)
    assert (hook.asked, len(hook.posted), waits) == (2, 1, [3])


def test_a_broken_server_is_tried_again_after_growing_pauses(hook: Hook, webhook: Webhook, waits: list[float]) -> None:
    hook.answer(503, times=3)
    error = refused(webhook)
    assert str(error) == "the webhook answers HTTP 503"
    assert (hook.asked, waits) == (3, [1, 2])


def test_a_long_wait_is_not_waited_for_but_told(hook: Hook, webhook: Webhook, waits: list[float]) -> None:
    hook.answer(429, Retry_After="120")
    error = refused(webhook)
    assert isinstance(error, AlertDelayedError)
    assert (error.wait_seconds, hook.asked, waits) == (120, 1, [])


def test_a_wait_may_be_a_date(hook: Hook, webhook: Webhook) -> None:
    hook.answer(503, Retry_After=formatdate(time.time() + 90, usegmt=True))
    error = refused(webhook)
    assert isinstance(error, AlertDelayedError)
    assert 80 < error.wait_seconds <= 90


@pytest.mark.parametrize("words", ["soon", "-5", "99 bottles", "\u00b2"])
def test_a_wait_that_says_nothing_is_none(hook: Hook, webhook: Webhook, waits: list[float], words: str) -> None:
    hook.answer(429, Retry_After=words)
    webhook.send(MESSAGE)
    assert waits == [1]


@pytest.mark.parametrize(("status", "body", "said"), [
    (404, "no_service", "HTTP 404 (no_service): is its address still the right one?"),
    (403, "invalid_token", "HTTP 403 (invalid_token)"),
    (400, "<h1>Bad request for /services/T0SECRET/B0SECRET/K0SECRET</h1>", "HTTP 400: is its address"),
    (302, "", "HTTP 302, which leads elsewhere and is not followed"),
])  # fmt: skip
def test_a_refusal_is_lasting_and_not_repeated(hook: Hook, webhook: Webhook, status: int, body: str, said: str) -> None:
    elsewhere = hook.server.url_for("/elsewhere")
    hook.server.expect_request("/elsewhere").respond_with_data("caught")
    hook.answer(status, body, Location=elsewhere)
    error = refused(webhook)
    assert isinstance(error, AlertRefusedError)
    assert said in str(error)
    assert "TBP_ALERT_WEBHOOK_URL" in str(error)
    assert len(hook.server.log) == 1, "a redirection was followed"


def test_nobody_listening_is_worth_another_try(webhook: Webhook, waits: list[float]) -> None:
    away = replace(webhook, url=SecretStr(f"http://127.0.0.1:{free_port()}/K0SECRET"))
    assert str(refused(away)) == "the webhook cannot be reached: Connection refused"
    assert waits == [1, 2]


def test_silence_ends_with_the_time_out(webhook: Webhook) -> None:
    with silence() as silent:
        away = replace(webhook, url=SecretStr(silent.url), max_attempts=1)
        assert "does not answer in time" in str(refused(away))
    assert silent.borne < 5


def test_a_name_nobody_knows_and_a_broken_answer_are_worth_another_try(hook: Hook, webhook: Webhook) -> None:
    away = replace(webhook, url=SecretStr("http://nowhere.invalid/K0SECRET"), max_attempts=1)
    assert "the webhook cannot be reached" in str(refused(away))
    encrypted = replace(webhook, url=SecretStr(hook.url.replace("http://", "https://")), max_attempts=1)
    assert "the webhook cannot be reached" in str(refused(encrypted))


@pytest.mark.parametrize("status", [200, 302, 404, 429, 500])
def test_the_address_is_in_no_log_and_no_error(
    hook: Hook, webhook: Webhook, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.handler.addFilter(lambda record: not record.name.startswith("werkzeug"))  # the server's own
    hook.answer(status, "SECRET", times=3)
    said = "" if status == 200 else str(refused(webhook))
    captured = capfd.readouterr()
    client = [line for line in captured.err.splitlines() if '"POST /services' not in line]
    assert "SECRET" not in said + repr(webhook) + caplog.text + captured.out + "".join(client)

"""Questions are asked at the same time, and none hides the answer of another."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Event

import pytest

from tbp_assets.errors import ConfigError, DatabaseUnavailableError
from tbp_assets.health.finding import Finding
from tbp_assets.health.questions import NotLookedAtError, Once, Question, answers

pytestmark = pytest.mark.unit


def says(subject: str) -> Question:
    return Question(subject, lambda: Finding(subject, "ok", "seen"))


def raises(error: Exception, subject: str = "bad") -> Question:
    def look() -> Finding:
        raise error

    return Question(subject, look)


def test_answers_come_in_the_order_of_the_questions_and_nothing_is_left_out_silently() -> None:
    nothing = Question("nothing", lambda: None)
    found = answers([says("b"), nothing, raises(ConfigError("no")), says("a")], 5)
    assert [each.subject for each in found] == ["b", "bad", "a"]


@pytest.mark.parametrize(
    ("error", "status", "seen"),
    [
        (ConfigError("what and where"), "failed", "what and where"),
        (NotLookedAtError("the database cannot be asked"), "warning", "not looked at: the database cannot be asked"),
        (KeyError("oops"), "failed", "KeyError: 'oops'"),
    ],
)
def test_an_error_is_a_line(error: Exception, status: str, seen: str) -> None:
    (found,) = answers([raises(error)], 5)
    assert (found.subject, found.status, found.seen) == ("bad", status, seen)


def test_a_fault_of_our_own_is_logged_with_its_trace(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answers([raises(KeyError("oops")), raises(ConfigError("a user's"), "other")], 5)
    (record,) = caplog.records
    assert record.exc_info
    assert isinstance(record.exc_info[1], KeyError)


@pytest.mark.parametrize(("needed", "status"), [(True, "failed"), (False, "warning")])
def test_who_hangs_costs_no_more_than_the_time_out_and_hides_nobody(*, needed: bool, status: str) -> None:
    over = Event()

    def hang() -> Finding:
        over.wait(60)
        return Finding("hangs", "ok", "at last")

    began = time.monotonic()
    try:
        found = answers([Question("hangs", hang, needed=needed), says("a"), Question("too", hang)], 1)
    finally:
        over.set()
    # Half of what who hangs would wait, however busy the machine is.
    assert time.monotonic() - began < 30
    assert [(each.subject, each.status) for each in found] == [("hangs", status), ("a", "ok"), ("too", "failed")]
    assert found[0].seen == "no answer within 1 s"
    assert "health.timeout_seconds" in found[0].todo


def counted(error: Exception | None = None) -> tuple[Once[int], list[int]]:
    made: list[int] = []

    def make() -> int:
        made.append(1)
        time.sleep(0.05)
        if error:
            raise error
        return 7

    return Once(make), made


def test_what_several_need_is_made_once() -> None:
    once, made = counted()
    looks: list[Callable[[], Finding]] = [lambda: Finding("a", "ok", str(once()))] * 5
    assert [each.seen for each in answers([Question(str(n), look) for n, look in enumerate(looks)], 5)] == ["7"] * 5
    assert made == [1]


def test_what_cannot_be_made_is_tried_once_and_told_to_all() -> None:
    once, made = counted(DatabaseUnavailableError("gone"))
    found = answers([Question(str(n), lambda: Finding("a", "ok", str(once()))) for n in range(3)], 5)
    assert [(each.status, each.seen) for each in found] == [("failed", "gone")] * 3
    assert made == [1]

"""Asks questions at the same time and waits for each no longer than agreed: no answer hides another's."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.pool import AsyncResult, ThreadPool
from threading import Lock
from typing import Generic, TypeVar

from tbp_assets.errors import TbpError
from tbp_assets.health.finding import Finding

Value = TypeVar("Value")
logger = logging.getLogger(__name__)


class NotLookedAtError(TbpError):
    """A question cannot be asked, because another one was answered badly; that one is the fault."""


@dataclass(frozen=True, slots=True)
class Question:
    """A subject and how it is looked at.

    Attributes:
        look: Returns None where there is nothing to say of the subject here.
        needed: Whether loading days depends on the answer.
    """

    subject: str
    look: Callable[[], Finding | None]
    needed: bool = True


class Once(Generic[Value]):
    """What several questions need, made by the first that asks for it; the others get the same value or error."""

    def __init__(self, make: Callable[[], Value]) -> None:
        """Nothing is made yet."""
        self._make, self._lock = make, Lock()
        self._made: list[Value] = []
        self._error: TbpError | None = None

    @property
    def made(self) -> Sequence[Value]:
        """The value, where it was made."""
        return self._made

    def __call__(self) -> Value:
        """Return the value, or raise the error with which it could not be made."""
        with self._lock:
            if self._error:
                raise self._error
            if not self._made:
                try:
                    self._made.append(self._make())
                except TbpError as error:
                    self._error = error
                    raise
            return self._made[0]


def answers(questions: Sequence[Question], seconds: float) -> list[Finding]:
    """Return what was found, in the order of the questions.

    Args:
        questions: They are asked at the same time.
        seconds: Longest wait, for all together.
    """
    errors: dict[str, BaseException] = {}
    until = time.monotonic() + seconds
    # Its threads end with the process: whoever still waits for an answer then keeps nobody.
    with ThreadPool(max(1, len(questions))) as pool:
        asked = [
            pool.apply_async(each.look, error_callback=partial(errors.__setitem__, each.subject)) for each in questions
        ]
        for result in asked:
            result.wait(max(0.0, until - time.monotonic()))
        found = [_answer(*each, errors, seconds) for each in zip(questions, asked, strict=True)]
    return [each for each in found if each]


def _answer(
    question: Question, result: AsyncResult[Finding | None], errors: Mapping[str, BaseException], seconds: float
) -> Finding | None:
    if not result.ready():
        status = "failed" if question.needed else "warning"
        todo = "see what it hangs on; health.timeout_seconds of pipeline.yml is the longest wait"
        return Finding(question.subject, status, f"no answer within {seconds:g} s", todo)
    error = errors.get(question.subject)
    return result.get() if error is None else _failed(question.subject, error)


def _failed(subject: str, error: BaseException) -> Finding:
    if isinstance(error, NotLookedAtError):
        return Finding(subject, "warning", f"not looked at: {error}")
    if isinstance(error, TbpError):
        return Finding(subject, "failed", str(error))
    logger.error("%s could not be looked at", subject, exc_info=error)
    return Finding(subject, "failed", f"{type(error).__name__}: {error}", "a fault of tbp_assets: please report it")

"""How faults reach Dagster: transient ones go to the retry policy, the others end the step at once.

A step that fails only because days stay open says so in its metadata, so that a backfill goes on with its next run.
"""

from collections.abc import Mapping
from datetime import date
from typing import cast

import dagster as dg

# An error that brings its own words is shown by them; any other with the frames of Dagster it came through.
from dagster._core.errors import DagsterUserCodeProcessError
from dagster_shared.error import SerializableErrorInfo

from tbp_assets.bars.day_state import DayState, State
from tbp_assets.errors import TransientError

OPEN_DAYS = "open days"
INTERRUPTED = "interrupted"
# Dagster's where it runs in the main thread, Python's where statements and loops of ours stop, polars' in any thread.
INTERRUPTS = (dg.DagsterExecutionInterruptedError, KeyboardInterrupt)


def as_failure(error: BaseException) -> BaseException:
    """Return what to raise in a step: the error itself where a retry can help, else a Failure without retries."""
    if isinstance(error, INTERRUPTS):
        # Dagster repeats an interrupted step as its retry policy says: Ctrl-C would cost five seconds and end nothing.
        return dg.Failure(description="interrupted", metadata={INTERRUPTED: True}, allow_retries=False)
    return error if isinstance(error, TransientError) else dg.Failure(description=str(error), allow_retries=False)


class _SentenceError(DagsterUserCodeProcessError):
    """An error that Dagster shows as a sentence, without the frames it came through."""

    def __init__(self, sentence: str) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]  # its arguments have no types
            sentence, user_code_process_error_infos=[SerializableErrorInfo(sentence, [], None)]
        )


class DaysStayOpenError(dg.Failure, _SentenceError):
    """Days of a run stay open, as was to be expected of what the provider sent."""

    def __init__(self, states: Mapping[date, DayState], done: int) -> None:
        """Say which days stay open and why, and how many others are done."""
        sentences = [f"{day}: {state}" for day, state in states.items()]
        kept = f"{_counted(len(states), done)}. " if len(states) + done > 1 else ""
        stored = {day.isoformat(): [state.state, state.detail] for day, state in states.items()}
        dg.Failure.__init__(  # pyright: ignore[reportUnknownMemberType]  # metadata's type is open in dagster
            self, kept + "; ".join(sentences), {OPEN_DAYS: dg.MetadataValue.json(stored)}, allow_retries=False
        )


def _counted(left: int, done: int) -> str:
    stay = "1 day stays open" if left == 1 else f"{left} days stay open"
    return f"{stay}, {done} {'is' if done == 1 else 'are'} done"


def was_interrupted(event: dg.DagsterEvent) -> bool:
    """Whether a step failed because somebody ended it."""
    data = event.step_failure_data
    if data.user_failure_data:
        return INTERRUPTED in data.user_failure_data.metadata
    return data.error_source.value == "INTERRUPT"


def days_left_open(event: dg.DagsterEvent) -> dict[date, DayState]:
    """Return the days for which alone a step failed, or nothing where it failed for another reason."""
    failure = event.step_failure_data.user_failure_data
    if failure is None or OPEN_DAYS not in failure.metadata:
        return {}
    stored = cast("dict[str, tuple[State, str]]", failure.metadata[OPEN_DAYS].value)
    return {date.fromisoformat(day): DayState(state, detail) for day, (state, detail) in stored.items()}

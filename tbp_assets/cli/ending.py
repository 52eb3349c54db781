"""How a command ends that is interrupted: one line on standard error, exit code 128 + the number of the signal.

What was begun is brought to an end: a transaction is rolled back, a half-written file removed, days that are in the
database are told to Dagster. That takes a few seconds at most, since whatever a command does may be cut off anywhere.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Final, NoReturn

from tbp_assets.interrupts import NUMBERS, interrupted, listen, note, when_interrupted

if TYPE_CHECKING:
    # What the hook is given has no name outside of type checkers.
    from sys import UnraisableHookArgs

GRACE_SECONDS: Final = 10.0
# A terminal and whoever started the command may both send one.
AGAIN_SECONDS: Final = 1.0
WHAT_STAYS: Final = "days that were committed stay, the same command goes on from there"
COMMANDS_THAT_GO_ON: Final = ("backfill", "demo")
SHOW_CURSOR: Final = b"\x1b[?25h"


class Ending:
    """The end of this process, once it is interrupted."""

    def __init__(self, *, silent: bool) -> None:
        """Let Ctrl-C and SIGTERM end this process; until `be_gracious` at once.

        Args:
            silent: Another process says that the command was interrupted.
        """
        self._silent, self._gracious, self._raised, self._began = silent, False, False, 0.0
        # Whatever comes to grief in the meantime has nothing to say to a person: only our own line is let through.
        self._errors, self._nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        self._last = threading.Lock()
        for number in NUMBERS:
            # A shell starts commands in the background with SIGINT ignored.
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._take)
        sys.unraisablehook = self._take_back(sys.unraisablehook)
        when_interrupted(self._end_in_time)
        listen(again=self._end_at_last)

    def be_gracious(self, *, gracious: bool = True) -> None:
        """Have something that is to be brought to an end from now on, or no longer."""
        self._gracious = gracious

    def end(self) -> NoReturn:
        """End the process, whatever else it is doing."""
        with self._last:
            if not self._silent:
                os.write(self._errors, (SHOW_CURSOR if os.isatty(self._errors) else b"") + f"{line()}\n".encode())
            os._exit(exit_code())

    def _take(self, number: int, _frame: FrameType | None) -> None:
        note(number)
        if not self._gracious:
            self.end()
        os.dup2(self._nowhere, 2)
        if not self._raised:
            self._raised, self._began = True, time.monotonic()
            raise KeyboardInterrupt

    def _end_in_time(self) -> None:
        time.sleep(GRACE_SECONDS if self._gracious else 0)
        self.end()

    def _end_at_last(self) -> None:
        if time.monotonic() - self._began > AGAIN_SECONDS:
            self.end()

    def _take_back(self, hook: "Callable[[UnraisableHookArgs], object]") -> "Callable[[UnraisableHookArgs], object]":
        """Return a hook that raises an interrupt once more which was lost in a destructor or a callback of C."""

        def taken(lost: "UnraisableHookArgs") -> None:
            if isinstance(lost.exc_value, KeyboardInterrupt) and (number := interrupted()):
                self._raised = False
                threading.Timer(0, os.kill, (os.getpid(), number)).start()
            else:
                hook(lost)

        return taken


_endings: Final[list[Ending]] = []


def begin(*, silent: bool = False) -> Ending:
    """Return what ends this process where it is interrupted; see `Ending`."""
    _endings.append(Ending(silent=silent))
    return _endings[-1]


def be_gracious(*, gracious: bool = True) -> None:
    """Have something that is to be brought to an end from now on, or no longer; for whatever ends this process."""
    for ending in _endings:
        ending.be_gracious(gracious=gracious)


@contextmanager
def being_gracious() -> Generator[None]:
    """Bring what is done in a block to an end where it is interrupted, and then end the process."""
    be_gracious()
    try:
        yield
    finally:
        if interrupted():
            for ending in _endings:
                ending.end()
        be_gracious(gracious=False)


def exit_code() -> int:
    """Return the exit code of a process that is interrupted."""
    return 128 + (interrupted() or signal.SIGINT)


def line() -> str:
    """Return what an interrupted command says."""
    what = f"; {WHAT_STAYS}" if sys.argv[1:2] and sys.argv[1] in COMMANDS_THAT_GO_ON else ""
    return f"tbp: interrupted{what}"

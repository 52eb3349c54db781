"""Ctrl-C and SIGTERM, heard the moment they come, whatever the process is doing.

Python runs a handler in its main thread, once that is back from C, and what a handler raises can be lost on its way:
in a destructor, in a library that repeats what failed. So a thread of its own hears each signal as well. What has to
happen at once is told to it; who comes to a point where work can stop asks. Nothing here ends a process.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from typing import Final

NUMBERS: Final = (signal.SIGINT, signal.SIGTERM)
Action = Callable[[], None]

_heard: Final[list[signal.Signals]] = []
_actions: Final[list[Action]] = []
_listening: Final[list[socket.socket]] = []


def interrupted() -> signal.Signals | None:
    """Return the first signal that was heard, or None."""
    return _heard[0] if _heard else None


def stop_if_interrupted() -> None:
    """Raise where the process was interrupted: work can stop here.

    Raises:
        KeyboardInterrupt: It was.
    """
    if _heard:
        raise KeyboardInterrupt


def note(number: int) -> None:
    """Take a signal for heard: by a handler, which may come before the thread."""
    if not _heard:
        _heard.append(signal.Signals(number))


def when_interrupted(action: Action) -> None:
    """Have something done, in a thread of its own, as soon as the first signal comes."""
    if action not in _actions:
        _actions.append(action)


def listen(again: Action | None = None) -> None:
    """Begin to hear signals, once a process; does nothing outside the main thread, or where others hear them already.

    Args:
        again: Called for each signal after the first.
    """
    if threading.current_thread() is not threading.main_thread() or _listening:
        return
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    # Written to by Python's own handler in C, so at once, whether or not the main thread gets to run anything.
    if (earlier := signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)) != -1:
        signal.set_wakeup_fd(earlier)
        reader.close()
        writer.close()
        return
    _listening.extend((reader, writer))
    threading.Thread(target=_hear, args=(reader, again), name="interrupts", daemon=True).start()


def _hear(reader: socket.socket, again: Action | None) -> None:
    first = True
    while True:
        for number in reader.recv(16):
            if number not in NUMBERS:
                continue
            note(number)
            if first:
                for action in _actions:
                    threading.Thread(target=action, name="interrupted", daemon=True).start()
            elif again:
                again()
            first = False

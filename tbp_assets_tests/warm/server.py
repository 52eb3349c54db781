"""A process that has imported the libraries of `tbp` and none of its modules, and forks a process for each command.

It runs as a script, `python server.py SOCKET MODULES...`, and ends when its standard input does. A request is a JSON
object (see `Request`) behind its length, with three file descriptors; the answer is the process id of the command,
whose parent is that of this process, or its exit code for who cannot wait for it.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import io
import json
import os
import platform
import runpy
import select
import shutil
import signal
import socket
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Final, Literal, TypedDict, cast

# Read by allocators and thread pools when a library is loaded: no thread is started that a fork would lose.
WITHOUT_THREADS: Final = {
    "_RJEM_MALLOC_CONF": "background_thread:false",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "OPENBLAS_NUM_THREADS": "1",
}
# Sleeps from its start on until something is spilled to disk.
SLEEPERS: Final = {"polars-ooc-clea"}
SYS_CLONE: Final = {"x86_64": 56, "aarch64": 220}
CLONE_PARENT, CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID = 0x8000, 0x200000, 0x1000000
THREAD_BYTES: Final = 0x600
Mode = Literal["r", "w"]
STREAMS: Final[tuple[tuple[str, Mode], ...]] = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))
NUMBERS: Final = (signal.SIGINT, signal.SIGTERM)
LENGTH: Final = struct.Struct("!I")
PYTHON: Final = ctypes.pythonapi
# Keeps the interpreter's lock: what comes back is two processes.
LIBC: Final = ctypes.PyDLL(None, use_errno=True)


class Request(TypedDict):
    """A command.

    Attributes:
        words: A script of this Python and its arguments, or `python -m module` and its arguments.
        waited: Whether the exit code is the answer.
        deaf: Whether the command ignores Ctrl-C, as one that a shell starts in the background.
    """

    words: list[str]
    env: dict[str, str]
    cwd: str
    waited: bool
    deaf: bool


def main(address: str, *libraries: str) -> None:
    """Import, say `ready`, and serve; what comes back is the process of a command."""
    os.environ.update(WITHOUT_THREADS)
    for name in libraries:
        importlib.import_module(name)
    _refuse_threads()
    gc.collect()
    gc.freeze()
    # A terminal's Ctrl-C is for the tests.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(16)
        os.write(1, b"ready\n")
        request = _serve(listener)
    if request is None:
        shutil.rmtree(Path(address).parent)
    else:
        _run(request["words"])


def _refuse_threads() -> None:
    names = {(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()}
    if threads := names - SLEEPERS - {Path("/proc/self/comm").read_text().strip()}:
        raise RuntimeError(f"a library has started threads, which a fork would lose: {sorted(threads)}")


def _serve(listener: socket.socket) -> Request | None:
    """Answer requests; return the one whose process this has become, or None at the end."""
    between = 0
    while True:
        ready, _, _ = select.select([0, listener], [], [])
        while between and os.waitpid(-1, os.WNOHANG)[0]:
            between -= 1
        if 0 in ready:
            return None
        connection, _ = listener.accept()
        with connection:
            asked = _asked(connection)
            if asked is None:
                continue
            request, files = asked
            child = _waited_for(connection, files) if request["waited"] else _forked()
            if child == 0:
                _become(request, files)
                return request
            for file in files:
                os.close(file)
            if request["waited"]:
                between += 1
            else:
                connection.sendall(struct.pack("!i", child))


def _asked(connection: socket.socket) -> tuple[Request, list[int]] | None:
    """Return what is asked for, or None if who asked is gone before it was said."""
    head, files, _, _ = socket.recv_fds(connection, LENGTH.size, 3)
    (length,) = LENGTH.unpack(head) if head else (0,)
    with connection.makefile("rb") as stream:
        body = stream.read(length)
    if body and len(body) == length:
        return json.loads(body), files
    for file in files:
        os.close(file)
    return None


def _forked() -> int:
    """Fork a process that is a child of this one's parent, and return its id, or 0 in it."""
    thread = LIBC.pthread_self
    thread.restype = ctypes.c_void_p
    own = ctypes.string_at(thread(), THREAD_BYTES)
    # As fork does: the C library's own note of the thread's number is made anew.
    place = thread() + own.index(struct.pack("i", os.getpid()))
    flags = CLONE_PARENT | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | signal.SIGCHLD
    # Two architectures, two orders of the last arguments.
    last = (place, 0) if platform.machine() == "x86_64" else (0, place)
    signal.pthread_sigmask(signal.SIG_BLOCK, NUMBERS)
    PYTHON.PyOS_BeforeFork()
    arguments = (SYS_CLONE[platform.machine()], flags, 0, 0, *last)
    child = LIBC.syscall(*map(ctypes.c_long, arguments))
    if child == 0:
        PYTHON.PyOS_AfterFork_Child()
    else:
        PYTHON.PyOS_AfterFork_Parent()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, NUMBERS)
    if child < 0:
        raise OSError(ctypes.get_errno(), "no process could be made")
    return child


def _waited_for(connection: socket.socket, files: list[int]) -> int:
    """Fork a process, and one between that answers with its exit code; return 0 in the first, its id in the server."""
    between = os.fork()
    if between:
        return between
    signal.pthread_sigmask(signal.SIG_BLOCK, NUMBERS)
    child = os.fork()
    if child == 0:
        return 0
    for file in files:
        os.close(file)
    ended = os.pidfd_open(child)
    ready, _, _ = select.select([ended, connection], [], [])
    if ended not in ready:
        # Who asked is gone.
        os.kill(child, signal.SIGTERM)
    _, status = os.waitpid(child, 0)
    if ended in ready:
        connection.sendall(struct.pack("!i", os.waitstatus_to_exitcode(status)))
    os._exit(0)


def _become(request: Request, files: list[int]) -> None:
    """Make of this process what Python would have started."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    signal.signal(signal.SIGINT, signal.SIG_IGN if request["deaf"] else signal.default_int_handler)
    for name, mode in STREAMS:
        old = cast("io.TextIOWrapper", getattr(sys, name))
        stream = _stream(old, name, mode)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, NUMBERS)


def _stream(old: io.TextIOWrapper, name: str, mode: Mode) -> io.TextIOWrapper:
    raw = io.FileIO(old.fileno(), mode, closefd=False)
    raw.name = f"<{name}>"
    at_once = old.write_through
    buffered = raw if at_once else io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    by_line = mode == "w" and not at_once and (name == "stderr" or raw.isatty())
    return io.TextIOWrapper(
        buffered, old.encoding, old.errors, newline="\n", line_buffering=by_line, write_through=at_once
    )


def _run(words: list[str]) -> None:
    """Run a command to its end; what it raises, but for an exit code, ends the process as it does any other."""
    sys.orig_argv = [sys.executable, *words[words[0] == sys.executable :]]
    try:
        if words[0] == sys.executable:
            _, _, module, *others = words
            sys.path[0], sys.argv = str(Path.cwd()), [module, *others]
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        else:
            sys.path[0], sys.argv = str(Path(words[0]).parent), words
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            raise
        _end(end.code or 0)
    _end(0)


def _end(code: int) -> None:
    """End as Python does, but for the destruction of all modules: it would copy the memory that is shared."""
    threading._shutdown()  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
    atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage]
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code & 0xFF)


if __name__ == "__main__":
    main(*sys.argv[1:])

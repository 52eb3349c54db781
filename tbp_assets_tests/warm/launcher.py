"""What tests use in place of `subprocess` where a command of this Python is started, but its start is not the subject.

`Process` is a `subprocess.Popen`, and its process a child of this one, by whatever way it came. It comes from Python
itself where the launcher is off (`TBP_TESTS_COLD=1`, or lines of processes are measured), and where the command or its
environment is such that a fork would not be the same.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import shlex
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any, Final

HERE: Final = Path(__file__).parent
SCRIPTS: Final = Path(sys.executable).parent
# All that commands import which is not ours, with the modules that come with it.
LIBRARIES: Final = (
    "alembic.command", "altair", "boto3.s3.transfer", "concurrent_log_handler", "dagster", "dagster._cli",
    "dagster_aws.s3", "dagster_graphql", "dagster_postgres", "dotenv", "exchange_calendars", "expandvars", "jinja2",
    "multiprocessing.queues", "multiprocessing.synchronize", "pandera.polars", "pgpq", "polars",
    "prometheus_client.core", "psutil", "psycopg2.extras", "psycopg2.sql", "pyarrow.parquet", "pydantic", "rich.live",
    "rich.progress", "rich.table", "sqlalchemy.dialects.postgresql.psycopg2", "structlog", "typer", "yaml",
)  # fmt: skip
# What Python, its allocators or a library read when they start, once and for all.
READ_AT_START: Final = re.compile(r"(PYTHON|LD_|LC_|LANG|OMP_|OPENBLAS_|MALLOC_|_RJEM_|POLARS_|_?TYPER_)|.*COLOR")
SWITCHES: Final = ("TBP_TESTS_COLD", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")


File = int | IO[Any] | None
# What starts a process, and what closes its ends of pipes, has no other name.
POPEN: Final[Any] = subprocess.Popen


class Server:
    """The process that forks, one for each test process; it ends when this one does."""

    def __init__(self, libraries: Sequence[str] = LIBRARIES) -> None:
        """Start it, and wait the few seconds until it has imported the libraries."""
        self.directory = Path(tempfile.mkdtemp(prefix="tbp-warm-"))
        self.address = self.directory / "socket"
        command = [sys.executable, HERE / "server.py", self.address, *libraries]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout
        if self.process.stdout.readline() != b"ready\n":
            raise RuntimeError(f"the server of warm processes ended with {self.process.wait()}")
        self.environment = dict(os.environ)
        self.typed = self.directory / "tbp"
        asks = [sys.executable, "-IS", str(HERE / "typed.py"), str(self.address), str(SCRIPTS / "tbp")]
        self.typed.write_text(f'#!/bin/sh\nexec {shlex.join(asks)} "$@"\n', encoding="utf-8")
        self.typed.chmod(0o755)
        atexit.register(self.end)

    def end(self) -> None:
        """End it and its directory, as it does by itself once this process is gone; processes that it forked go on."""
        atexit.unregister(self.end)
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()
        self.process.wait(30)

    def fork(self, words: Sequence[str], environment: Mapping[str, str], cwd: str, files: Sequence[int]) -> int:
        """Return the process id of a command that has begun."""
        deaf = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
        request = {"words": words, "env": dict(environment), "cwd": cwd, "waited": False, "deaf": deaf}
        body = json.dumps(request).encode()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.address))
            socket.send_fds(connection, [struct.pack("!I", len(body))], list(files))
            connection.sendall(body)
            answer = connection.recv(4)
        if not answer:
            raise RuntimeError(f"the server of warm processes made none for {words}")
        return struct.unpack("!i", answer)[0]

    def can(self, words: Sequence[str], environment: Mapping[str, str]) -> bool:
        """Whether a process that is forked would be the one that Python starts."""
        script = Path(words[0])
        known = words[1:2] == ["-m"] if words[0] == sys.executable else script.parent == SCRIPTS and script.is_file()
        return known and at_start(environment) == at_start(self.environment)


class Process(subprocess.Popen[str]):
    """A process of `tbp`, or of another command of this Python."""

    def __init__(
        self,
        words: Sequence[object],
        *,
        stdin: File = None,
        stdout: File = None,
        stderr: File = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Start it, as `subprocess.Popen` does; what it says is text."""
        command = [str(word) for word in words]
        super().__init__(command, stdin=stdin, stdout=stdout, stderr=stderr, text=True, env=env, cwd=cwd)

    def _execute_child(self, args: list[str], *others: Any) -> None:
        _, _, _, _, cwd, given, _, _, _, *pipes = others
        (p2cread, _, _, c2pwrite, _, errwrite), environment = pipes[:6], dict(os.environ if given is None else given)
        server = running()
        if server is None or not server.can(args, environment):
            POPEN._execute_child(self, args, *others)
            return
        files = [file if file != -1 else own for own, file in enumerate((p2cread, c2pwrite, errwrite))]
        self.pid = server.fork(args, environment, os.path.realpath(cwd or "."), files)
        self._child_created = True
        POPEN._close_pipe_fds(self, *pipes[:6])


def run(
    words: Sequence[object],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
    check: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, and return what it said; as `subprocess.run` does."""
    with Process(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, cwd=cwd) as process:
        try:
            said = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess(list(map(str, words)), process.returncode, *said)
    if check:
        done.check_returncode()
    return done


def search_path() -> str:
    """Return a PATH on which `tbp` is that of this Python."""
    server = running()
    first = [str(server.directory)] if server else []
    return os.pathsep.join([*first, str(SCRIPTS), os.environ["PATH"]])


def off() -> bool:
    """Whether Python starts every process."""
    return sys.platform != "linux" or any(name in os.environ for name in SWITCHES)


def running() -> Server | None:
    """Return the server of this process, started when it is first asked for; None where the launcher is off."""
    return None if off() else _server()


@cache
def _server() -> Server:
    return Server()


def at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables in which processes must agree with the server."""
    return {name: value for name, value in environment.items() if READ_AT_START.match(name)}

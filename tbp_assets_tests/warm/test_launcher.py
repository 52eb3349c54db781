"""A process that is forked is, to whoever looks, the one that Python would have started."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.embedded.postgres.processes import wait_until
from tbp_assets_tests.warm import launcher

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(launcher.off(), reason="the launcher is off"),
]
# A module in the directory in which it is run, and what it says.
ALL_OF_ITSELF = """
import gc, json, os, signal, sys, threading, __main__
kinds = {name: [each.encoding, each.errors, each.line_buffering, each.isatty(), each.name, each.write_through]
         for name in ("stdin", "stdout", "stderr") for each in [getattr(sys, name)]}
files = {number: os.readlink(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")
         if os.path.exists(f"/proc/self/fd/{number}")}
print(json.dumps({
    "argv": sys.argv, "orig_argv": sys.orig_argv, "path": sys.path, "flags": list(sys.flags),
    "environment": dict(os.environ), "cwd": os.getcwd(), "typed": sys.stdin.read(), "kinds": kinds,
    "file": __main__.__file__, "spec": __main__.__spec__ and __main__.__spec__.name, "parent": os.getppid(),
    "group": os.getpgid(0) == os.getpgid(os.getppid()), "session": os.getsid(0), "umask": os.umask(0),
    "handlers": {name: str(signal.getsignal(name)).split(" at ")[0] for name in signal.valid_signals()},
    "blocked": list(signal.pthread_sigmask(signal.SIG_BLOCK, [])), "files": len(files),
    "threads": len(os.listdir("/proc/self/task")), "daemon": threading.current_thread() is threading.main_thread(),
    "thread is process": threading.get_native_id() == os.getpid(), "time": __import__("time").strftime("%z"),
    "ours": [name for name in sys.modules if name.startswith("tbp_assets")],
}))
"""
ENDINGS = {
    "nothing more": "print('said', end='')",
    "a code": "import sys; print('said'); sys.exit(3)",
    "a large code": "import sys; sys.exit(259)",
    "a message": "import sys; sys.exit('why')",
    "None": "import sys; sys.exit(None)",
    "at once": "import os; print('lost'); os._exit(4)",
    "atexit": "import atexit; atexit.register(print, 'at last')",
    "a thread": "import threading, time; threading.Thread(target=lambda: (time.sleep(0.5), print('later'))).start()",
    "a lasting thread": "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "its own signal": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "interrupted": "import os, signal; os.kill(os.getpid(), signal.SIGINT)",
    "a closed pipe": "import os; os.close(1); print('nowhere')",
    "a child": "import subprocess; print(subprocess.run(['false']).returncode)",
}
WHICH = "import sys; print('dagster' in sys.modules)"
SLEEPS = "import time; print('begun', flush=True); time.sleep(60)"


def module(directory: Path, text: str) -> list[str]:
    """Write a module and return the words that run it there."""
    (directory / "said.py").write_text(text, encoding="utf-8")
    return [sys.executable, "-m", "said"]


def test_it_says_the_same_of_itself_as_one_that_python_starts(tmp_path: Path) -> None:
    words, typed = [*module(tmp_path, ALL_OF_ITSELF), "a b", "--c", "ü"], "typed\nü\n"
    environment = {
        "HOME": "/", "PATH": os.environ["PATH"], "ÄÖ": "ü x\n", "TZ": "Asia/Tokyo", **launcher.at_start(os.environ)
    }  # fmt: skip
    pipe = subprocess.PIPE
    with launcher.Process(words, stdin=pipe, stdout=pipe, stderr=pipe, cwd=tmp_path, env=environment) as process:
        out, err = process.communicate(typed, timeout=60)
    assert (process.returncode, err) == (0, "")
    cold = subprocess.run(
        words, input=typed, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment
    ).stdout
    warm: dict[str, Any] = json.loads(out)
    assert warm == json.loads(cold)
    assert warm["threads"] == 1
    assert warm["time"] == "+0900"
    assert warm["ours"] == []
    assert warm["parent"] == os.getpid()


def test_a_script_is_run_as_python_runs_it() -> None:
    command = [str(launcher.SCRIPTS / "tbp"), "config", "show"]
    warm, cold = launcher.run(command), subprocess.run(command, capture_output=True, text=True, check=False)
    assert (warm.returncode, warm.stdout, warm.stderr) == (cold.returncode, cold.stdout, cold.stderr)
    assert warm.returncode == 0


@pytest.mark.parametrize("ending", ENDINGS)
def test_it_ends_as_python_ends(tmp_path: Path, ending: str) -> None:
    words = module(tmp_path, ENDINGS[ending])
    warm, cold = launcher.run(words, cwd=tmp_path, timeout=30), subprocess.run(
        words, cwd=tmp_path, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert (warm.returncode, warm.stdout) == (cold.returncode, cold.stdout)
    assert warm.stderr.splitlines()[-1:] == cold.stderr.splitlines()[-1:]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("at_once", [True, False])
def test_a_signal_ends_it(tmp_path: Path, number: signal.Signals, at_once: bool) -> None:
    process = launcher.Process(
        module(tmp_path, SLEEPS), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert psutil.Process(process.pid).ppid() == os.getpid()
    assert process.stdout
    if not at_once:
        assert process.stdout.readline() == "begun\n"
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == -number


def test_several_at_once_are_each_their_own(tmp_path: Path) -> None:
    words = module(tmp_path, "import sys; print(sys.argv[1], sys.stdin.read())")
    several = [
        launcher.Process([*words, number], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for number in range(4)
    ]
    said = [process.communicate(f"to {number}", timeout=60)[0] for number, process in reversed([*enumerate(several)])]
    assert said == [f"{number} to {number}\n" for number in (3, 2, 1, 0)]
    assert len({process.pid for process in several}) == 4


def test_what_python_reads_when_it_starts_is_read(tmp_path: Path) -> None:
    words = module(tmp_path, WHICH)
    assert launcher.run(words, cwd=tmp_path).stdout == "True\n"
    other = {**os.environ, "PYTHONHASHSEED": "7"}
    assert launcher.run(words, cwd=tmp_path, env=other).stdout == "False\n"
    assert launcher.run([sys.executable, "-c", WHICH]).stdout == "False\n"


def test_a_shell_finds_it_on_its_path(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": launcher.search_path()}

    def typed(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            line, shell=True, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
        )

    cold = subprocess.run([launcher.SCRIPTS / "tbp", "--version"], capture_output=True, text=True, check=True).stdout
    assert typed("tbp --version | cat").stdout == cold
    assert typed("TBP_CONFIG_DIR=$PWD tbp config show").returncode == 2
    wrong = typed("tbp status --from 'no day'")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "no day" in wrong.stderr


def test_who_goes_away_while_asking_disturbs_nobody(tmp_path: Path) -> None:
    server = launcher.running()
    assert server
    for said in (b"", b"\x00\x00\x01\x00{"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(server.address))
            connection.sendall(said)
    assert launcher.run(module(tmp_path, WHICH), cwd=tmp_path).stdout == "True\n"


SERVES = """
import os, sys
from tbp_assets_tests.warm import launcher
server = launcher.Server(())
print(server.process.pid, server.directory, flush=True)
{end}
"""


@pytest.mark.parametrize("end", ["sys.exit(0)", "raise RuntimeError", "os.kill(os.getpid(), 9)"])
def test_the_server_ends_with_the_tests(end: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", SERVES.format(end=end)], capture_output=True, text=True, check=False, cwd=PROJECT_ROOT
    ).stdout  # fmt: skip
    number, directory = said.split()
    assert wait_until(lambda: not psutil.pid_exists(int(number)), 10)
    assert wait_until(lambda: not Path(directory).exists(), 10)


@pytest.mark.parametrize("variable", ["TBP_TESTS_COLD", "COVERAGE_PROCESS_CONFIG"])
def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "1")
    assert launcher.off()

"""Types `tbp` commands in this process, as a person would, and keeps what was said.

Each command starts as a new process would: it reads the configuration and the provider's listing anew.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tbp_assets.cli.app import main
from tbp_assets.config_loader import load_settings
from tbp_assets.resources import opening

BORDERS = re.compile("[│╭╮╰╯─]")


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said.

    Attributes:
        code: Exit code.
        out: Standard output.
        err: Standard error, in one line and without the borders of a terminal's boxes.
    """

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    def must_be(self, code: int, *words: str) -> None:
        """Assert the exit code and one message for a person that holds all the words."""
        assert self.code == code, self
        missing = [word for word in words if word not in self.err]
        assert not missing, f"{missing} not in {self.err!r}"
        assert "Traceback" not in self.out + self.err


Tbp = Callable[..., Said]


def in_one_line(text: str) -> str:
    """Return text without line breaks and borders."""
    return " ".join(BORDERS.sub(" ", text).split())


@pytest.fixture
def tbp(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Tbp:
    """Return a function that runs `tbp` with the words given; variables given stay set until the test ends."""

    def run(*words: object, **variables: str) -> Said:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        load_settings.cache_clear()
        opening._sources.clear()  # pyright: ignore[reportPrivateUsage]  # the process's own registry
        monkeypatch.setattr(sys, "argv", ["tbp", *map(str, words)])
        capsys.readouterr()
        with _as_it_was(), pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Said(end.value.code, captured.out, in_one_line(captured.err))

    return run


@contextmanager
def _as_it_was() -> Generator[None]:
    """Take back what a command sets for its own process: variables, the handler of SIGTERM, the hook of exceptions."""
    environment, handler, hook = dict(os.environ), signal.getsignal(signal.SIGTERM), sys.excepthook
    try:
        yield
    finally:
        sys.excepthook = hook
        signal.signal(signal.SIGTERM, handler)
        os.environ.clear()
        os.environ.update(environment)

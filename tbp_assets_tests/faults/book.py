"""Keeps what became of each fault, for docs/faults.md: also of one that the system did not stand."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from tbp_assets.settings import PROJECT_ROOT

PAGE = PROJECT_ROOT / "docs" / "faults.md"
REPORT_VARIABLE = "TBP_FAULTS_REPORT"
Group = Literal[
    "provider", "publication", "day file", "whole day", "database", "process", "concurrency"
]  # the sections of docs/faults.md, in this order


@dataclass(slots=True)
class Entry:
    """A row of the matrix.

    Attributes:
        group: Section of the page.
        fault: Its name; a name is used once.
        injected: What was done, in a sentence.
        happened: What a person sees.
        recovery: What it took to be whole again.
        lost: Rows of the provider's files that were to be in the database at the end and were not, with equal values.
        broken: What the system did not stand; empty where all is well.
    """

    group: Group
    fault: str
    injected: str
    happened: str = ""
    recovery: str = ""
    lost: int | None = None
    broken: str = ""

    def __str__(self) -> str:
        """Return the row of the page, in Markdown."""
        lost = "?" if self.lost is None else str(self.lost)
        cells = (self.fault, self.injected, f"**{self.broken}**" if self.broken else self.happened, lost, self.recovery)
        return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


@contextmanager
def entry(group: Group, fault: str, injected: str) -> Generator[Entry]:
    """Open a row; where a report is wanted it is written down whatever happens, else the page must have it."""
    row = Entry(group, fault, injected)
    try:
        yield row
        assert row.happened, f"{fault}: what happened was not said"
        assert row.recovery, f"{fault}: the recovery was not said"
        assert row.lost == 0, f"{fault}: {row.lost} rows lost"
        if REPORT_VARIABLE not in os.environ:
            assert str(row) in PAGE.read_text(encoding="utf-8").splitlines(), f"run `make faults`; {PAGE} lacks {row}"
    except BaseException as error:
        row.broken = " ".join(str(error).split())[:200] or type(error).__name__
        raise
    finally:
        _write(row)


def entries(report: Path) -> list[Entry]:
    """Read a report."""
    return [Entry(**json.loads(line)) for line in report.read_text(encoding="utf-8").splitlines()]


def _write(row: Entry) -> None:
    path = os.environ.get(REPORT_VARIABLE)
    if path:
        # One write of one line: the processes of a test run append to the same file.
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(row)) + "\n")

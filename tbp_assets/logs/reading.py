"""Reads log lines back, those put aside included, and what is written since."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, cast

from tbp_assets.logs.files import FILE_NAME

BEGIN: Final = '{"time"'
LOCKS: Final = ".lock"
NEEDED: Final = {"time", "level", "event", "message"}
LEVELS: Final = ("debug", "info", "warning", "error", "critical")
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are asked for; None and empty for all.

    Attributes:
        start: First moment, UTC.
        end: Last moment, UTC.
        level: This one or worse.
        day: Trading date that a line is about, alone or within a range.
        run: The first characters of a run's id.
        event: Name of an event.
    """

    start: datetime | None = None
    end: datetime | None = None
    level: str = "debug"
    day: date | None = None
    run: str = ""
    event: str = ""

    def takes(self, line: Line) -> bool:
        """Whether a line is asked for."""
        at = datetime.fromisoformat(line["time"])
        return (
            (self.start is None or at >= self.start)
            and (self.end is None or at <= self.end)
            and LEVELS.index(line["level"]) >= LEVELS.index(self.level)
            and (self.day is None or _is_about(line, self.day.isoformat()))
            and str(line.get("run_id", "")).startswith(self.run)
            and self.event in {"", line["event"]}
        )


def _is_about(line: Line, day: str) -> bool:
    return line.get("partition") == day or line.get("first", "9") <= day <= line.get("last", "")


@dataclass(slots=True)
class LogReader:
    """The lines of a directory, oldest first, each given once.

    Attributes:
        unreadable: Lines so far that are none of ours, or were torn by a full disk.
    """

    directory: Path
    unreadable: int = 0
    _offsets: dict[int, int] = field(default_factory=dict[int, int])

    def lines(self) -> Iterator[Line]:
        """Yield every line that was written since this was asked before; a file is known by its inode, also renamed.

        Raises:
            OSError: A file is there and cannot be read.
        """
        for path in self._files():
            with path.open("rb") as stream:
                node = os.fstat(stream.fileno()).st_ino
                stream.seek(self._offsets.get(node, 0))
                for text in stream:
                    if not text.endswith(b"\n"):
                        break  # being written
                    self._offsets[node] = self._offsets.get(node, 0) + len(text)
                    if line := _parsed(text.decode("utf-8", "replace")):
                        yield line
                    else:
                        self.unreadable += 1

    def _files(self) -> list[Path]:
        found = [path for path in self.directory.glob(f"{FILE_NAME}*") if path.suffix != LOCKS]
        return sorted(found, key=_age, reverse=True)


def _age(path: Path) -> float:
    """Return how many files were begun after this one; one that is being put aside is the newest but for the last."""
    number = path.name.removeprefix(FILE_NAME).removeprefix(".")
    if not number:
        return 0
    return int(number) if number.isdigit() else 0.5


def _parsed(text: str) -> Line | None:
    # A line that a full disk cut short has the next one at its end.
    try:
        line = json.loads(text[max(text.rfind(BEGIN), 0) :])
    except ValueError:
        return None
    if not isinstance(line, dict) or not line.keys() >= NEEDED:
        return None
    return cast("Line", line) if line["level"] in LEVELS else None

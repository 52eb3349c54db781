"""The log file that every process of a home writes to. What cannot be written stops nobody, and is told."""

import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from concurrent_log_handler import ConcurrentRotatingFileHandler

from tbp_assets.logs.events import ATTRIBUTE, LINES_LOST, Said
from tbp_assets.logs.lines import json_lines

FILE_NAME: Final = "tbp.jsonl"
MEGABYTE: Final = 1_000_000


class LogFile(ConcurrentRotatingFileHandler):
    """Appends lines to a file that other processes append to and put aside at the same time.

    Each line is written under a lock that the processes share. A line that cannot be written (full disk, no right, a
    file in the way) is lost, the first one is told on standard error, and the next one that can be written is followed
    by the number lost.
    """

    def __init__(self, directory: Path, max_mb: float, files: int, *, warns: bool = True) -> None:
        """Write nothing yet.

        Args:
            directory: Made where it is absent.
            max_mb: A file this large is put aside.
            files: How many files put aside are kept.
            warns: Whether this process is the one to tell that lines are lost.
        """
        self.directory, self.warns, self.lost = directory, warns, 0
        super().__init__(  # pyright: ignore[reportUnknownMemberType]  # a path of any kind
            str(directory / FILE_NAME),
            maxBytes=int(max_mb * MEGABYTE),
            backupCount=files,
            encoding="utf-8",
            unicode_error_policy="replace",
        )
        self.setFormatter(json_lines())

    def do_write(self, msg: str) -> None:
        """Write a line, and after it how many were lost before."""
        try:
            super().do_write(msg)
        except OSError:
            stream, self.stream = self.stream, None
            # What the stream still holds would follow later, in the middle of another process's line.
            with suppress(OSError):
                if stream:
                    stream.close()
            raise
        if self.lost:
            lost, self.lost = self.lost, 0
            super().do_write(self.format(_lost(lost)))

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; the directory may have been taken away since the last one."""
        if self.stream is None:
            # Where it cannot be made, opening the file says why.
            with suppress(OSError):
                self.directory.mkdir(parents=True, exist_ok=True)
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802  # logging's signature
        """Count a line that could not be written, and tell of the first."""
        self.lost += 1
        if self.warns:
            self.warns = False
            error = sys.exc_info()[1]
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            sys.stderr.write(
                f"warning: {self.baseFilename} cannot be written ({why}): log lines are lost until it can be, "
                "all else goes on (pipeline.yml: logs.directory)\n"
            )


def _lost(lines: int) -> logging.LogRecord:
    told = {
        "name": __name__,
        "levelno": LINES_LOST.level,
        "levelname": logging.getLevelName(LINES_LOST.level),
        "msg": f"{lines} lines before this one could not be written",
        "created": datetime.now(UTC).timestamp(),
        ATTRIBUTE: Said(LINES_LOST, {"lost": lines}),
    }
    return logging.makeLogRecord(told)

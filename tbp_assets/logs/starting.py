"""Sets a process up to log: the file for all, a terminal for a person, standard error where JSON is configured.

Done once a process, by whatever runs in it first: a command, a worker of `--jobs`, or one of Dagster's processes. Every
log record of the process passes the mask, Dagster's own lines included.
"""

import logging
import sys
import traceback
from typing import Any, Final, Literal, TextIO

from tbp_assets.logs.events import said
from tbp_assets.logs.files import LogFile
from tbp_assets.logs.lines import json_lines, plain_lines
from tbp_assets.masking import masked
from tbp_assets.settings import Settings

Role = Literal["command", "worker", "dagster"]
OURS: Final = logging.getLogger("tbp_assets")

_roles: Final[list[Role]] = []


class MaskedRecord(logging.LogRecord):
    """A log record, of whichever logger, whose message and stack trace hold no secret."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.exc_info and self.exc_info[0]:
            # Formatters take this for the stack trace where it is there.
            self.exc_text = masked("".join(traceback.format_exception(*self.exc_info)).rstrip())

    def getMessage(self) -> str:  # noqa: N802  # logging's name
        """Return the message, its arguments filled in."""
        return masked(super().getMessage())


class _Logger(logging.Logger):
    """A logger; silent where Dagster makes it to print every event of a run, since our log tells of runs."""

    def __init__(self, name: str, level: int | str = logging.NOTSET) -> None:
        super().__init__(name, level)
        # Unlike those that are asked for by name, which have no level yet.
        self.disabled = name == "dagster" and level != logging.NOTSET


class _Terminal(logging.StreamHandler[TextIO]):
    """Writes to what standard error is at that moment: a progress bar puts itself in its place."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def start_logging(settings: Settings, role: Role = "command") -> None:
    """Let our modules log to where the settings say, instead of where they did before.

    Args:
        settings: Section `logs`, and the level.
        role: A command tells a person who watches, a worker leaves that to its command, and a process of Dagster tells
            whoever reads what it prints.
    """
    _roles[:] = [role]
    logs = settings.pipeline.logs
    logging.setLogRecordFactory(MaskedRecord)
    logging.setLoggerClass(logging.Logger if settings.pipeline.log_level == "DEBUG" else _Logger)
    handlers: list[logging.Handler] = [LogFile(settings.logs, logs.max_mb, logs.files, warns=role != "worker")]
    if logs.console == "json":
        handlers.append(_terminal(json_lines()))
    elif role == "dagster" or (role == "command" and sys.stderr.isatty()):
        watched = _terminal(plain_lines(colors=sys.stderr.isatty()))
        if settings.pipeline.log_level != "DEBUG":
            watched.addFilter(_for_a_person)
        handlers.append(watched)
    stop_logging()
    for handler in handlers:
        handler.setLevel(settings.pipeline.log_level)
        OURS.addHandler(handler)
    OURS.setLevel(settings.pipeline.log_level)
    if role != "dagster" and not logging.getLogger().handlers:
        # A library that warns by way of the root would have it print everything from then on, ours a second time.
        logging.getLogger().addHandler(logging.NullHandler())


def has_started() -> bool:
    """Whether this process logs already."""
    return any(isinstance(handler, LogFile) for handler in OURS.handlers)


def is_of_dagster() -> bool:
    """Whether this process is one of Dagster's, rather than a command or a worker of one."""
    return _roles[-1:] in ([], ["dagster"])


def stop_logging() -> None:
    """Close what `start_logging` opened."""
    for handler in list(OURS.handlers):
        if isinstance(handler, LogFile | _Terminal):
            OURS.removeHandler(handler)
            handler.close()


def _terminal(formatter: logging.Formatter) -> _Terminal:
    handler = _Terminal(sys.stderr)
    handler.setFormatter(formatter)
    return handler


def _for_a_person(record: logging.LogRecord) -> bool:
    told = said(record)
    return told.event.on_console if told else record.levelno >= logging.WARNING

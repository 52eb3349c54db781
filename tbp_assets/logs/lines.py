"""A log record as a line: one JSON object for the file, short and plain for a person. No secret is in either."""

import json
import logging
import os
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, Final

from structlog.dev import Column, ConsoleRenderer, KeyValueColumnFormatter
from structlog.processors import format_exc_info
from structlog.stdlib import ProcessorFormatter

from tbp_assets.logs.events import said
from tbp_assets.masking import masked

Line = dict[str, Any]
NO_EVENT: Final = "message"
MOST_CHARACTERS: Final = 400  # of a message on a terminal; the file has all of it
SHORT_ID: Final = 8
_STYLES: Final = {
    "debug": "\x1b[2m", "info": "\x1b[32m", "warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[31;1m",
}  # fmt: skip
_RESET: Final = "\x1b[0m"


def json_lines() -> ProcessorFormatter:
    """Return the formatter of the file."""
    return ProcessorFormatter(processors=[_line, _as_json])


def plain_lines(*, colors: bool) -> ProcessorFormatter:
    """Return the formatter of a terminal."""
    show = shown(colors=colors)
    return ProcessorFormatter(processors=[_line, lambda _logger, _name, line: show(line)])


def shown(*, colors: bool) -> Callable[[Mapping[str, Any]], str]:
    """Return what makes a line short and plain: time (UTC), level, event, message, run."""
    style, reset = (_STYLES, _RESET) if colors else (dict[str, str](), "")
    plain = KeyValueColumnFormatter(None, "", reset, str)
    dim = KeyValueColumnFormatter(None, "\x1b[2m" if colors else "", reset, str)
    name = KeyValueColumnFormatter(None, "\x1b[1m" if colors else "", reset, str, width=17)
    level = KeyValueColumnFormatter(None, "", reset, lambda value: f"{style.get(str(value), '')}{value!s:<8}")
    columns = [Column("", dim), Column("time", dim), Column("level", level), Column("name", name),
               Column("message", plain), Column("run", dim)]  # fmt: skip
    render = ConsoleRenderer(columns=columns)

    def show(line: Mapping[str, Any]) -> str:
        return render(None, "", _short(line))

    return show


def _short(line: Mapping[str, Any]) -> Line:
    message = "".join(each if each.isprintable() else " " for each in str(line["message"]))
    if len(message) > MOST_CHARACTERS:
        message = f"{message[:MOST_CHARACTERS]}..."
    short = {
        "time": f"{datetime.fromisoformat(line['time']).astimezone(UTC):%Y-%m-%d %H:%M:%SZ}",
        "level": line["level"],
        "name": line["event"],
        "message": message,
    }
    return short | ({"run": f"[run {line['run_id'][:SHORT_ID]}]"} if line.get("run_id") else {})


def _line(logger: Any, name: str, given: MutableMapping[str, Any]) -> Line:
    record: logging.LogRecord = given["_record"]
    told = said(record)
    line: Line = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
        "level": record.levelname.lower(),
        "event": told.event.name if told else NO_EVENT,
        "message": given["event"],
    }
    if told:
        line |= {field: _plain(value) for field, value in told.fields.items() if value is not None}
    if given.get("exc_info"):
        line["exception"] = format_exc_info(logger, name, {"exc_info": given["exc_info"]})["exception"]
    return line | {"logger": record.name, "pid": record.process or os.getpid()}


def _plain(value: object) -> object:
    return round(value, 6) if isinstance(value, float) else value


def _as_json(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> str:
    # Masked as it will stand in the file: message, fields and stack trace alike.
    return masked(json.dumps(line, ensure_ascii=False, default=str))

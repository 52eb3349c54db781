"""`tbp logs`: what every process of a TBP_HOME logged, read from the files alone."""

import json
import sys
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from time import sleep
from typing import Any, Final

from tbp_assets.cli.output import err
from tbp_assets.config_loader import load_settings
from tbp_assets.errors import StorageError, UsageError
from tbp_assets.logs.events import EVENTS
from tbp_assets.logs.lines import NO_EVENT, shown
from tbp_assets.logs.reading import LEVELS, Line, LogReader, Wanted

Form = Callable[[Mapping[str, Any]], str]
TICK_SECONDS: Final = 0.3


def wanted(
    start: datetime | None,
    end: datetime | None,
    since: timedelta | None,
    *,
    level: str,
    day: date | None,
    run: str,
    event: str,
) -> Wanted:
    """Return which lines the options ask for.

    Raises:
        UsageError: A word that is none of the known ones, or two beginnings.
    """
    if since and start:
        raise UsageError("--since and --from both say where to begin: give one")
    if level and level.lower() not in LEVELS:
        raise UsageError(f"--level {level!r} is unknown: {', '.join(LEVELS)}")
    if event and event not in {*EVENTS, NO_EVENT}:
        raise UsageError(f"--event {event!r} is unknown: {', '.join(EVENTS)}")
    begin = datetime.now(UTC) - since if since else start
    return Wanted(begin, end, level.lower() or LEVELS[0], day, run, event)


def logs(asked: Wanted, *, limit: int, follow: bool, as_json: bool) -> int:
    """Run the command and return its exit code.

    Raises:
        StorageError: The files cannot be read.
    """
    reader = LogReader(load_settings().logs)
    form = _as_json if as_json else shown(colors=sys.stdout.isatty())
    try:
        _show(reader, asked, limit, form, follow=follow)
        while follow:
            sleep(TICK_SECONDS)
            for line in filter(asked.takes, reader.lines()):
                _print(line, form)
            sys.stdout.flush()
    except OSError as error:
        raise StorageError(f"{reader.directory}: the log cannot be read: {error.strerror}") from error
    return 0


def _show(reader: LogReader, asked: Wanted, limit: int, form: Form, *, follow: bool) -> None:
    found, newest = 0, deque[Line](maxlen=limit)
    for found, line in enumerate(filter(asked.takes, reader.lines()), 1):  # noqa: B007  # the last number is the count
        newest.append(line)
    for line in newest:
        _print(line, form)
    sys.stdout.flush()
    if found > len(newest):
        err.print(f"({found - len(newest):,} earlier lines are not shown: --limit)", markup=False)
    if not found and not follow:
        err.print(f"nothing was logged that is asked for ({reader.directory})", markup=False)
    if reader.unreadable:
        err.print(f"{reader.unreadable} lines cannot be read ({reader.directory})", markup=False)


def _as_json(line: Mapping[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False)


def _print(line: Line, form: Form) -> None:
    sys.stdout.write(f"{form(line)}\n")
    if form is not _as_json and line.get("exception"):
        sys.stdout.writelines(f"    {each}\n" for each in str(line["exception"]).splitlines())

"""What a line says to a program and to a person, and that the registry of events is what the docs are made from."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tbp_assets.logs.events import ALWAYS, ATTRIBUTE, DAY_LOADED, EVENTS, FIELDS, Event, Fields, Said
from tbp_assets.logs.lines import json_lines, plain_lines
from tbp_assets.logs.starting import MaskedRecord
from tbp_assets.masking import remember

pytestmark = pytest.mark.unit
SECRET = "plantedInALogLine42"


def record(message: str, event: Event | None = None, *, exc_info: Any = None, **fields: Any) -> logging.LogRecord:
    made = MaskedRecord("tbp_assets.here", logging.INFO, __file__, 1, message, (), exc_info)
    if event:
        setattr(made, ATTRIBUTE, Said(event, Fields(**fields)))
    return made


def as_json(made: logging.LogRecord) -> dict[str, Any]:
    return json.loads(json_lines().format(made))


def test_a_line_has_time_with_offset_level_event_message_fields_logger_and_process() -> None:
    line = as_json(record("2024-01-02 loaded", DAY_LOADED, run_id="r", partition="2024-01-02", rows=12, seconds=1 / 3))
    at = datetime.fromisoformat(line.pop("time"))
    assert at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert line.pop("pid") > 0
    assert line == {
        "level": "info", "event": "day_loaded", "message": "2024-01-02 loaded", "run_id": "r",
        "partition": "2024-01-02", "rows": 12, "seconds": 0.333333, "logger": "tbp_assets.here",
    }  # fmt: skip


def test_what_is_not_known_is_left_out_and_a_line_without_an_event_says_so() -> None:
    line = as_json(record("hello", DAY_LOADED, run_id=None, rows=0))
    assert "run_id" not in line
    assert line["rows"] == 0
    assert as_json(record("hello"))["event"] == "message"


def test_a_message_of_several_lines_is_one_line() -> None:
    text = json_lines().format(record('a\nb\t"c" \ud800 é', DAY_LOADED))
    assert "\n" not in text
    assert json.loads(text)["message"] == 'a\nb\t"c" \ud800 é'


def test_a_secret_is_hidden_in_message_arguments_fields_and_stack_trace() -> None:
    remember(SECRET)
    made = MaskedRecord("n", logging.ERROR, "", 1, "x %s", (SECRET,), None)
    assert made.getMessage() == "x ***"
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        failed = record(SECRET, DAY_LOADED, status=SECRET, exc_info=(ValueError, error, error.__traceback__))
    assert logging.Formatter().format(failed).count("***") == 2
    text = json_lines().format(failed)
    assert SECRET not in text
    line = json.loads(text)
    assert (line["message"], line["status"]) == ("***", "***")
    assert "ValueError: ***" in line["exception"]


def test_a_person_sees_time_level_event_message_and_the_begin_of_the_run() -> None:
    text = plain_lines(colors=False).format(record("a\x1b[31m day\nloaded", DAY_LOADED, run_id="0123456789ab", rows=1))
    assert text[4] == "-"
    assert text[20:].split() == ["info", "day_loaded", "a", "[31m", "day", "loaded", "[run", "01234567]"]
    assert "\x1b" not in text


def test_a_long_message_is_cut_for_a_terminal_alone() -> None:
    long = record("x" * 5000, DAY_LOADED)
    assert len(plain_lines(colors=False).format(long)) < 500
    assert len(as_json(long)["message"]) == 5000


def test_colors_are_for_terminals() -> None:
    assert "\x1b[32m" in plain_lines(colors=True).format(record("x", DAY_LOADED))


def test_every_field_is_described_and_none_is_described_in_vain() -> None:
    assert set(FIELDS) == set(Fields.__annotations__)
    assert not set(FIELDS) & set(ALWAYS)


def test_every_event_is_registered_under_its_own_name() -> None:
    assert len(EVENTS) == 20
    assert all(name == event.name and len(event.text) > 10 for name, event in EVENTS.items())

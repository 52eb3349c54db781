"""Lines are read back oldest first, each once, whatever a full disk or a stranger left among them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tbp_assets.logs.files import FILE_NAME
from tbp_assets.logs.reading import LogReader, Wanted

pytestmark = pytest.mark.unit


def line(minute: int, **fields: Any) -> dict[str, Any]:
    at = datetime(2024, 1, 2, 10, minute, tzinfo=UTC).isoformat()
    return {"time": at, "level": "info", "event": "day_loaded", "message": str(minute), **fields}


def write(directory: Path, name: str, *lines: dict[str, Any] | str) -> None:
    with (directory / name).open("a", encoding="utf-8") as stream:
        stream.writelines(each if isinstance(each, str) else json.dumps(each) + "\n" for each in lines)


def messages(reader: LogReader) -> list[str]:
    return [found["message"] for found in reader.lines()]


def test_files_that_were_put_aside_come_first_and_the_oldest_of_them_before_the_others(tmp_path: Path) -> None:
    names = [FILE_NAME, f"{FILE_NAME}.rotate.123", f"{FILE_NAME}.1", f"{FILE_NAME}.2", f"{FILE_NAME}.10"]
    for n, name in enumerate(names):
        write(tmp_path, name, line(n))
    write(tmp_path, f".__{FILE_NAME}.lock")
    assert messages(LogReader(tmp_path)) == ["4", "3", "2", "1", "0"]


def test_a_line_is_given_once_and_only_when_it_is_whole_also_after_its_file_was_put_aside(tmp_path: Path) -> None:
    reader = LogReader(tmp_path)
    assert messages(reader) == []
    text = json.dumps(line(2)) + "\n"
    write(tmp_path, FILE_NAME, line(1), text[:20])
    assert messages(reader) == ["1"]
    write(tmp_path, FILE_NAME, text[20:], line(3))
    (tmp_path / FILE_NAME).rename(tmp_path / f"{FILE_NAME}.1")
    write(tmp_path, FILE_NAME, line(4))
    assert messages(reader) == ["2", "3", "4"]
    assert (messages(reader), reader.unreadable) == ([], 0)


def test_a_torn_line_costs_itself_alone_and_is_counted(tmp_path: Path) -> None:
    write(tmp_path, FILE_NAME, json.dumps(line(1))[:40], line(2), "not JSON\n", "[]\n", '{"time": "x"}\n', line(3))
    reader = LogReader(tmp_path)
    assert messages(reader) == ["2", "3"]
    assert reader.unreadable == 3


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        (Wanted(), True),
        (Wanted(start=datetime(2024, 1, 2, 10, 5, tzinfo=UTC), end=datetime(2024, 1, 2, 10, 5, tzinfo=UTC)), True),
        (Wanted(start=datetime(2024, 1, 2, 10, 6, tzinfo=UTC)), False),
        (Wanted(end=datetime(2024, 1, 2, 10, 4, tzinfo=UTC)), False),
        (Wanted(level="warning"), True),
        (Wanted(level="error"), False),
        (Wanted(run="0123"), True),
        (Wanted(run="123"), False),
        (Wanted(event="day_loaded"), True),
        (Wanted(event="run_failed"), False),
        (Wanted(day=date(2024, 1, 3)), True),
        (Wanted(day=date(2024, 1, 4)), False),
    ],
)
def test_a_line_is_taken_where_it_meets_every_condition(wanted: Wanted, taken: bool) -> None:
    assert wanted.takes(line(5, level="warning", run_id="01234", partition="2024-01-03")) is taken


def test_a_line_about_a_range_is_about_every_day_of_it() -> None:
    ranged = line(1, first="2024-01-02", last="2024-01-12")
    days = [date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 12), date(2024, 1, 13)]
    assert [Wanted(day=day).takes(ranged) for day in days] == [False, True, True, False]
    assert not Wanted(day=days[1]).takes(line(1))

"""The kept closures of the exchange are those of the library, and only of the release they were made with."""

from __future__ import annotations

from datetime import date

import pytest

from tbp_assets.bars import closures
from tbp_assets.bars.sessions import expected_sessions

pytestmark = pytest.mark.unit


def test_the_file_holds_what_the_installed_library_says() -> None:
    assert closures.FILE.read_text(encoding="ascii") == closures.file_text(), "run `make docs`"


def test_another_release_of_the_library_is_asked_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[date]()

    def newer(_name: str) -> str:
        return "9.0"

    def of_library(end: date) -> frozenset[date]:
        asked.append(end)
        return frozenset({date(2024, 1, 3)})

    monkeypatch.setattr(closures, "version", newer)
    monkeypatch.setattr(closures, "closures_of_library", of_library)
    assert expected_sessions(date(2024, 1, 2), date(2024, 1, 4)) == {date(2024, 1, 2), date(2024, 1, 4)}
    assert asked == [date(2025, 1, 1)]


def test_days_after_the_file_are_asked_of_the_library() -> None:
    # Independence Day of 2036, a Friday.
    assert expected_sessions(date(2036, 7, 3), date(2036, 7, 7)) == {date(2036, 7, 3), date(2036, 7, 7)}

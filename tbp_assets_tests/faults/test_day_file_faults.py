"""Day files gone wrong, each on a day of its own: as the first file, and as the restatement of a good one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Literal

import pytest

from tbp_assets.embedded.provider import defective
from tbp_assets.embedded.provider.defective import DEFECTS, Spoil
from tbp_assets_tests.faults.book import entry
from tbp_assets_tests.faults.scene import Key, Rows, Scene, good_file, rows_of

pytestmark = pytest.mark.integration

Verdict = Literal["refused", "withheld", "rows", "loaded"]
HAPPENED: dict[Verdict, str] = {
    "refused": "the file is refused whole and its day `rejected`; a good version that was loaded stays",
    "withheld": "every row is quarantined with its reason and the day withheld; a good version that was loaded stays",
    "rows": "the rows struck are quarantined with line and reason, the others are loaded",
    "loaded": "the file is loaded in full",
}


@dataclass(frozen=True)
class Spoilt:
    """A defect of a day file.

    Attributes:
        injected: In words.
        verdict: What becomes of the day.
        tickers: Of the universe, those whose bars cannot be had from the file.
        spoil: Makes the file, where the defect in its plain form would not do.
    """

    name: str
    injected: str
    verdict: Verdict
    tickers: frozenset[str] = field(default_factory=frozenset[str])
    spoil: Spoil | None = None

    def __call__(self, content: bytes) -> bytes:
        """Spoil a good file."""
        return (self.spoil or DEFECTS[self.name])(content)

    def rows(self, day: date, good: bytes) -> Rows:
        """Return what may enter the database from the spoilt form of a good file, as far as it is that of the good."""
        found = rows_of(day, good)
        if self.verdict in {"refused", "withheld"}:
            return {}
        return {key: values for key, values in found.items() if key[1] not in self.tickers}


FIRST_TICKER = frozenset({"AAPL"})
SPOILT = [
    Spoilt("truncated", "the last bytes of the gzip stream are missing", "refused"),
    Spoilt("wrong_checksum", "every line can be read, the CRC is another", "refused"),
    Spoilt("corrupt_byte", "one byte in the middle of the gzip stream is another", "refused"),
    Spoilt("empty", "no bytes", "refused"),
    Spoilt("gzip_of_nothing", "a good gzip stream of no bytes", "refused"),
    Spoilt("header_only", "a header and no row", "refused"),
    Spoilt("html_page", "a page of HTML under the key of the file", "refused"),
    Spoilt("missing_column", "no column `close`", "refused"),
    Spoilt("renamed_column", "`window_start` is called `timestamp`", "refused"),
    Spoilt("gzip_bomb", "140 MB in a file of less than 1 MB", "refused",
           spoil=partial(defective.gzip_bomb, inflated=140_000_000)),
    Spoilt("stamped_before_1970", "every stamp is -68400000000000, as in the option file of 2025-02-10", "withheld"),
    Spoilt("stamped_next_day", "every stamp is of the next day, some rows are there twice, as on 2019-08-12",
           "withheld"),
    Spoilt("duplicated_keys", "two rows are there twice, with other values", "rows", frozenset({"AAPL", "BCPC"}),
           partial(defective.duplicated_keys, duplicates=2)),
    Spoilt("invalid_utf8", "the first ticker is not UTF-8", "rows", FIRST_TICKER),
    Spoilt("long_line", "the first line has 5,000,000 characters", "rows", FIRST_TICKER),
    Spoilt("nul_bytes", "4,096 NUL bytes behind the last line", "rows"),
    Spoilt("added_column", "a column more, `vwap`", "loaded"),
    Spoilt("reordered_columns", "the columns in reverse order", "loaded"),
    Spoilt("decimal_volumes", "volumes with a fraction, as since 2026-02-23", "loaded"),
    Spoilt("blank_lines_at_the_end", "two blank lines behind the last", "loaded"),
    Spoilt("crlf", "lines end as on Windows", "loaded"),
]  # fmt: skip


FIRST_DAY = date(2024, 1, 2)
SESSIONS = [FIRST_DAY + timedelta(days=n) for n in range(40) if (FIRST_DAY + timedelta(days=n)).weekday() < 5]
DAYS = dict(zip((case.name for case in SPOILT), (day for day in SESSIONS if day != date(2024, 1, 15)), strict=False))
Stage = dict[Key, tuple[float, ...]]


def brought(case: Spoilt, day: date, good: bytes) -> Rows:
    """Return what the spoilt form of a good file brings."""
    content = case(good)
    return rows_of(day, content) if case.verdict == "loaded" else case.rows(day, good)


def test_each_spoilt_file_costs_what_it_spoils_until_a_good_one_comes(scene: Scene, subtests: pytest.Subtests) -> None:
    first, last = DAYS[SPOILT[0].name], DAYS[SPOILT[-1].name]
    good = {1: {day: good_file(day) for day in DAYS.values()}, 2: {d: good_file(d, close=10.75) for d in DAYS.values()}}
    stages, states = list[Stage](), dict[date, str]()
    scene.files.clear()
    for version in (1, 2):
        for case in SPOILT:
            scene.provider.publish(DAYS[case.name], case(good[version][DAYS[case.name]]))
        scene.backfill(first, last).must_be(1)
        stages.append(scene.stored())
        states = states or scene.states(first, last)
        for day in DAYS.values():
            scene.publish(day, close=10.5 if version == 1 else 10.75)
        scene.backfill(first, last).must_be(0)
        stages.append(scene.stored())
    assert scene.left_over() == []
    for case in SPOILT:
        with subtests.test(case.name), entry("day file", case.name.replace("_", " "), case.injected) as row:
            day, passes = DAYS[case.name], case.verdict in {"rows", "loaded"}
            spoilt, mended, again, whole = (of_day(day, stage) for stage in stages)
            assert spoilt == brought(case, day, good[1][day])
            assert states[day] == ("loaded" if passes else "rejected")
            assert mended == rows_of(day, good[1][day])
            assert again == (brought(case, day, good[2][day]) if passes else mended)
            row.happened = HAPPENED[case.verdict]
            row.lost = sum(whole.get(key) != values for key, values in rows_of(day, good[2][day]).items())
            row.recovery = "none is needed" if case.verdict == "loaded" else "the run that finds a good file"


def of_day(day: date, stage: Stage) -> Stage:
    """Return the rows of a day."""
    return {key: values for key, values in stage.items() if key[0] == day}


def test_every_defect_is_in_the_matrix() -> None:
    assert {case.name for case in SPOILT} == set(DEFECTS)

"""Day files gone wrong, each as the first file of a day and as the restatement of a good one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import pytest

from tbp_assets.embedded.provider import defective
from tbp_assets.embedded.provider.defective import DEFECTS, Spoil
from tbp_assets_tests.day_files import THURSDAY, TUESDAY, WEDNESDAY
from tbp_assets_tests.faults.book import entry
from tbp_assets_tests.faults.scene import Rows, Scene, good_file, rows_of

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

    def rows(self, good: bytes) -> Rows:
        """Return what may enter the database from the spoilt form of a good file."""
        found = rows_of(WEDNESDAY, good)
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


@pytest.mark.parametrize("case", SPOILT, ids=lambda case: case.name)
def test_a_spoilt_file_costs_what_it_spoils_until_a_good_one_comes(scene: Scene, case: Spoilt) -> None:
    with entry("day file", case.name.replace("_", " "), case.injected) as row:
        others = scene.truth({day: scene.files[day] for day in (TUESDAY, THURSDAY)})
        first, second = scene.files[WEDNESDAY], good_file(WEDNESDAY, close=10.75)
        passes, spoilt = case.verdict in {"rows", "loaded"}, case(first)
        expected = rows_of(WEDNESDAY, spoilt) if case.verdict == "loaded" else case.rows(first)

        scene.provider.publish(WEDNESDAY, spoilt)
        scene.backfill().must_be(0 if passes else 1)
        assert scene.stored() == others | expected
        assert scene.states()[WEDNESDAY] == ("loaded" if passes else "rejected")

        scene.provider.publish(WEDNESDAY, first)
        scene.backfill().must_be(0)
        assert scene.stored() == scene.truth()

        spoilt = case(second)
        restated = rows_of(WEDNESDAY, spoilt) if case.verdict == "loaded" else case.rows(second)
        scene.provider.publish(WEDNESDAY, spoilt)
        scene.backfill().must_be(0 if passes else 1)
        assert scene.stored() == others | (restated if passes else rows_of(WEDNESDAY, first))

        scene.publish(WEDNESDAY, close=10.75)
        scene.backfill(WEDNESDAY, WEDNESDAY).must_be(0)
        assert scene.left_over() == []
        row.happened, row.lost = HAPPENED[case.verdict], scene.lost()
        row.recovery = "none is needed" if case.verdict == "loaded" else "the run that finds a good file"


def test_every_defect_is_in_the_matrix() -> None:
    assert {case.name for case in SPOILT} == set(DEFECTS)

"""Each defect of a whole file is the one it says, and leaves the rest of the file as it was."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from datetime import date

import pytest

from tbp_assets.bars.compression import decompressed
from tbp_assets.embedded.market import SyntheticMarket
from tbp_assets.embedded.provider import defective
from tbp_assets.embedded.provider.defective import DEFECTS
from tbp_assets.errors import FileUnusableError
from tbp_assets_tests.day_files import HEADER, LIMITS, TUESDAY, day_file, good_rows, row, stamp

pytestmark = pytest.mark.unit

COLUMNS = HEADER.split(",")
ROWS = good_rows(TUESDAY, [f"T{n}" for n in range(40)])
GOOD = day_file(ROWS)
TEXT = gzip.decompress(GOOD)


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(gzip.decompress(content).decode())))


def column(content: bytes, name: str) -> set[str]:
    return {row[name] for row in rows_of(content)}


def without(content: bytes, name: str) -> list[list[str]]:
    return [[value for key, value in row.items() if key != name] for row in rows_of(content)]


@pytest.mark.parametrize("name", [name for name in DEFECTS if name != "gzip_bomb"])
def test_a_spoiled_file_is_another_file_and_always_the_same(name: str) -> None:
    assert DEFECTS[name](GOOD) == DEFECTS[name](GOOD) != GOOD


@pytest.mark.parametrize("name", ["truncated", "wrong_checksum", "corrupt_byte", "html_page"])
def test_what_is_no_whole_gzip_file_is_refused(name: str) -> None:
    with pytest.raises(FileUnusableError, match="not a whole gzip file"):
        list(decompressed(io.BytesIO(DEFECTS[name](GOOD)), LIMITS))


def test_a_wrong_checksum_spoils_no_line() -> None:
    body = defective.wrong_checksum(GOOD)[10:]
    assert zlib.decompressobj(-zlib.MAX_WBITS).decompress(body) == TEXT


def test_three_ways_to_send_nothing() -> None:
    assert defective.empty(GOOD) == b""
    assert gzip.decompress(defective.gzip_of_nothing(GOOD)) == b""
    assert gzip.decompress(defective.header_only(GOOD)).decode() == f"{HEADER}\n"


def test_the_options_day_of_2025_02_10_is_stamped_in_1969() -> None:
    spoiled = defective.stamped_before_1970(GOOD)
    assert column(spoiled, "window_start") == {"-68400000000000"}
    assert without(spoiled, "window_start") == without(GOOD, "window_start")


@pytest.mark.parametrize("day", [date(2019, 8, 12), date(2024, 3, 8), date(2024, 3, 10), date(2024, 11, 3)])
def test_the_stock_day_of_2019_08_12_is_stamped_with_the_next_and_repeats_28_keys(day: date) -> None:
    spoiled = defective.stamped_next_day(day_file([row(f"T{n}", day) for n in range(40)]))
    assert column(spoiled, "window_start") == {str(stamp(date.fromordinal(day.toordinal() + 1)))}
    assert len(rows_of(spoiled)) == 68
    assert len(column(spoiled, "ticker")) == 40


def test_copies_of_a_key_differ() -> None:
    first, second, third, *_ = rows_of(defective.duplicated_keys(GOOD, 1))
    assert first["ticker"] == second["ticker"] != third["ticker"]
    assert {key for key in COLUMNS if first[key] != second[key]} == {"transactions"}


def test_columns_come_go_and_change_their_names_and_places() -> None:
    def header(content: bytes) -> list[str]:
        return gzip.decompress(content).decode().splitlines()[0].split(",")

    assert header(defective.added_column(GOOD)) == [*COLUMNS, "vwap"]
    assert header(defective.missing_column(GOOD)) == [name for name in COLUMNS if name != "close"]
    assert header(defective.renamed_column(GOOD))[COLUMNS.index("window_start")] == "timestamp"
    assert header(defective.reordered_columns(GOOD)) == COLUMNS[::-1]
    assert rows_of(defective.reordered_columns(GOOD)) == rows_of(GOOD)
    assert without(defective.added_column(GOOD), "vwap") == without(GOOD, "vwap")
    assert without(GOOD, "close") == without(defective.missing_column(GOOD), "close")


def test_volumes_get_a_fraction() -> None:
    assert column(defective.decimal_volumes(GOOD), "volume") == {"1000.153126"}


def test_text_is_spoiled_where_it_says() -> None:
    def text(name: str) -> bytes:
        return gzip.decompress(DEFECTS[name](GOOD))

    assert text("blank_lines_at_the_end") == TEXT + b"\n\n"
    assert text("crlf").split(b"\r\n") == TEXT.split(b"\n")
    assert text("nul_bytes") == TEXT + b"\0" * 4096
    assert max(map(len, text("long_line").splitlines())) > 5_000_000
    with pytest.raises(UnicodeDecodeError):
        text("invalid_utf8").decode()


@pytest.mark.parametrize("inflated", [1, 10_000_000])
def test_a_bomb_is_a_good_gzip_file_of_at_least_the_size(inflated: int) -> None:
    bomb = defective.gzip_bomb(GOOD, inflated)
    size, first = 0, b""
    for chunk in decompressed(io.BytesIO(bomb), LIMITS):
        size, first = size + len(chunk), first or chunk
    assert inflated <= size < inflated + 2_100_000
    assert first.startswith(f"{HEADER}\n{ROWS[0]}\n{ROWS[0]}\n".encode())
    assert len(bomb) < max(20_000, size / 100)


def test_a_synthetic_day_can_be_spoiled_in_every_way_but_a_bomb() -> None:
    content = SyntheticMarket(tickers=60).day_file(TUESDAY)
    assert all(DEFECTS[name](content) for name in DEFECTS if name not in {"empty", "gzip_bomb"})

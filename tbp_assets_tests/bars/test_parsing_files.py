"""A day file as a whole: what is refused, and that nothing about its packing changes its rows."""

from __future__ import annotations

import gzip

import pytest

from tbp_assets.bars.compression import Limits
from tbp_assets.bars.parsing import parse_day_file
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.errors import FileUnusableError
from tbp_assets_tests.bars.judging import parse
from tbp_assets_tests.day_files import HEADER, LIMITS, TUESDAY, day_file, good_rows, row

pytestmark = pytest.mark.unit

WHOLE = day_file(good_rows(TUESDAY))


def refusal(compressed: bytes) -> str:
    with pytest.raises(FileUnusableError) as caught:
        parse_day_file(compressed, US_STOCKS_DAY_AGGS, TUESDAY, LIMITS)
    return str(caught.value)


def with_header(header: str) -> bytes:
    return gzip.compress(f"{header}\n{row()}\n".encode())


@pytest.mark.parametrize("kept", [1, 9, 10, 11, len(WHOLE) // 2, len(WHOLE) - 9, len(WHOLE) - 8, len(WHOLE) - 1])
def test_a_file_cut_short_is_refused(kept: int) -> None:
    assert "not a whole gzip file" in refusal(WHOLE[:kept])


def test_a_file_that_is_not_gzip_is_refused() -> None:
    assert "not a whole gzip file" in refusal(f"{HEADER}\n{row()}\n".encode())


def test_a_flipped_bit_is_seen() -> None:
    middle = len(WHOLE) // 2
    assert "not a whole gzip file" in refusal(WHOLE[:middle] + bytes([WHOLE[middle] ^ 1]) + WHOLE[middle + 1 :])


def test_a_gzip_header_before_junk_is_refused() -> None:
    # zlib has errors of its own, which are no OSError.
    assert "not a whole gzip file (Error -3" in refusal(WHOLE[:10] + b"\xff" * 50)


def test_junk_after_the_gzip_is_refused() -> None:
    assert "not a whole gzip file" in refusal(WHOLE + b"junk")


def test_a_file_of_two_gzip_members_is_read_whole() -> None:
    content = gzip.compress(f"{HEADER}\n{row('A')}\n".encode()) + gzip.compress(f"{row('B')}\n".encode())
    assert parse_day_file(content, US_STOCKS_DAY_AGGS, TUESDAY, LIMITS).rows["ticker"].to_list() == ["A", "B"]


def test_a_file_larger_than_one_piece_is_read_whole() -> None:
    tickers = [f"T{n}" for n in range(40_000)]
    content = "\n".join([HEADER, *(row(ticker) for ticker in tickers), ""]).encode()
    assert len(content) > 2 << 20
    assert parse(content).rows["ticker"].to_list() == tickers


@pytest.mark.parametrize("compressed", [b"", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_refused_naming_what_the_header_lacks(compressed: bytes) -> None:
    assert "the header lacks ticker, volume" in refusal(compressed)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_header_alone_is_refused(ending: str) -> None:
    assert refusal(gzip.compress((HEADER + ending).encode())) == "the file has a header and no rows"


def test_a_missing_column_is_named() -> None:
    message = refusal(with_header(HEADER.replace("window_start", "start")))
    assert message.startswith("the header lacks window_start")
    assert "ticker,volume,open,close,high,low,start,transactions" in message


def test_column_names_are_case_sensitive() -> None:
    assert "the header lacks ticker" in refusal(with_header(HEADER.replace("ticker", "Ticker")))


def test_a_column_named_twice_is_refused() -> None:
    assert "names a column twice" in refusal(with_header(HEADER + ",volume"))


def test_an_extra_column_named_twice_is_refused() -> None:
    assert "names a column twice" in refusal(with_header(HEADER + ",otc,otc"))


def test_a_header_that_is_not_utf_8_is_refused() -> None:
    message = refusal(gzip.compress(HEADER.encode() + b",otc\xff\n" + row().encode()))
    assert message == f"the header is no printable text: '{HEADER},otc\ufffd'"


@pytest.mark.parametrize("name", ["o\0tc", "o\rtc", "\x1b[31motc", "o\u2028tc"])
def test_a_column_whose_name_is_not_printable_is_refused(name: str) -> None:
    assert "the header is no printable text" in refusal(with_header(f"{HEADER},{name}"))


def test_a_header_longer_than_a_line_may_be_is_refused() -> None:
    message = refusal(with_header(f"{HEADER},{'x' * 10_000_000}"))
    assert message.startswith("the header is longer than one of a day file; it begins 'ticker,volume")
    assert len(message) < 300


def test_a_header_of_very_many_columns_is_refused() -> None:
    assert "the header is longer" in refusal(with_header(f"{HEADER},{','.join(f'x{n}' for n in range(57))}"))


def test_a_file_that_unpacks_to_more_than_a_day_file_may_have_is_refused() -> None:
    small = Limits(megabytes=1, lines=LIMITS.lines)
    with pytest.raises(FileUnusableError, match=r"the decompressed file is larger than 1 MB .*max_file_mb"):
        parse_day_file(gzip.compress(bytes(1_000_001)), US_STOCKS_DAY_AGGS, TUESDAY, small)


def test_a_file_of_more_lines_than_a_day_file_may_have_is_refused() -> None:
    content = gzip.compress(f"{HEADER}\n{row()}\n\n".encode())
    with pytest.raises(FileUnusableError, match=r"more than 2 lines .*max_lines"):
        parse_day_file(content, US_STOCKS_DAY_AGGS, TUESDAY, Limits(megabytes=1, lines=2))
    assert parse_day_file(content, US_STOCKS_DAY_AGGS, TUESDAY, Limits(megabytes=1, lines=3)).rows.height == 2


def test_text_in_utf_16_is_refused() -> None:
    refusal(gzip.compress(f"{HEADER}\n{row()}\n".encode("utf-16")))


def test_a_byte_order_mark_is_no_part_of_the_header() -> None:
    assert parse(b"\xef\xbb\xbf" + f"{HEADER}\n{row()}\n".encode()).rows["ticker"].to_list() == ["AAPL"]


def test_columns_may_come_in_any_order() -> None:
    header = ",".join(reversed(HEADER.split(",")))
    line = ",".join(reversed(row("AAPL").split(",")))
    turned = parse(f"{header}\n{line}\n".encode()).rows.drop("text")
    assert turned.equals(parse(f"{HEADER}\n{row('AAPL')}\n".encode()).rows.drop("text"))

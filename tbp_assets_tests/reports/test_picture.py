"""The key picture and the summary."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from typing import Any

import pytest

from tbp_assets.reports.contents import Headline
from tbp_assets.reports.picture import SIGNATURE, key_picture, summary
from tbp_assets_tests.reports.contents_builder import five_years, nothing, one_day, usual

pytestmark = pytest.mark.unit


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """Return the chunks of a PNG, each with a sum that is right."""
    found, at = list[tuple[bytes, bytes]](), len(SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length) == (zlib.crc32(kind + content),)
        found.append((kind, content))
        at += length + 12
    return found


@pytest.mark.parametrize("contents", [usual, five_years, one_day, nothing])
def test_the_picture_is_a_small_png_as_wide_as_a_page(contents: Any) -> None:
    png = key_picture(contents())
    (head, header), *_, (end, _) = chunks(png)
    width, height = struct.unpack(">II", header[:8])
    assert (png[:8], head, end) == (SIGNATURE, b"IHDR", b"IEND")
    assert 800 <= width <= 1000
    assert height < 1000
    assert len(png) < 150_000


def test_the_picture_has_a_background_of_its_own() -> None:
    pixels = zlib.decompress(next(content for kind, content in chunks(key_picture(usual())) if kind == b"IDAT"))
    # The first byte of a line names its filter; the first pixel follows: red, green, blue, opacity.
    assert pixels[1:5] == b"\xff\xff\xff\xff"


def test_the_summary_has_headlines_days_and_tickers() -> None:
    text = summary(usual())
    assert "| Rows rejected | 11,291 | bad | A whole day was withheld. |" in text
    assert "| 2024-01-16 | 0.00 | rejected | 11,210 | day_withheld 5,605, duplicate_key 5,605 |" in text
    assert "| TSTA | 86.96 | 69 | 9 | 0 |" in text
    assert len(text) < 2000


def test_a_strangers_text_breaks_no_table_of_the_summary() -> None:
    headline = Headline("a|b", "`x` <img src=x>", "neutral", "[see](http://example.invalid)\n| new row |")
    line = summary(replace(usual(), headlines=(headline,))).splitlines()[4]
    assert line == (
        r"| a\|b | \`x\` &lt;img src=x&gt; | neutral | "
        "\\[see\\](http://example.invalid)\N{REPLACEMENT CHARACTER}\\| new row \\| |"
    )


def test_a_summary_of_nothing_says_so() -> None:
    assert "Worst days: none, no row was rejected." in summary(nothing())

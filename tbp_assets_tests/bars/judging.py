"""Parses and judges lines written by hand: what the tests of parsing, rules and splitting have in common."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from tbp_assets.bars.facts import LandedFile
from tbp_assets.bars.parsing import ParsedFile, parse_day_file
from tbp_assets.bars.splitting import SplitDay, split
from tbp_assets.bars.validation import ValidatedDay, validate
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets_tests.day_files import HEADER, LIMITS, TUESDAY, day_file, row


def parse(content: bytes, day: date = TUESDAY) -> ParsedFile:
    """Parse the decompressed content of a day file."""
    return parse_day_file(gzip.compress(content, mtime=0), US_STOCKS_DAY_AGGS, day, LIMITS)


def judge(rows: Sequence[str], day: date = TUESDAY, header: str = HEADER) -> SplitDay:
    """Split a day file of these lines."""
    return split(parse_day_file(day_file(rows, header), US_STOCKS_DAY_AGGS, day, LIMITS))


def reasons(line: str) -> list[str]:
    """Return every rule a line breaks, between two good lines."""
    result = judge([row("FIRST"), line, row("LAST")])
    assert result.accepted.height + result.quarantined.height == 3
    bad = result.quarantined
    return bad["reasons"][0].to_list() if bad.height else []


def landed(content: bytes, lines: int) -> LandedFile:
    """Return the manifest entry of a landed file."""
    at = datetime(2024, 1, 3, 16, tzinfo=UTC)
    return LandedFile("file", "file:///mirror/file", "ab" * 32, "etag", len(content), lines, at, at)


def validated(rows: Sequence[str], header: str = HEADER, *, max_rejected_share: float = 0.05) -> ValidatedDay:
    """Validate a day file of these lines, all counted by the landing zone."""
    return validated_content(day_file(rows, header), len(rows) + 1, max_rejected_share=max_rejected_share)


def validated_content(content: bytes, lines: int, *, max_rejected_share: float = 0.05) -> ValidatedDay:
    """Validate the bytes of a day file."""
    return validate(
        content,
        landed(content, lines),
        US_STOCKS_DAY_AGGS,
        TUESDAY,
        data_source="polygon",
        max_rejected_share=max_rejected_share,
        limits=LIMITS,
    )


def judge_minutes(rows: Sequence[str]) -> SplitDay:
    """Split a file of minute bars."""
    minutes = replace(US_STOCKS_DAY_AGGS, timeframe="1m")
    return split(parse_day_file(day_file(rows), minutes, TUESDAY, LIMITS))

"""Whatever a provider sends: never a traceback, never a file elsewhere, and books that balance all the way."""

from __future__ import annotations

import gzip
import tempfile
from datetime import date
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tbp_assets.bars.accounting import lake_balance
from tbp_assets.bars.facts import LakeFact, Listed
from tbp_assets.bars.rules import RULES
from tbp_assets.bars.validation import validate
from tbp_assets.checks.bar_schema import schema_failures
from tbp_assets_tests.day_files import HEADER, LIMITS, TUESDAY, day_file, good_rows, row
from tbp_assets_tests.storage.days import ALL, PUBLISHED, SOURCE, lake_in, landing_zone, sending, universe

pytestmark = pytest.mark.unit

fuzz = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
GOOD = "\n".join([HEADER, *good_rows(TUESDAY, ["AAPL", "BCpC", "NA", "ZVZZT"]), ""]).encode()
REASONS = {rule.id for rule in RULES} | {"day_withheld"}
AWKWARD = [
    b"\0",
    b"\r",
    b"\r\n",
    b"\n\n\n",
    b"\xef\xbb\xbf",
    b"\xff",
    b'"',
    b"\xe2\x80\xa8",
    b",",
    b"../",
    b"%00",
    b"\x1a",
    b"'",
]

mutation = st.one_of(
    st.tuples(st.just("put"), st.integers(0, len(GOOD)), st.sampled_from(AWKWARD) | st.binary(max_size=4)),
    st.tuples(st.just("flip"), st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=1)),
    st.tuples(st.just("cut"), st.integers(0, len(GOOD)), st.just(b"")),
    st.tuples(st.just("double"), st.integers(0, 5), st.just(b"")),
)
mutated = st.lists(mutation, max_size=6)


def changed(content: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    """Apply changes to the bytes of a file."""
    for kind, place, what in changes:
        if kind == "put":
            content = content[:place] + what + content[place:]
        elif kind == "flip":
            content = content[:place] + what + content[place + 1 :]
        elif kind == "cut":
            content = content[:place]
        else:
            lines = content.split(b"\n")
            content = b"\n".join([*lines[:place], *lines[place : place + 1], *lines[place:]])
    return content


def through(content: bytes) -> LakeFact | None:
    """Take a file through landing zone, validation and lake, and assert what must hold for any file."""
    with tempfile.TemporaryDirectory() as outer:
        root = Path(outer) / "home" / "store"
        zone, lake = landing_zone(root), lake_in(root)
        landed = zone.land(TUESDAY, sending(content), SOURCE)
        fact = None
        if landed.file is None:
            assert landed.status == "unusable"
            assert 0 < len(landed.cause) < 500
        else:
            day = validate(
                zone.read(TUESDAY, landed.file), landed.file, zone.dataset, TUESDAY, data_source="polygon",
                max_rejected_share=0.5, limits=LIMITS,
            )  # fmt: skip
            fact = lake.write(day)
            assert lake.fact(TUESDAY) == fact
            _holds(fact)
            bars = lake.bars(fact)
            assert bars.height == fact.accepted
            assert schema_failures(bars, "1d").is_empty()
            for chosen in (ALL, universe("AAPL", "NA")):
                selected = chosen.select(bars, TUESDAY)
                assert selected.bars.height + sum(selected.outside.values()) == fact.accepted
            quarantine = lake.quarantine(fact)
            assert sorted([*bars["line"], *quarantine["line"]]) == list(range(2, 2 + fact.accepted + fact.quarantined))
            assert set(quarantine["reason"]) <= REASONS
        written = {path for path in Path(outer).rglob("*") if path.is_file()}
        assert {path.relative_to(root).parts[0] for path in written} <= {"landing", "lake", ".lock"}
        return fact


def _holds(fact: LakeFact) -> None:
    if fact.status == "refused":
        assert 0 < len(fact.cause) < 500
        assert (fact.accepted, fact.quarantined) == (0, 0)
    else:
        assert lake_balance(fact).holds


@fuzz
@given(st.binary(max_size=400))
def test_any_bytes(content: bytes) -> None:
    assert through(content) is None


@fuzz
@given(
    st.sampled_from([b"", HEADER.encode(), HEADER.encode() + b"\n", HEADER.encode() + b",x\r\n"]),
    st.binary(max_size=400),
)
def test_any_bytes_inside_a_whole_gzip(start: bytes, content: bytes) -> None:
    through(gzip.compress(start + content, 1))


@fuzz
@given(mutated)
@example([("put", len(HEADER), b"\0")])
@example([("put", 0, b"\xef\xbb\xbf\xef\xbb\xbf")])
@example([("put", len(HEADER), b",\xff")])
def test_a_good_file_changed_before_it_was_packed(changes: list[tuple[str, int, bytes]]) -> None:
    through(gzip.compress(changed(GOOD, changes), 1))


@fuzz
@given(mutated)
def test_a_good_file_changed_after_it_was_packed(changes: list[tuple[str, int, bytes]]) -> None:
    through(changed(gzip.compress(GOOD, mtime=0), changes))


@fuzz
@given(st.lists(st.text(st.characters(exclude_characters=",\n", exclude_categories=["Cs"]), max_size=40), max_size=8))
@example(
    [
        "../../etc/passwd",
        "%2e%2e",
        "'; DROP TABLE x;--",
        '"A"',
        "A\0B",
        "🚀",
        "A" * 33,
        "A\r",
        "\ufeffA",
        "A\u2028B",
        " A",
    ]
)
def test_any_ticker_with_good_values(tickers: list[str]) -> None:
    fact = through(day_file([row(ticker) for ticker in tickers]))
    acceptable = [ticker for ticker in tickers if _good(ticker) and tickers.count(ticker) == 1]
    assert fact is not None
    if fact.status != "refused":
        assert fact.accepted + fact.rejected.get("day_withheld", 0) == len(acceptable)


def _good(ticker: str) -> bool:
    return 0 < len(ticker) <= 32 and all("!" <= letter <= "~" and letter != '"' for letter in ticker)


@fuzz
@given(st.text(max_size=20), st.none() | st.integers(), st.dates())
def test_any_answer_about_a_file(etag: str, size: int | None, day: date) -> None:
    def download(stream: BinaryIO) -> Listed:
        stream.write(day_file(good_rows(TUESDAY)))
        return Listed("../../key", etag, size, PUBLISHED)

    with tempfile.TemporaryDirectory() as outer:
        zone = landing_zone(Path(outer) / "store")
        fact = zone.land(day, download, SOURCE)
        assert zone.fact(day) == fact
        assert [path.name for path in Path(outer).iterdir()] == ["store"]

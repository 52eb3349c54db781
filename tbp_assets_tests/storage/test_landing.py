"""A landed file is the vendor's bytes, unchanged, under a name that carries their sha256."""

from __future__ import annotations

import gzip
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbp_assets.bars.facts import Listed
from tbp_assets.bars.parsing import parse_day_file
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.errors import StoredFileError
from tbp_assets.storage.files import Files, sha256_of
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.receiving import count_lines
from tbp_assets_tests.day_files import HEADER, LIMITS, TUESDAY, WEDNESDAY, day_file, good_rows, row
from tbp_assets_tests.storage.days import PUBLISHED, SOURCE, landing_zone, names_in, sending

WHOLE = day_file(good_rows(TUESDAY))


def names(zone: LandingZone) -> list[str]:
    return names_in(zone.store)


def listed(etag: str) -> Listed:
    return Listed("key", etag, len(WHOLE), PUBLISHED)


def test_landed_file_is_unchanged_and_its_name_carries_the_sha256(store: Files) -> None:
    zone = landing_zone(store)
    fact = zone.land(TUESDAY, sending(WHOLE), SOURCE)
    assert fact.file is not None
    assert fact.file.name == f"2024-01-02.{sha256_of(WHOLE)}.csv.gz"
    found = store.read(f"{zone.directory(TUESDAY)}/{fact.file.name}")
    assert found is not None
    assert found.content == WHOLE
    assert names(zone) == [fact.file.name, "2024-01-02.json"]


def test_manifest_remembers_what_the_provider_said(store: Files) -> None:
    zone = landing_zone(store)
    zone.land(TUESDAY, sending(WHOLE, etag="abc"), SOURCE)
    fact = zone.fact(TUESDAY)
    assert fact is not None
    assert (fact.status, fact.trading_date, fact.cause) == ("landed", TUESDAY, "")
    assert fact.file is not None
    assert (fact.file.etag, fact.file.bytes, fact.file.source, fact.file.last_modified) == (
        "abc", len(WHOLE), SOURCE, PUBLISHED
    )  # fmt: skip
    assert fact.file.sha256 == sha256_of(WHOLE)


def test_day_that_was_never_asked_for_has_no_fact(store: Files) -> None:
    assert landing_zone(store).fact(TUESDAY) is None


@pytest.mark.parametrize(("ending", "lines"), [("\n", 3), ("", 3), ("\n\n", 4), ("\r\n", 3)])
def test_lines_are_counted_with_and_without_a_final_newline(store: Files, ending: str, lines: int) -> None:
    content = gzip.compress(("\n".join([HEADER, row("AAPL"), row("MSFT")]) + ending).encode())
    fact = landing_zone(store).land(TUESDAY, sending(content), SOURCE)
    assert fact.file is not None
    assert fact.file.lines == lines


@pytest.mark.unit
@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_count_agrees_with_the_parser_that_is_held_to_it(body: str) -> None:
    content = gzip.compress(f"{HEADER}\n{body}".encode())
    rows = parse_day_file(content, US_STOCKS_DAY_AGGS, TUESDAY, LIMITS).rows.height
    assert count_lines(io.BytesIO(content), US_STOCKS_DAY_AGGS, LIMITS) == 1 + rows


def test_restated_file_lies_beside_the_older_one(store: Files) -> None:
    zone, restated = landing_zone(store), day_file(good_rows(TUESDAY)[:2])
    old = zone.land(TUESDAY, sending(WHOLE, "v1"), SOURCE).file
    new = zone.land(TUESDAY, sending(restated, "v2"), SOURCE).file
    assert old is not None
    assert new is not None
    assert names(zone) == sorted([old.name, new.name, "2024-01-02.json"])
    assert zone.read(TUESDAY, old) == WHOLE
    assert zone.read(TUESDAY, new) == restated


def test_version_that_is_landed_is_held(store: Files) -> None:
    zone = landing_zone(store)
    fact = zone.land(TUESDAY, sending(WHOLE, "v1"), SOURCE)
    assert zone.holds(fact, listed("v1"))
    assert not zone.holds(fact, listed("v2"))
    assert not zone.holds(zone.fact(WEDNESDAY), listed("v1"))


def test_deleted_file_is_not_held(store: Files) -> None:
    zone = landing_zone(store)
    fact = zone.land(TUESDAY, sending(WHOLE, "v1"), SOURCE)
    assert fact.file is not None
    store.delete(f"{zone.directory(TUESDAY)}/{fact.file.name}")
    assert not zone.holds(fact, listed("v1"))


def test_file_whose_last_answer_was_bad_is_asked_for_again(store: Files) -> None:
    zone = landing_zone(store)
    zone.land(TUESDAY, sending(WHOLE, "v1"), SOURCE)
    assert not zone.holds(zone.record(TUESDAY, "absent", "gone"), listed("v1"))


def test_altered_file_is_detected_when_it_is_read(store: Files) -> None:
    zone = landing_zone(store)
    file = zone.land(TUESDAY, sending(WHOLE), SOURCE).file
    assert file is not None
    store.write(f"{zone.directory(TUESDAY)}/{file.name}", day_file(good_rows(WEDNESDAY)))
    with pytest.raises(StoredFileError, match=rf"2024-01-02: landed file .*{file.sha256}.* was altered"):
        zone.read(TUESDAY, file)


def test_deleted_file_is_named_when_it_is_read(store: Files) -> None:
    zone = landing_zone(store)
    file = zone.land(TUESDAY, sending(WHOLE), SOURCE).file
    assert file is not None
    store.delete(f"{zone.directory(TUESDAY)}/{file.name}")
    with pytest.raises(StoredFileError, match="cannot be read; materialize raw_day_file again"):
        zone.read(TUESDAY, file)


def test_data_sources_do_not_mix(store: Files) -> None:
    zone = landing_zone(store)
    zone.land(TUESDAY, sending(WHOLE), SOURCE)
    assert LandingZone(zone.store, zone.dataset, "synthetic", LIMITS).fact(TUESDAY) is None

"""Every answer of the provider is recorded for what it is, and a bad one never hides an older good file."""

from __future__ import annotations

import gzip

import pytest

from tbp_assets.bars.facts import LandingStatus
from tbp_assets.errors import (
    Category,
    ConfigError,
    CredentialsError,
    FileAbsentError,
    NotEntitledError,
    RateLimitedError,
    RefusedError,
    SourceUnavailableError,
    TbpError,
)
from tbp_assets.storage.files import Files
from tbp_assets.storage.landing import LandingZone
from tbp_assets_tests.day_files import TUESDAY, day_file, good_rows
from tbp_assets_tests.storage.days import SOURCE, failing, landing_zone, names_in, sending

WHOLE = day_file(good_rows(TUESDAY))
BROKEN = bytes([*WHOLE[:60], WHOLE[60] ^ 0xFF, *WHOLE[61:]])
BAD_FILES = {
    "cut short": (WHOLE[:-12], "not a whole gzip file"),
    "cut inside the trailer": (WHOLE[:-3], "not a whole gzip file"),
    "corrupt": (BROKEN, "not a whole gzip file"),
    "no gzip": (b"<html>Access Denied</html>", "not a whole gzip file"),
    "no bytes": (b"", "the file is empty"),
    "empty inside": (gzip.compress(b""), "the file is empty"),
    "no header": (gzip.compress(b"AAPL,1,2\n"), "the first line is no header of us_stocks_day_aggs: b'AAPL,1,2'"),
    "blank first line": (gzip.compress(b"\nticker,volume\n"), "the first line is no header"),
}


def kept(zone: LandingZone) -> list[str]:
    return names_in(zone.store)


@pytest.mark.parametrize("bad", BAD_FILES)
def test_bad_file_is_unusable_with_its_cause_and_nothing_of_it_is_kept(store: Files, bad: str) -> None:
    zone, (content, cause) = landing_zone(store), BAD_FILES[bad]
    fact = zone.land(TUESDAY, sending(content), SOURCE)
    assert (fact.status, fact.file) == ("unusable", None)
    assert fact.cause.startswith(f"{SOURCE}: {cause}")
    assert zone.fact(TUESDAY) == fact
    assert kept(zone) == ["2024-01-02.json"]


def test_short_download_did_not_arrive_even_where_gzip_is_whole(store: Files) -> None:
    fact = landing_zone(store).land(TUESDAY, sending(WHOLE, announced=1_000_000), SOURCE)
    assert (fact.status, fact.error) == ("unreachable", "network")
    assert fact.cause == f"{SOURCE}: {len(WHOLE)} of 1,000,000 bytes arrived"


@pytest.mark.parametrize(
    ("error", "status"), [(FileAbsentError("no such file"), "absent"), (NotEntitledError("HTTP 403"), "forbidden")]
)
def test_refusal_is_recorded_and_never_taken_for_an_empty_day(
    store: Files, error: Exception, status: LandingStatus
) -> None:
    zone = landing_zone(store)
    fact = zone.land(TUESDAY, failing(error), SOURCE)
    assert (fact.status, fact.cause, fact.file) == (status, str(error), None)
    assert zone.fact(TUESDAY) == fact
    assert kept(zone) == ["2024-01-02.json"]


@pytest.mark.parametrize(
    ("error", "category"),
    [
        (CredentialsError("who are you"), "auth"),
        (RefusedError("your clock is wrong"), "auth"),
        (ConfigError("no bucket"), "configuration"),
    ],
)
def test_what_is_refused_for_one_file_is_recorded_of_its_day(store: Files, error: TbpError, category: str) -> None:
    zone = landing_zone(store)
    fact = zone.land(TUESDAY, failing(error), SOURCE)
    assert (fact.status, fact.cause, fact.error) == ("unreachable", str(error), category)
    assert zone.fact(TUESDAY) == fact
    assert kept(zone) == ["2024-01-02.json"]


def test_what_our_own_store_refuses_is_not_the_files(store: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise CredentialsError("the lake's keys")

    monkeypatch.setattr(type(store), "commit", refused)
    zone = landing_zone(store)
    with pytest.raises(CredentialsError, match="the lake's keys"):
        zone.land(TUESDAY, sending(WHOLE), SOURCE)


def test_a_listing_that_failed_is_newer_than_what_was_known(store: Files) -> None:
    zone = landing_zone(store)
    zone.record(TUESDAY, "unreachable", "HTTP 503", etag="v1", error="network")
    zone.not_listed(TUESDAY, RefusedError("the clock"))
    fact = zone.fact(TUESDAY)
    assert fact
    assert (fact.status, fact.cause, fact.etag, fact.error) == ("unreachable", "the clock", "v1", "auth")
    landed = zone.land(TUESDAY, sending(WHOLE), SOURCE)
    zone.not_listed(TUESDAY, RefusedError("the clock"))
    assert zone.fact(TUESDAY) == landed


@pytest.mark.parametrize(
    ("error", "category"),
    [(SourceUnavailableError("cut off"), "network"), (RateLimitedError("HTTP 503 SlowDown"), "rate_limit")],
)
def test_file_that_does_not_arrive_is_recorded_with_version_and_cause(
    store: Files, error: Exception, category: Category
) -> None:
    zone = landing_zone(store)
    good = zone.land(TUESDAY, sending(WHOLE, "v1"), SOURCE, "v1").file
    fact = zone.land(TUESDAY, failing(error), SOURCE, "v2")
    assert (fact.status, fact.error, fact.cause, fact.etag) == ("unreachable", category, str(error), "v2")
    assert fact.file == good
    assert zone.fact(TUESDAY) == fact


@pytest.mark.parametrize(
    "bad", [sending(WHOLE[:-12], "v2"), failing(FileAbsentError("")), failing(NotEntitledError(""))]
)
def test_older_good_version_stays_known_after_a_bad_answer(store: Files, bad: object) -> None:
    zone = landing_zone(store)
    good = zone.land(TUESDAY, sending(WHOLE, "v1"), SOURCE).file
    fact = zone.land(TUESDAY, bad, SOURCE)  # pyright: ignore[reportArgumentType]  # one of three downloads
    assert fact.status != "landed"
    assert good is not None
    assert fact.file == good
    assert zone.read(TUESDAY, good) == WHOLE


def test_good_answer_after_a_bad_one_clears_the_cause(store: Files) -> None:
    zone = landing_zone(store)
    zone.land(TUESDAY, sending(WHOLE[:-12]), SOURCE)
    fact = zone.land(TUESDAY, sending(WHOLE), SOURCE)
    assert (fact.status, fact.cause) == ("landed", "")


def test_interrupted_download_leaves_nothing(store: Files) -> None:
    zone = landing_zone(store)
    with pytest.raises(KeyboardInterrupt):
        zone.land(TUESDAY, failing(KeyboardInterrupt()), SOURCE)  # pyright: ignore[reportArgumentType]
    assert kept(zone) == []


def test_day_with_a_damaged_manifest_was_never_asked_for_and_lands_again(store: Files) -> None:
    zone = landing_zone(store)
    zone.land(TUESDAY, sending(WHOLE), SOURCE)
    store.write(f"{zone.directory(TUESDAY)}/2024-01-02.json", b'{"trading_date": "2024-')
    assert zone.fact(TUESDAY) is None
    assert zone.land(TUESDAY, sending(WHOLE), SOURCE) == zone.fact(TUESDAY)
    assert len(kept(zone)) == 2

"""Which requests a fault strikes, and how often."""

from __future__ import annotations

from datetime import date

import pytest

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.embedded.provider import Fault, FaultKind, Method
from tbp_assets.embedded.provider.recording import Record
from tbp_assets_tests.day_files import NEW_YEAR, TUESDAY, WEDNESDAY

pytestmark = pytest.mark.unit

KEY = US_STOCKS_DAY_AGGS.key(TUESDAY)
MINUTES = "us_stocks_sip/minute_aggs_v1/2024/01/2024-01-02.csv.gz"


def files_struck(fault: Fault) -> list[bool]:
    return [fault.strikes_file(key) for key in (KEY, MINUTES, US_STOCKS_DAY_AGGS.key(WEDNESDAY), "README")]


def test_a_fault_without_a_choice_strikes_every_file() -> None:
    assert files_struck(Fault("forbidden")) == [True, True, True, True]


def test_a_day_is_that_day_of_every_data_type() -> None:
    assert files_struck(Fault("forbidden", on=TUESDAY)) == [True, True, False, False]


def test_a_prefix_is_a_data_type_or_a_key() -> None:
    assert files_struck(Fault("forbidden", on="us_stocks_sip/day_aggs_v1/")) == [True, False, True, False]
    assert files_struck(Fault("forbidden", on=MINUTES)) == [False, True, False, False]


def test_the_start_of_the_history_is_inside_it() -> None:
    assert files_struck(Fault("not_entitled", before=WEDNESDAY)) == [True, True, False, False]
    assert files_struck(Fault("not_entitled", before=WEDNESDAY, on="us_stocks_sip/m")) == [False, True, False, False]


@pytest.mark.parametrize(
    ("prefix", "struck"),
    [
        ("", True),
        ("us_stocks_sip/day_aggs_v1/", True),
        ("us_stocks_sip/day_aggs_v1/2024/", True),
        ("us_stocks_sip/day_aggs_v1/2024/01/", True),
        (KEY, True),
        ("us_stocks_sip/day_aggs_v1/2024/02/", False),
        ("us_stocks_sip/day_aggs_v1/2023/", False),
    ],
)
def test_a_listing_is_struck_where_it_would_show_the_day(prefix: str, struck: bool) -> None:
    assert Fault("slow_down", on=TUESDAY, methods=("LIST",)).strikes("LIST", prefix) is struck


@pytest.mark.parametrize(
    ("kind", "methods"),
    [
        ("server_error", {"GET"}),
        ("not_entitled", {"GET", "HEAD"}),
        ("bad_key", {"LIST", "GET", "HEAD"}),
        ("stale_list", {"LIST"}),
    ],
)
def test_a_kind_has_its_usual_methods(kind: FaultKind, methods: set[Method]) -> None:
    every: tuple[Method, ...] = ("LIST", "GET", "HEAD", "PUT", "DELETE")
    assert {method for method in every if Fault(kind).strikes(method, KEY)} == methods


@pytest.mark.parametrize(
    ("kind", "choice"),
    [
        ("connect_timeout", {"on": TUESDAY}),
        ("connect_timeout", {"methods": ("GET",)}),
        ("connect_timeout", {"before": TUESDAY}),
        ("list_without_day", {"methods": ("GET",)}),
        ("stale_list", {"methods": ("LIST", "GET")}),
    ],
)
def test_a_choice_that_a_kind_cannot_have_is_refused(kind: FaultKind, choice: dict[str, date]) -> None:
    with pytest.raises(ValueError, match=kind):
        Fault(kind, **choice)  # pyright: ignore[reportArgumentType]  # that is the point


@pytest.mark.parametrize(("times", "struck"), [(1, 1), (3, 3), (None, 5)])
def test_a_fault_strikes_so_many_times(times: int | None, struck: int) -> None:
    record = Record()
    record.inject(Fault("slow_down", times=times))
    assert sum(record.strike("GET", KEY) is not None for _ in range(5)) == struck


def test_faults_strike_in_the_order_of_their_injection() -> None:
    record = Record()
    kinds: tuple[FaultKind, ...] = ("slow_down", "stall", "reset")
    for kind in kinds:
        record.inject(Fault(kind))
    assert record.strike("GET", KEY) == Fault("slow_down")
    assert record.strike("HEAD", KEY) is None
    assert [record.strike("GET", KEY) for _ in range(3)] == [Fault("stall"), Fault("reset"), None]


def test_healing_forgets_faults_and_wakes_who_waits() -> None:
    record = Record()
    record.inject(Fault("slow_down", on=NEW_YEAR, times=None))
    waiting = record.healed
    record.heal()
    assert waiting.is_set()
    assert not record.healed.is_set()
    assert record.strike("GET", US_STOCKS_DAY_AGGS.key(NEW_YEAR)) is None

"""How loud flags are, what each means, and when the settings look for something else."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbp_assets.bars.flags import (
    FLAG_NAMES,
    FLAG_SCHEMA,
    FLAGS,
    SEVERITIES,
    FlagName,
    FlagSettings,
    Severity,
    by_severity,
)
from tbp_assets_tests.bars.flagging import LIMITS, flag_settings
from tbp_assets_tests.day_files import THURSDAY, TUESDAY, WEDNESDAY

pytestmark = pytest.mark.unit

some_severities = st.fixed_dictionaries({name: st.sampled_from(SEVERITIES) for name in FLAG_NAMES})


def test_the_severest_flags_come_first_and_of_these_the_newest() -> None:
    rows = [
        (TUESDAY, "A", "gap"), (WEDNESDAY, "A", "gap"), (TUESDAY, "A", "price_move"), (TUESDAY, "A", "test_ticker"),
        (WEDNESDAY, "B", "stale_price"), (WEDNESDAY, "B", "gap"), (THURSDAY, "A", "appeared"),
    ]  # fmt: skip
    flags = pl.DataFrame([(*row, 1.0, 2.0, "") for row in rows], schema=FLAG_SCHEMA, orient="row")
    severities: dict[FlagName, Severity] = {
        "gap": "warn", "stale_price": "warn", "price_move": "error", "test_ticker": "off", "appeared": "info"
    }  # fmt: skip
    found = by_severity(flags, severities)
    assert found.select("severity", "trading_date", "ticker", "rule").rows() == [
        ("error", TUESDAY, "A", "price_move"), ("warn", WEDNESDAY, "A", "gap"), ("warn", WEDNESDAY, "B", "gap"),
        ("warn", WEDNESDAY, "B", "stale_price"), ("warn", TUESDAY, "A", "gap"), ("info", THURSDAY, "A", "appeared"),
    ]  # fmt: skip
    assert found.schema == FLAG_SCHEMA | {"severity": pl.String()}


def test_every_flag_says_what_it_means() -> None:
    assert list(FLAGS) == list(FLAG_NAMES)
    for name, flag in FLAGS.items():
        assert flag.text.endswith("."), name
        assert flag.observed, name
        assert flag.reference, name
        assert bool(flag.limit) == (name in LIMITS), name


@settings(deadline=None)
@given(some_severities, some_severities)
def test_what_was_looked_for_is_another_only_where_a_flag_is_turned_on_or_off(
    first: dict[FlagName, Severity], second: dict[FlagName, Severity]
) -> None:
    one, other = (FlagSettings(severities, LIMITS, ("ZTST",)) for severities in (first, second))
    same = [first[name] == "off" for name in FLAG_NAMES] == [second[name] == "off" for name in FLAG_NAMES]
    assert (one.identity == other.identity) == same


@pytest.mark.parametrize("name", FLAG_NAMES)
def test_turning_a_flag_off_looks_for_something_else(name: FlagName) -> None:
    others: list[FlagName] = [each for each in FLAG_NAMES if each != name]
    assert flag_settings(*others).identity != flag_settings().identity


@pytest.mark.parametrize("name", LIMITS)
def test_another_limit_looks_for_something_else(name: FlagName) -> None:
    assert flag_settings(limits={name: LIMITS[name] * 1.001}).identity != flag_settings().identity


def test_other_test_tickers_look_for_something_else() -> None:
    identities = {flag_settings(test_tickers=patterns).identity for patterns in [(), ("A",), ("B",), ("A", "B")]}
    assert len(identities) == 4


def test_the_order_of_limits_is_no_difference() -> None:
    turned = FlagSettings(flag_settings().severities, dict(reversed(LIMITS.items())), ("ZTEST*",))
    assert turned.identity == flag_settings().identity

"""What counts as found and as true, shown with flags made by hand."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tbp_assets_tests.planted import KINDS, Kind, false_flags, market, merge, missed, score
from tbp_assets_tests.planted.judged import Flag, flags, perfect, truth
from tbp_assets_tests.planted.kinds import Planted

pytestmark = pytest.mark.unit

# A Friday before a Monday's holiday; the Tuesday is the next session.
FRIDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2021, 1, day) for day in (15, 19, 20, 21))
END = date(2024, 12, 31)
PLANTED = truth(
    Planted("hole", "HOLE", FRIDAY, TUESDAY),
    Planted("split", "SPL", FRIDAY, FRIDAY, "1:10"),
    Planted("jump", "JMP", FRIDAY, FRIDAY),
    Planted("spike", "SPK", FRIDAY, FRIDAY),
    Planted("volume", "VOL", FRIDAY, FRIDAY),
    Planted("stale", "STL", FRIDAY, WEDNESDAY),
    Planted("dead", "DEAD", FRIDAY, END),
    Planted("born", "BORN", FRIDAY, FRIDAY),
)


def of(kind: Kind, *said: Flag, planted: pl.DataFrame = PLANTED) -> dict[str, float | None]:
    """Return the row of a kind of the score of flags."""
    return score(planted, flags(said)).filter(kind=kind).drop("kind").row(0, named=True)


def test_a_perfect_detector_finds_all_and_nothing_else() -> None:
    for planted in (PLANTED, market(5, tickers=8).planted):
        found = score(planted, flags(perfect(planted)))
        assert found["kind"].to_list() == list(KINDS)
        assert found["found"].to_list() == found["planted"].to_list() == found["noticed"].to_list()
        assert found["recall"].to_list() == found["precision"].to_list() == [1.0] * len(KINDS)
        assert missed(planted, flags(perfect(planted))).is_empty()
        assert false_flags(planted, flags(perfect(planted))).is_empty()


def test_a_silent_detector_finds_nothing_and_says_nothing_false() -> None:
    found = score(PLANTED, flags())
    assert found["recall"].to_list() == [0.0] * len(KINDS)
    assert found["precision"].to_list() == [None] * len(KINDS)
    assert len(missed(PLANTED, flags())) == len(PLANTED)


@pytest.mark.parametrize("kind", KINDS)
def test_one_missed_lowers_recall_of_its_kind_alone(kind: Kind) -> None:
    ticker = PLANTED.filter(kind=kind)["ticker"].item()
    found = score(PLANTED, flags(flag for flag in perfect(PLANTED) if flag[1] != ticker))
    assert found.filter(recall=0.0)["kind"].to_list() == [kind]
    assert found.filter(recall=1.0).height == len(KINDS) - 1


def test_a_false_split_lowers_precision() -> None:
    false = (WEDNESDAY, "CALM", "probable_split", "2:1")
    found = of("split", *perfect(PLANTED), false)
    assert (found["recall"], found["flags"], found["true"], found["precision"]) == (1.0, 2, 1, 0.5)
    assert false_flags(PLANTED, flags([*perfect(PLANTED), false]))["ticker"].to_list() == ["CALM"]


@pytest.mark.parametrize("detail", ["1:100 by price", "1:1", "10:1", "", "about 1:10"])
def test_a_split_of_another_ratio_is_noticed_and_true_but_not_found(detail: str) -> None:
    found = of("split", (FRIDAY, "SPL", "probable_split", detail))
    assert (found["found"], found["noticed"], found["precision"]) == (0, 1, 1.0)


@pytest.mark.parametrize("detail", ["1:10", "1:10, prices 10.2 times", "1:10: volume too"])
def test_a_split_is_found_by_the_beginning_of_the_detail(detail: str) -> None:
    assert of("split", (FRIDAY, "SPL", "probable_split", detail))["found"] == 1


def test_a_split_on_the_wrong_day_is_neither_found_nor_true() -> None:
    found = of("split", (TUESDAY, "SPL", "probable_split", "1:10"))
    assert (found["found"], found["noticed"], found["precision"]) == (0, 0, 0.0)


def test_a_jump_called_a_split_is_noticed_only_and_the_split_false() -> None:
    said = ((FRIDAY, "JMP", "price_move", ""), (FRIDAY, "JMP", "probable_split", "2:1"))
    assert (of("jump", *said)["found"], of("jump", *said)["noticed"]) == (0, 1)
    assert of("split", *said)["precision"] == 0.0


def test_a_split_and_a_jump_explain_volume_and_price_on_their_day() -> None:
    said = [(FRIDAY, ticker, rule, "") for ticker in ("SPL", "JMP") for rule in ("volume_spike", "price_move")]
    assert of("volume", *said)["precision"] == 1.0
    assert of("jump", *said)["precision"] == 1.0


def test_the_days_after_a_jump_explain_volume_and_those_after_a_split_do_not() -> None:
    assert of("volume", (WEDNESDAY, "JMP", "volume_spike", ""))["precision"] == 1.0
    assert of("volume", (date(2021, 1, 29), "JMP", "volume_spike", ""))["precision"] == 1.0
    assert of("volume", (date(2021, 2, 1), "JMP", "volume_spike", ""))["precision"] == 0.0
    assert of("volume", (TUESDAY, "SPL", "volume_spike", ""))["precision"] == 0.0


def test_a_hole_needs_both_of_its_flags() -> None:
    vanished, gap = (FRIDAY, "HOLE", "vanished", ""), (WEDNESDAY, "HOLE", "gap", "")
    assert of("hole", vanished)["found"] == of("hole", gap)["found"] == 0
    assert of("hole", vanished, gap)["found"] == 1
    assert of("hole", vanished, (THURSDAY, "HOLE", "gap", ""))["found"] == 0


def test_a_price_that_moved_over_a_hole_or_a_stale_run_is_explained() -> None:
    assert of("jump", (WEDNESDAY, "HOLE", "price_move", ""))["precision"] == 1.0
    assert of("jump", (THURSDAY, "STL", "price_move", ""))["precision"] == 1.0
    assert of("jump", (THURSDAY, "HOLE", "price_move", ""))["precision"] == 0.0
    assert of("split", (WEDNESDAY, "HOLE", "probable_split", "2:1"))["precision"] == 0.0


def test_absence_is_said_once_and_for_holes_and_deaths_alike() -> None:
    said = ((FRIDAY, "HOLE", "vanished", ""), (FRIDAY, "DEAD", "vanished", ""), (TUESDAY, "DEAD", "vanished", ""))
    assert (of("dead", *said)["flags"], of("dead", *said)["true"]) == (3, 2)
    assert (of("hole", *said)["flags"], of("hole", *said)["true"]) == (3, 2)


def test_the_dead_do_not_come_back() -> None:
    vanished = (FRIDAY, "DEAD", "vanished", "")
    assert of("dead", vanished)["found"] == 1
    assert of("dead", vanished, (THURSDAY, "DEAD", "gap", ""))["found"] == 0
    assert of("dead", vanished, (date(2020, 6, 1), "DEAD", "gap", ""))["found"] == 1


def test_stale_prices_are_found_and_true_on_any_of_their_sessions() -> None:
    found = of("stale", (TUESDAY, "STL", "stale_price", ""), (WEDNESDAY, "STL", "stale_price", ""))
    assert (found["found"], found["true"], found["precision"]) == (1, 2, 1.0)
    assert of("stale", (THURSDAY, "STL", "stale_price", ""))["found"] == 0
    assert of("stale", (THURSDAY, "STL", "stale_price", ""))["precision"] == 0.0


def test_a_bad_print_is_no_move_and_a_jump_no_bad_print() -> None:
    assert of("jump", (FRIDAY, "SPK", "price_move", ""))["precision"] == 0.0
    assert of("spike", (FRIDAY, "JMP", "price_spike", ""))["precision"] == 0.0


def test_what_comes_back_has_not_appeared() -> None:
    assert of("born", (WEDNESDAY, "HOLE", "appeared", ""))["precision"] == 0.0


def test_scores_of_markets_add_up() -> None:
    half = flags([*perfect(PLANTED), (WEDNESDAY, "CALM", "probable_split", "2:1")])
    total = merge([score(PLANTED, half), score(PLANTED, flags())])
    assert total["kind"].to_list() == list(KINDS)
    assert total["recall"].to_list() == [0.5] * len(KINDS)
    assert total.filter(kind="split").select("planted", "flags", "precision").row(0) == (2, 2, 0.5)
    assert_frame_equal(merge([total]), total)


def test_what_was_said_instead_is_listed_with_the_missed() -> None:
    said = flags([(WEDNESDAY, "HOLE", "price_move", "up"), (TUESDAY, "CALM", "gap", "")])
    listed = missed(PLANTED, said).filter(kind="hole")
    assert listed["instead"].item() == "2021-01-20 price_move up"
    assert missed(PLANTED, said).filter(kind="dead")["instead"].item() is None

"""Charts before they are drawn: what they say in words, how they fit one day and five years, and that they hold no text
of a stranger outside their data."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from tbp_assets.reports.chart import Chart
from tbp_assets.reports.charts import charts
from tbp_assets.reports.contents import DAYS_SCHEMA, LOADS_SCHEMA, REJECTIONS_SCHEMA, STATISTICS_SCHEMA, ReportContents
from tbp_assets.reports.heat_map import heat_map
from tbp_assets.reports.palette import LIGHT, painted
from tbp_assets.reports.timeline import MOST_COLUMNS, coarser, timeline
from tbp_assets_tests.reports.contents_builder import FIRST, HOSTILE, five_years, nothing, one_day, presence, usual

pytestmark = pytest.mark.unit


def by_id(contents: ReportContents) -> dict[str, Chart]:
    return {chart.id: chart for chart in charts(contents)}


def scored(*scores: float | None) -> ReportContents:
    """Return contents of days with these scores."""
    days = usual(len(scores)).days.with_columns(score=pl.Series(scores, dtype=pl.Float64()))
    return replace(usual(len(scores)), days=days.cast(dict(DAYS_SCHEMA)))  # pyright: ignore[reportArgumentType]


def test_a_chart_without_data_is_a_sentence() -> None:
    drawn = by_id(nothing())
    assert all(chart.spec is None and chart.alternative.endswith(".") for chart in drawn.values())
    assert drawn["rejections"].alternative == "No row was rejected in this range."


def test_no_chart_of_a_usual_range_is_without_rows() -> None:
    for chart in charts(usual()):
        assert chart.spec is not None
        assert all(frame.height for frame in chart.data.values()), chart.id


@pytest.mark.parametrize("text", HOSTILE)
def test_a_strangers_text_is_only_ever_data(text: str) -> None:
    contents = usual(20, (text, "TSTA"))
    contents = replace(
        contents,
        rejections=contents.rejections.with_columns(reason=pl.lit(text)),
        flag_counts=contents.flag_counts.with_columns(rule=pl.lit(text)),
        days=contents.days.with_columns(detail=pl.lit(text)),
    )
    specs = json.dumps([chart.spec for chart in charts(contents)], ensure_ascii=False)
    if len(text) > len("a|b`c"):
        assert json.dumps(text, ensure_ascii=False)[1:-1] not in specs


def test_every_colour_of_a_chart_is_one_of_the_pages() -> None:
    specs = json.dumps(painted([chart.spec for chart in charts(five_years())], LIGHT))
    assert "var(" not in specs


@pytest.mark.parametrize(("days", "step"), [(1, "day"), (60, "day"), (270, "day"), (271, "week"), (1300, "week")])
def test_columns_are_days_while_they_can_be_seen(days: int, step: str) -> None:
    line = timeline(FIRST, usual(days).last)
    assert line.step == step
    assert len(line.starts) <= MOST_COLUMNS


def test_thirty_years_are_shown_by_month_and_labelled_by_some_years() -> None:
    line = timeline(date(1995, 1, 2), date(2016, 12, 30))
    labels, length = line.ticks()
    assert (line.step, length) == ("month", 4)
    assert 5 <= len(labels) <= 12


def test_titles_say_what_a_column_is() -> None:
    assert by_id(usual())["rejections"].title.endswith("by day")
    assert all("week" in chart.title for chart in charts(five_years()) if chart.id != "states")


def test_cells_are_gathered_where_there_are_too_many_days() -> None:
    days = usual(300).days["trading_date"].to_list()
    cells = presence(days, ("TSTA", "TSTB"))
    contents = replace(usual(300), presence=cells)
    chart = heat_map(contents)
    assert chart.title == "Bars present, ticker by week"
    assert f"of {cells['expected'].sum():,} expected bars" in chart.alternative


def test_cells_by_month_are_not_split() -> None:
    assert coarser("month", [date(2024, 1, 1), date(2024, 2, 1)]).step == "month"


def test_narrow_cells_that_lack_nothing_are_one_and_every_gap_is_its_own() -> None:
    contents = five_years()
    cells = heat_map(contents).data["cells"]
    gaps = contents.presence.filter(pl.col("present") < pl.col("expected")).height
    assert cells.filter(pl.col("named") != "all").height == gaps
    assert cells.height < 4 * gaps


def test_narrow_cells_are_not_joined_over_a_time_in_which_no_bar_was_expected() -> None:
    cells = presence(usual(200).days["trading_date"].to_list(), ("TSTA",))
    pause = pl.int_range(pl.len()).is_between(50, 59)
    cells = cells.with_columns(
        expected=pl.when(pause).then(0).otherwise(1), present=pl.when(pause).then(0).otherwise(1)
    )
    drawn = heat_map(replace(usual(200), presence=cells)).data["cells"]
    assert drawn["bars"].to_list() == ["50 of 50 expected", "140 of 140 expected"]


def test_where_no_bar_is_expected_there_is_no_cell() -> None:
    expected = usual().presence.filter(pl.col("expected") > 0).height
    assert expected < usual().presence.height
    assert heat_map(usual()).data["cells"].height == expected


def test_the_ticker_with_most_gaps_is_at_the_top() -> None:
    cells = heat_map(usual()).data["cells"]
    assert cells.filter(pl.col("rank") == 1)["ticker"].unique().to_list() == ["TSTC"]


def test_only_the_tickers_with_most_gaps_are_drawn_where_they_are_many() -> None:
    chart = heat_map(five_years(), most_tickers=25)
    assert chart.title.endswith("the 25 of 60 tickers with most gaps")
    assert chart.data["cells"]["ticker"].n_unique() == 25


@pytest.mark.parametrize(
    ("worst", "bottom"), [(100.0, 1.0), (99.99, 1.0), (99.2, 1.0), (95.0, 10.0), (89.0, 100.0), (0.0, 100.0)]
)
def test_the_scores_axis_ends_below_the_worst_day(worst: float, bottom: float) -> None:
    spec = json.dumps(by_id(scored(100.0, worst))["score"].spec)
    assert f'"domain": [0, {bottom}]' in spec


def test_the_line_of_scores_breaks_where_there_was_no_file() -> None:
    points = by_id(scored(100.0, None, 99.0))["score"].data["scores"]
    assert points["score"].to_list() == [100.0, None, 99.0]
    assert points["low"].to_list() == [False, False, True]


def test_a_weeks_score_is_that_of_its_rows_and_its_lowest_day_is_kept() -> None:
    points = by_id(five_years())["score"].data["scores"]
    withheld = points.filter(pl.col("worst") == 100).row(0, named=True)
    assert withheld["lowest"] == "0.00"
    assert 60 < withheld["score"] < 80


def test_a_day_that_towers_over_the_others_is_cut_off_and_says_its_number() -> None:
    chart = by_id(usual())["rejections"]
    assert chart.data["over"]["said"].to_list() == ["▲ 11,210"]
    assert '"domain": [0, 14.4]' in json.dumps(chart.spec)
    assert "▲" in chart.hint


def test_bars_of_like_height_are_not_cut_off() -> None:
    chart = by_id(usual())["flags"]
    assert "over" not in chart.data


def test_rare_reasons_share_the_last_colour() -> None:
    rows = [{"trading_date": FIRST, "reason": f"reason_{n}", "rows": 20 - n} for n in range(9)]
    chart = by_id(replace(one_day(), rejections=pl.DataFrame(rows, schema=REJECTIONS_SCHEMA)))["rejections"]
    assert [key.label for key in chart.keys] == [*(f"reason_{n}" for n in range(6)), "all others"]
    assert chart.data["bars"]["rows"].to_list() == [20, 19, 18, 17, 16, 15, 14 + 13 + 12]


@pytest.mark.parametrize(("days", "columns"), [(60, 13), (1300, 53)])
def test_the_calendar_has_a_cell_a_day_and_a_letter_unless_it_is_loaded(days: int, columns: int) -> None:
    contents = usual(days)
    chart = by_id(contents)["states"]
    cells, letters = chart.data["days"], chart.data["letters"]
    assert cells.select("at", "row").n_unique() == days
    assert cells["at"].n_unique() <= columns
    assert letters.height == (contents.days["state"] != "loaded").sum()
    assert set(letters.select("state", "letter").iter_rows()) == {("holiday", "H"), ("missing", "M"), ("rejected", "R")}


def test_speeds_far_apart_are_on_a_logarithmic_axis() -> None:
    days = usual(2).days["trading_date"].to_list()
    loads = [
        {"trading_date": day, "rows": 1000, "seconds": seconds} for day, seconds in zip(days, (1, 50), strict=True)
    ]
    chart = by_id(replace(usual(2), loads=pl.DataFrame(loads, schema=LOADS_SCHEMA)))["speed"]
    assert chart.hint == "The axis is logarithmic."
    assert chart.alternative == "2 loads: the median is 510 rows per second, the slowest 20."


def test_a_load_that_was_not_timed_is_no_point() -> None:
    chart = by_id(usual(9))["speed"]
    assert chart.data["speeds"]["speed"].null_count() == 1


def judged(*values: tuple[float, str | None], statistic: str = "volume_ratio") -> ReportContents:
    """Return contents of days with one statistic: its values, and what was found."""
    whole = usual(len(values))
    rows = [
        (day, statistic, value, finding, None)
        for day, (value, finding) in zip(whole.days["trading_date"], values, strict=True)
    ]
    return replace(whole, statistics=pl.DataFrame(rows, schema=STATISTICS_SCHEMA, orient="row"))


@pytest.mark.parametrize(
    ("value", "place"), [(0.2, 0.0), (1.0, 0.5), (5.0, 1.0), (0.0, 0.0), (80.0, 1.0), (5**0.5, 0.75)]
)
def test_a_statistic_lies_where_it_lies_in_its_band_and_at_the_edge_beyond(value: float, place: float) -> None:
    drawn = by_id(judged((value, None)))["statistics"].data["values"]
    assert drawn["place"].to_list() == [place]


def test_a_lane_without_a_limit_on_one_side_ends_with_the_values() -> None:
    drawn = by_id(judged((0.001, None), (0.01, None), (0.02, None), statistic="repeated_rows"))["statistics"]
    assert drawn.data["values"]["place"].to_list() == [0.0, pytest.approx(0.474), 1.0]
    assert drawn.data["limits"]["place"].to_list() == [pytest.approx(0.211)]


def test_only_what_was_found_is_marked_and_the_words_say_how_many_days() -> None:
    drawn = by_id(judged((1.0, None), (6.0, "hold"), (3.0, "warn"), (1.1, None)))["statistics"]
    assert drawn.data["beyond"]["finding"].to_list() == ["hold", "warn"]
    assert drawn.alternative == (
        "4 days judged: 1 with a statistic for which a day is held, 2 with any beyond its band. The newest is "
        "volume_ratio of 6 on 2024-01-03."
    )


def test_a_week_shows_its_worst_day_and_else_its_median() -> None:
    values: list[tuple[float, str | None]] = [(1.0, None)] * 300
    values[4:9] = [(1.5, None), (2.0, None), (3.0, "warn"), (6.0, "hold"), (2.5, None)]
    drawn = by_id(judged(*values))["statistics"].data["values"]
    assert drawn.select("said", "finding").head(3).rows() == [("1", None), ("6", "hold"), ("1", None)]

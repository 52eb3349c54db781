"""The charts of a report, by the section they stand in."""

from __future__ import annotations

from tbp_assets.reports.calendar_chart import day_states
from tbp_assets.reports.chart import Chart
from tbp_assets.reports.contents import ReportContents
from tbp_assets.reports.heat_map import heat_map
from tbp_assets.reports.stacks import flags, rejections
from tbp_assets.reports.trends import load_speed, score_trend
from tbp_assets.reports.whole_days import statistics

CHARTS = (day_states, heat_map, score_trend, rejections, flags, statistics, load_speed)


def charts(contents: ReportContents) -> tuple[Chart, ...]:
    """Return all charts; those without data say so in words."""
    return tuple(chart(contents) for chart in CHARTS)

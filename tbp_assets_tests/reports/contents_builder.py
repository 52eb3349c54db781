"""Builds contents of reports from invented numbers: a usual one with a hole, a withheld day and hostile strings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final

import polars as pl

from tbp_assets.bars.sessions import weekdays
from tbp_assets.bars.whole_day import OPEN, STATISTICS
from tbp_assets.reports import contents as schema
from tbp_assets.reports.contents import Headline, ReportContents
from tbp_assets.reports.frames import bands

Row = Mapping[str, Any]
FIRST: Final = date(2024, 1, 2)
MADE_AT: Final = datetime(2024, 4, 2, 9, 30, tzinfo=UTC)
SCRIPT: Final = "</script><script>window.injected = 1</script>"
IMAGE: Final = "<img src=x onerror=\"window.injected = 2; alert('x')\">"
FORMULA: Final = '=HYPERLINK("http://example.invalid","x")'
TURNED: Final = "AB\u202eC\u2028D\x00E<!--"
HOSTILE: Final = (SCRIPT, IMAGE, FORMULA, TURNED, "{{ 7 * 7 }}", "a|b`c", "+1", "-1", "@x")
INVENTED: Final = tuple(f"TST{letter}" for letter in "ABCDEFGHIJ")
REASONS: Final = ("price_missing", "high_below_low", "duplicate_key", "volume_negative")
RULES: Final = (("price_jump", "warn"), ("stale_price", "info"), ("bar_absent", "error"))


@cache
def usual(days: int = 60, tickers: tuple[str, ...] = (*INVENTED, SCRIPT, TURNED)) -> ReportContents:
    """Return a range with everything in it; the eleventh day is withheld, the 21st to 24th are missing."""
    dates = list(_weekdays(days))
    frame = _frame((_day(number, day) for number, day in enumerate(dates)), schema.DAYS_SCHEMA)
    rejected = list(_rejections(frame))
    lost = int(frame["rejected"].sum())
    return replace(
        nothing(dates[0], dates[-1]),
        headlines=(
            Headline("Days loaded", f"{(frame['state'] == 'loaded').sum()} of {days}", "warning", "Four are missing."),
            Headline("Rows rejected", f"{lost:,}", "bad", "A whole day was withheld."),
            Headline("Bars present", "98.7 %", "good", "Of the bars that are expected."),
            Headline("Rows loaded", f"{frame['loaded'].sum():,}", "neutral", "Into the table."),
        ),
        days=frame,
        rejections=_frame(rejected, schema.REJECTIONS_SCHEMA),
        rejected_rows=_frame(_rejected_rows(frame, tickers), schema.REJECTED_ROWS_SCHEMA),
        flags=_frame(_flags(dates, tickers), schema.FLAGS_SCHEMA),
        flag_counts=_frame(_flag_counts(dates), schema.FLAG_COUNTS_SCHEMA),
        statistics=_frame(_statistics(dates), schema.STATISTICS_SCHEMA),
        bands=bands({name: statistic.band for name, statistic in STATISTICS.items()}),
        tickers=_frame(_totals(tickers, days), schema.TICKERS_SCHEMA),
        presence=presence(dates, tickers),
        coverage=_coverage(dates, tickers),
        restatements=_frame([_restatement(dates[0])], schema.RESTATEMENTS_SCHEMA),
        loads=_frame((_load(number, day) for number, day in enumerate(dates)), schema.LOADS_SCHEMA),
        failures=_frame([_failure(dates[-1])], schema.FAILURES_SCHEMA),
        left_out=("Of the rejected rows the first 500 are in this file.",),
    )


def nothing(first: date = FIRST, last: date = FIRST) -> ReportContents:
    """Return a report of a range of which nothing is known."""
    return ReportContents(
        route="invented market → embedded PostgreSQL",
        data_source="synthetic",
        dataset="us_stocks_day_aggs",
        universe="core",
        first=first,
        last=last,
        made_at=MADE_AT,
        coverage_target=0.98,
        score_target=99.5,
        headlines=(),
        days=_frame((), schema.DAYS_SCHEMA),
        rejections=_frame((), schema.REJECTIONS_SCHEMA),
        rejected_rows=_frame((), schema.REJECTED_ROWS_SCHEMA),
        flags=_frame((), schema.FLAGS_SCHEMA),
        flag_counts=_frame((), schema.FLAG_COUNTS_SCHEMA),
        statistics=_frame((), schema.STATISTICS_SCHEMA),
        bands=_frame((), schema.BANDS_SCHEMA),
        tickers=_frame((), schema.TICKERS_SCHEMA),
        coverage=_frame((), schema.COVERAGE_SCHEMA),
        presence=_frame((), schema.PRESENCE_SCHEMA),
        restatements=_frame((), schema.RESTATEMENTS_SCHEMA),
        loads=_frame((), schema.LOADS_SCHEMA),
        failures=_frame((), schema.FAILURES_SCHEMA),
    )


@cache
def one_day() -> ReportContents:
    """Return a report of one good day."""
    whole = usual(1, INVENTED)
    none = {name: getattr(whole, name).clear() for name in ("failures", "restatements", "flags", "flag_counts")}
    return replace(whole, **none, rejections=whole.rejections.clear(), rejected_rows=whole.rejected_rows.clear())


@cache
def five_years() -> ReportContents:
    """Return 1,300 days of 60 tickers, the heat map by week."""
    tickers = tuple(f"T{number:03}" for number in range(60))
    contents = usual(1300, tickers)
    weekly = contents.presence.with_columns(week=pl.col("start").dt.truncate("1w")).group_by("ticker", "week").agg(
        pl.col("start").min(), pl.col("end").max(), pl.col("expected", "present").sum()
    )  # fmt: skip
    return replace(contents, presence=weekly.sort("ticker", "start").select(contents.presence.columns))


def presence(dates: Sequence[date], tickers: Sequence[str]) -> pl.DataFrame:
    """Return cells a day; the third ticker has a hole, the fourth begins late."""
    rows: list[Row] = []
    for place, ticker in enumerate(tickers):
        begun = dates[min(len(dates) - 1, 15)] if place == 3 else dates[0]
        for number, day in enumerate(dates):
            hole = (place == 2 and 30 <= number % 200 < 42) or (number > 0 and (number * 7 + place * 13) % 97 == 0)
            expected = int(day >= begun)
            rows.append({"ticker": ticker, "start": day, "end": day, "expected": expected,
                         "present": expected * int(not hole)})  # fmt: skip
    return _frame(rows, schema.PRESENCE_SCHEMA)


def _weekdays(count: int) -> Iterator[date]:
    yield from weekdays(FIRST, FIRST + timedelta(days=2 * count + 7))[:count]


def _frame(rows: Any, of: pl.Schema) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=of, orient="row")


def _day(number: int, day: date) -> Row:
    lines = 11_200 + number % 31
    state, rejected, detail = "loaded", (number * 37) % 11 if number % 3 == 0 else 0, ""
    if number % 200 == 10:
        state, rejected, detail = "rejected", lines, f"withheld {IMAGE}"
    elif number % 200 in {20, 21, 22, 23}:
        state, lines, rejected, detail = "missing", 0, 0, "the provider has no file yet"
    elif (day.month, day.day) in {(1, 15), (2, 19), (3, 29), (7, 4), (12, 25), (1, 1)}:
        state, lines, rejected = "holiday", 0, 0
    return {
        "trading_date": day, "state": state, "detail": detail, "lines": lines, "accepted": lines - rejected,
        "rejected": rejected, "modified": 0, "flagged": number % 4, "loaded": 12 if state == "loaded" else 0,
        "score": 100 * (lines - rejected) / lines if lines else None,
    }  # fmt: skip


def _rejections(days: pl.DataFrame) -> Iterator[Row]:
    for number, (day, rejected) in enumerate(days.select("trading_date", "rejected").iter_rows()):
        first = rejected // 2
        for reason, rows in (
            (REASONS[number % 4], rejected - first),
            ("day_withheld" if first > 99 else REASONS[0], first),
        ):
            if rows:
                yield {"trading_date": day, "reason": reason, "rows": rows}


def _rejected_rows(days: pl.DataFrame, tickers: Sequence[str]) -> Iterator[Row]:
    texts = (*HOSTILE, "TSTA,,1.5,1.6,1.4,1.5,1704171600000000000,3", "x" * 900)
    bad = days.filter(pl.col("rejected") > 0)["trading_date"].head(60)
    for number, day in enumerate(bad):
        yield {
            "trading_date": day, "line": 1000 + number,
            "ticker": tickers[number % len(tickers)] if number % 5 else None,
            "reasons": REASONS[number % 4], "text": texts[number % len(texts)],
            "source_key": f"us_stocks_sip/day_aggs_v1/{day:%Y/%m}/{day}.csv.gz",
        }  # fmt: skip


def _flags(days: Sequence[date], tickers: Sequence[str]) -> Iterator[Row]:
    for number, day in enumerate(reversed(days[-40:])):
        rule, severity = RULES[number % 3]
        yield {"trading_date": day, "ticker": tickers[number % len(tickers)], "rule": rule, "severity": severity,
               "observed": 12.5 + number, "reference": 10.0, "detail": HOSTILE[number % len(HOSTILE)]}  # fmt: skip


def _flag_counts(days: Sequence[date]) -> Iterator[Row]:
    for number, day in enumerate(days):
        for place, (rule, severity) in enumerate(RULES):
            if rows := (number * (place + 2)) % 5:
                yield {"trading_date": day, "rule": rule, "severity": severity, "rows": rows}


def _statistics(days: Sequence[date]) -> Iterator[Row]:
    """Yield values well inside their bands; one day in forty has one beyond."""
    for number, day in enumerate(days):
        for place, (name, statistic) in enumerate(STATISTICS.items()):
            lowest, highest = statistic.band.hold if statistic.band.hold != OPEN else statistic.band.warn
            low, high = 0.0 if lowest is None else lowest, 1.0 if highest is None else highest
            value, limit = low + (high - low) * (0.3 + ((number * 31 + place * 17) % 23) / 60), None
            if number % 40 == 39 and place == number % len(STATISTICS):
                value, limit = (2 * high, highest) if highest is not None else (low / 2, lowest)
            yield {"trading_date": day, "statistic": name, "value": value, "limit": limit,
                   "finding": None if limit is None else "hold"}  # fmt: skip


def _totals(tickers: Sequence[str], days: int) -> Iterator[Row]:
    for number, ticker in enumerate((*tickers, "(no ticker)")):
        rejected = max(0, 9 - 2 * number)
        yield {"ticker": ticker, "total": days + 9, "accepted": days + 9 - rejected, "rejected": rejected,
               "modified": 0, "flagged": number, "score": 100 * (days + 9 - rejected) / (days + 9)}  # fmt: skip


def _coverage(days: Sequence[date], tickers: Sequence[str]) -> pl.DataFrame:
    cells = presence(days, tickers).filter(pl.col("expected") > 0)
    of_ticker = cells.group_by("ticker").agg(
        first_seen=pl.col("start").min(), last_seen=pl.col("end").max(), expected=pl.col("expected").sum(),
        present=pl.col("present").sum(),
    )  # fmt: skip
    shares = of_ticker.with_columns(
        missing=pl.col("expected") - pl.col("present"), coverage=pl.col("present") / pl.col("expected")
    )
    full = shares.with_columns(on_target=pl.col("coverage") >= 0.98)
    return full.sort("coverage", "ticker").select(list(schema.COVERAGE_SCHEMA)).cast(dict(schema.COVERAGE_SCHEMA))  # pyright: ignore[reportArgumentType]


def _restatement(day: date) -> Row:
    return {"trading_date": day, "batch_id": 61, "loaded_at": MADE_AT, "earlier_sha256": "ab" * 32,
            "source_sha256": "cd" * 32, "changed": 3, "dropped": 1, "rejected": 0, "outside_validity": 0,
            "added": 2}  # fmt: skip


def _load(number: int, day: date) -> Row:
    return {"trading_date": day, "loaded_at": MADE_AT, "rows": 11_000 + number,
            "seconds": None if number % 9 == 8 else 0.8 + (number * 13 % 17) / 10}  # fmt: skip


def _failure(day: date) -> Row:
    return {"trading_date": day, "error_type": "network", "error_message": f"refused: {SCRIPT}", "attempts": 3,
            "since": MADE_AT}  # fmt: skip

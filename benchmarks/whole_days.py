"""Counts how well a day that is wrong as a whole is told from a genuine one: `python -m benchmarks.whole_days`.

Invents markets (`invented_days`; the seeds by which the bands were set are 101 to 103), judges every genuine day of two
years and a half beside those before it, whole and in narrow universes and after gaps, and plants each fault of
`day_faults` in days of every kind, as the first file of a day and as its restatement. `--real` takes a directory of
genuine day files in place of invented ones for the genuine days.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter, process_time
from typing import Final

import numpy as np
import polars as pl

from benchmarks.day_faults import FAULTS, Around, Fault
from benchmarks.invented_days import Market
from tbp_assets.bars.day_statistics import COMPARED, LATER, SESSIONS, Neighbours, StoredDay, measure, stored_day
from tbp_assets.bars.facts import WholeDay
from tbp_assets.bars.schema import PRICES
from tbp_assets.bars.whole_day import judge

FIRST_DAY: Final = date(2019, 6, 3)
LAST_DAY: Final = date(2021, 5, 28)
FROM: Final = date(2019, 6, 10)  # days before it are the first of the lake
NARROW: Final = (12, 60, 400)
GAPS: Final = (1, 3, 10, 30)
GAP_EVERY: Final = 5  # of the genuine days are judged after gaps, too
PLANTED: Final = (
    date(2019, 7, 3), date(2019, 8, 14), date(2019, 9, 20), date(2019, 11, 29), date(2020, 1, 2), date(2020, 2, 24),
    date(2020, 2, 25), date(2020, 3, 16), date(2020, 3, 20), date(2020, 4, 1), date(2020, 7, 6), date(2020, 9, 8),
    date(2020, 11, 10), date(2020, 11, 27), date(2021, 2, 22), date(2021, 3, 19),
)  # fmt: skip
REJECTED_SHARE: Final = 0.05  # above which the rules for rows keep a day out


@dataclass(slots=True)
class Count:
    """Days, and what became of them."""

    days: int = 0
    held: int = 0
    warned: int = 0
    by: Counter[str] = field(default_factory=Counter[str])
    not_held: list[str] = field(default_factory=list[str])

    def take(self, verdict: str, why: Sequence[str], what: str) -> None:
        """Count a day."""
        self.days += 1
        self.held += verdict == "held"
        self.warned += verdict == "warned"
        self.by.update(why)
        if verdict != "held":
            self.not_held.append(what)


@dataclass(slots=True)
class Counts:
    """What is printed."""

    genuine: dict[str, Count] = field(default_factory=dict[str, Count])
    faults: dict[tuple[str, str], Count] = field(default_factory=dict[tuple[str, str], Count])
    alarms: list[str] = field(default_factory=list[str])
    bars: int = 0
    seconds: float = 0.0
    judged: int = 0

    def judge(self, day: date, bars: pl.DataFrame, near: Neighbours) -> WholeDay:
        """Judge a day and keep the time it took."""
        started = process_time()
        whole = judge(measure(day, bars, near), {})
        self.seconds += process_time() - started
        self.judged += 1
        self.bars += bars.height
        return whole

    def genuine_day(self, what: str, seed: int, day: date, bars: pl.DataFrame, near: Neighbours) -> WholeDay:
        """Judge a genuine day."""
        whole = self.judge(day, bars, near)
        self.genuine.setdefault(what, Count()).take(*_verdict(whole), str(day))
        if whole.findings:
            said = (f"{found.severity} {found.statistic} {found.value:.4g}" for found in whole.findings)
            self.alarms.append(f"{seed} {day} {what}: {', '.join(said)}")
        return whole

    def fault(self, name: str, how: str, what: str, day: date, *, bars: pl.DataFrame, near: Neighbours) -> None:
        """Judge a spoilt day, after the rules for rows."""
        kept = bars.filter(
            pl.col("high") >= pl.max_horizontal("open", "close"), pl.col("low") <= pl.min_horizontal("open", "close")
        )
        if kept.height < (1 - REJECTED_SHARE) * bars.height:
            verdict, why = "held", ["rules for rows"]
        else:
            verdict, why = _verdict(self.judge(day, kept, near))
        self.faults.setdefault((name, how), Count()).take(verdict, why, what)


def _verdict(whole: WholeDay) -> tuple[str, list[str]]:
    holding = [found.statistic for found in whole.holding]
    return ("held", holding) if holding else ("warned" if whole.findings else "passed", [])


def run(seed: int, counts: Counts, tickers: int) -> None:
    """Judge the days of one invented market."""
    rng = np.random.default_rng(seed + 1_000_000)
    before: list[StoredDay] = []
    narrow_before: dict[int, list[StoredDay]] = {size: [] for size in NARROW}
    kept: dict[date, pl.DataFrame] = {}
    waiting: list[tuple[date, list[StoredDay]]] = []
    order: list[date] = []
    universes: dict[int, pl.Series] = {}
    for number, (day, bars) in enumerate(Market(seed, tickers).days(FIRST_DAY, LAST_DAY)):
        what = "whole market" if day >= FROM else "first days of a lake"
        previous = kept[order[-1]] if order else None
        whole = counts.genuine_day(what, seed, day, bars, Neighbours(before[-SESSIONS:], previous))
        if not universes:
            universes = {size: bars["ticker"].sample(size, seed=seed, shuffle=True) for size in NARROW}
        for size in NARROW:
            inside = bars.filter(pl.col("ticker").is_in(universes[size].implode()))
            past, last = narrow_before[size], kept[order[-1]] if order else None
            last = None if last is None else last.filter(pl.col("ticker").is_in(universes[size].implode()))
            found = counts.genuine_day(f"{size} tickers", seed, day, inside, Neighbours(past[-SESSIONS:], last))
            past.append(stored_day(day, inside, found.levels))
        if number % GAP_EVERY == 0:
            for gap in GAPS:
                if len(order) > gap:
                    past = before[:-gap][-SESSIONS:]
                    if (day - past[-1].trading_date).days <= 10:
                        near = Neighbours(past, kept[order[-1 - gap]])
                        counts.genuine_day(f"{gap} sessions missing", seed, day, bars, near)
        before.append(stored_day(day, bars, whole.levels))
        kept[day] = bars
        order.append(day)
        waiting = list(_plant_late(counts, waiting, before, kept=kept, order=order, rng=rng, seed=seed))
        if day in PLANTED:
            waiting.append((day, before[:-1][-SESSIONS:]))


def _plant_late(
    counts: Counts, waiting: list[tuple[date, list[StoredDay]]], stored: list[StoredDay],
    *, kept: dict[date, pl.DataFrame], order: list[date], rng: np.random.Generator, seed: int,
) -> Iterator[tuple[date, list[StoredDay]]]:  # fmt: skip
    """Plant the faults in days after which enough days have passed; yield the others."""
    for day, before in waiting:
        at = order.index(day)
        if len(order) - at - 1 < LATER:
            yield day, before
            continue
        year = order[at - 250] if at >= 250 else None
        around = Around(kept[order[at - 1]], kept[order[at + 1]], kept[order[at - 5]], kept[year] if year else None)
        after = stored[at + 1 : at + 1 + LATER]
        first = Neighbours(before, around.yesterday)
        restated = Neighbours(before, around.yesterday, after, kept[day])
        for name, fault in FAULTS.items():
            bars = fault.spoil(kept[day], around, rng)
            if bars is None:
                continue
            if fault.first:
                counts.fault(name, "first", f"{seed}:{day}", day, bars=bars, near=first)
            counts.fault(name, "restated", f"{seed}:{day}", day, bars=bars, near=restated)


def table(counts: Counts) -> list[str]:
    """Return what was counted, in Markdown."""
    lines = ["| genuine days | judged | held | warned | passed |", "|---|---|---|---|---|"]
    lines += [
        f"| {what} | {each.days:,} | {each.held} | {each.warned} | {each.days - each.held - each.warned:,} |"
        for what, each in counts.genuine.items()
    ]
    lines += ["", "| fault | planted | held | warned | passed | held most by |", "|---|---|---|---|---|---|"]
    for name in FAULTS:
        for how in ("first", "restated"):
            each = counts.faults.get((name, how))
            if each:
                most = ", ".join(by for by, _ in each.by.most_common(2))
                passed = each.days - each.held - each.warned
                lines.append(f"| {name}, {how} | {each.days} | {each.held} | {each.warned} | {passed} | {most} |")
    meant = [each for (name, how), each in counts.faults.items() if _meant(FAULTS[name], how) == "hold"]
    kinds = {name for name, _ in counts.faults if FAULTS[name].meant == "hold"}
    held, planted = sum(each.held for each in meant), sum(each.days for each in meant)
    lines += [
        "",
        f"Faults of {len(kinds)} kinds meant to be held: {held:,} of {planted:,} were ({held / max(planted, 1):.2%}).",
        f"{counts.judged:,} days of {counts.bars:,} bars judged: {1000 * counts.seconds / counts.judged:.1f} ms a day.",
    ]
    return lines


def _meant(fault: Fault, how: str) -> str:
    return fault.restated if how == "restated" and fault.restated else fault.meant


def real(files: Sequence[Path], counts: Counts) -> None:
    """Judge genuine day files, in order."""
    before, previous = list[StoredDay](), None
    for file in sorted(files):
        day = date.fromisoformat(file.name[:10])
        bars = (
            pl.read_csv(file, infer_schema=False)
            .select(
                "ticker",
                *(pl.col(name).cast(pl.Float64, strict=False) for name in COMPARED[1:-1]),
                pl.col("transactions").cast(pl.Int64, strict=False),
            )
            .drop_nulls("close")
            .filter(pl.min_horizontal(PRICES) > 0)
            .unique("ticker", keep="none")
        )
        whole = counts.genuine_day("real files", 0, day, bars, Neighbours(before[-SESSIONS:], previous))
        before.append(stored_day(day, bars, whole.levels))
        previous = bars


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2, help="markets")
    parser.add_argument("--first-seed", type=int, default=1, help="of the first of them")
    parser.add_argument("--tickers", type=int, default=10_400, help="of a day")
    parser.add_argument("--real", type=Path, help="directory of day files, judged in order of their names")
    parser.add_argument(
        "--alarms", action="store_true", help="print every finding of a genuine day, and faults not held"
    )
    arguments = parser.parse_args()
    counts, started = Counts(), perf_counter()
    if arguments.real:
        real(list(arguments.real.rglob("*.csv.gz")), counts)
    else:
        for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
            run(seed, counts, arguments.tickers)
    print("\n".join(table(counts)))
    if arguments.alarms:
        print("\n".join(counts.alarms))
        for (name, how), each in counts.faults.items():
            if each.not_held and _meant(FAULTS[name], how) == "hold":
                print(f"not held: {name}, {how}: {' '.join(each.not_held)}")
    print(f"{perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()

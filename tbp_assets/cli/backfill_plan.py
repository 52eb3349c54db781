"""What a backfill will do, decided from facts before anything is run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from tbp_assets.bars.day_state import DayState, day_state
from tbp_assets.bars.facts import DayFacts, Listed
from tbp_assets.bars.requests import days_to_request
from tbp_assets.bars.rules import judged_otherwise
from tbp_assets.bars.sessions import exchange_date, weekdays
from tbp_assets.bars.universe import Universe
from tbp_assets.cli.session import Session
from tbp_assets.errors import UsageError
from tbp_assets.storage.ledger import stored_rows


@dataclass(frozen=True, slots=True)
class BackfillPlan:
    """The days of a range, each in one of five lists.

    Attributes:
        request: Through all three steps; what is landed already is not downloaded again.
        reload: Landed and validated; only the load is repeated, without a request (another universe, rows gone).
        measure: Loaded; only their quality is measured again (earlier days or settings of quality changed).
        done: Nothing to do.
        unavailable: Open, and the provider lists no file.
        listing: The provider's files among the days that were looked up.
        landed: Days of `request` whose listed version is landed already.
        force: Days that are done are run, too; files of a mirror are read again.
    """

    universe: Universe
    request: list[date]
    reload: list[date]
    measure: list[date]
    done: list[date]
    unavailable: Mapping[date, DayState]
    listing: Mapping[date, Listed]
    landed: list[date]
    force: bool = False

    @property
    def downloads(self) -> list[Listed]:
        """Files that have to be fetched."""
        return [self.listing[day] for day in self.request if day in self.listing and day not in self.landed]

    @property
    def bytes(self) -> int | None:
        """Size of the files to fetch, or None where the source does not tell."""
        sizes = [file.bytes for file in self.downloads]
        return None if None in sizes else sum(size or 0 for size in sizes)


def days_of(session: Session, first: date, last: date) -> list[date]:
    """Return the partitions of a range.

    Raises:
        UsageError: The range is empty, only a weekend, before the first partition or in the future.
    """
    start = session.settings.pipeline.partitions.start_date
    newest = exchange_date(datetime.now(UTC)) - timedelta(days=1)
    if first > last:
        raise UsageError(f"the range ends before it starts: {first} to {last}")
    if first < start:
        raise UsageError(f"{first} lies before the first partition, {start} (pipeline.yml: partitions.start_date)")
    if last > newest:
        raise UsageError(f"{last} has no day file yet: files appear the day after; the newest trading date is {newest}")
    days = weekdays(first, last)
    if not days:
        kind = "is a weekend day" if first == last else f"to {last} is a weekend"
        raise UsageError(f"{first} {kind}: only Monday to Friday are trading dates")
    return days


def chosen(session: Session, tickers: list[str]) -> Universe:
    """Return the universe of a backfill.

    Raises:
        UsageError: A ticker is not in the configured universe.
    """
    universe = session.settings.universe
    known = {listing.ticker for listing in universe.listings}
    unknown = [ticker for ticker in tickers if ticker not in known and not universe.everything]
    if unknown:
        raise UsageError(
            f"unknown ticker {', '.join(unknown)}: not in universe {universe.name!r}. Add it to instruments.yml "
            "(tickers are case-sensitive) or set TBP_UNIVERSE=all"
        )
    return universe.narrowed(tickers) if tickers else universe


def plan_from_lake(session: Session, days: list[date], universe: Universe, *, force: bool) -> BackfillPlan:
    """Decide what the lake alone can do for each day: load what was validated. The provider is not asked."""
    expectation = session.expectation(days)
    facts = session.facts(days[0], days[-1])
    rows = stored_rows(session.database, session.dataset, session.landing.data_source, days[0], days[-1])
    states = {day: day_state(facts[day], expectation, datetime.now(UTC)) for day in days}
    wanted = [
        day
        for day in days
        if states[day].open or _stale(facts[day], states[day], universe, rows) or (force and facts[day].lake)
    ]
    reload = [day for day in wanted if _in_lake(session, facts[day])]
    unavailable = {day: _not_in_lake(facts[day], states[day]) for day in wanted if day not in set(reload)}
    untouched = [day for day in days if day not in {*reload, *unavailable}]
    measure = session.measuring.outdated([facts[day] for day in untouched])
    return BackfillPlan(
        universe=universe,
        request=[],
        reload=reload,
        measure=measure,
        done=[day for day in untouched if day not in set(measure)],
        unavailable=unavailable,
        listing={},
        landed=[],
    )


def _not_in_lake(facts: DayFacts, state: DayState) -> DayState:
    if facts.lake and facts.lake.status == "validated":
        why = "its files there are damaged, of an older day file or judged by other rules"
    else:
        why = state.detail or "it was never validated"
    return DayState(state.state if state.open else "missing", f"the lake cannot serve it: {why}", state.error)


def plan_backfill(session: Session, days: list[date], universe: Universe, *, force: bool) -> BackfillPlan:
    """Decide what to do for each day; the provider is only asked about days the lake cannot serve."""
    now = datetime.now(UTC)
    expectation = session.expectation(days)
    facts = session.facts(days[0], days[-1])
    rows = stored_rows(session.database, session.dataset, session.landing.data_source, days[0], days[-1])
    states = {day: day_state(facts[day], expectation, now) for day in days}
    reload = [] if force else [day for day in days if _reload(session, facts[day], states[day], universe, rows)]
    asked = [day for day in days if day not in set(reload)]
    listing = session.source.days(session.dataset, asked) if asked else dict[date, Listed]()
    wanted = days_to_request([facts[day] for day in asked], listing, in_progress=(), expectation=expectation, now=now)
    # Loaded under another universe, short of rows or judged by other rules, and not to be served by the lake.
    wanted = sorted({*wanted, *(day for day in asked if _stale(facts[day], states[day], universe, rows))})
    unavailable = {
        day: replace(states[day], detail="the provider lists no file")
        for day in asked
        if states[day].open and day not in set(wanted)
    }
    request = [day for day in asked if day not in unavailable] if force else wanted
    untouched = [day for day in asked if day not in {*request, *unavailable}]
    measure = session.measuring.outdated([facts[day] for day in untouched])
    return BackfillPlan(
        universe=universe,
        request=request,
        reload=reload,
        measure=measure,
        done=[day for day in untouched if day not in set(measure)],
        unavailable=unavailable,
        listing=listing,
        landed=[day for day in request if day in listing and session.landing.holds(facts[day].landing, listing[day])],
        force=force,
    )


def _reload(session: Session, facts: DayFacts, state: DayState, universe: Universe, rows: Mapping[date, int]) -> bool:
    """Whether a loaded day only needs its load again, and the lake has it undamaged."""
    return _stale(facts, state, universe, rows) and _in_lake(session, facts)


def _in_lake(session: Session, facts: DayFacts) -> bool:
    """Whether the lake has the newest landed file of a day, validated by today's rules and undamaged."""
    landing, lake = facts.landing, facts.lake
    if lake is None or landing is None or landing.file is None:
        return False
    return lake.status == "validated" and session.lake.is_current(lake, landing.file)


def _stale(facts: DayFacts, state: DayState, universe: Universe, rows: Mapping[date, int]) -> bool:
    load = facts.load
    if load is None or state.state != "loaded":
        return False
    if load.universe_hash != universe.hash or rows.get(facts.trading_date, 0) < load.selected:
        return True
    # Without its file a day cannot be judged again.
    return judged_otherwise(facts) and facts.landing is not None and facts.landing.file is not None


def chunks(days: list[date], size: int) -> list[tuple[date, date]]:
    """Cut days into runs: first and last day of stretches without a gap, none longer than `size`."""
    stretches: list[list[date]] = []
    for day in days:
        previous = stretches[-1][-1] if stretches else None
        adjacent = previous is not None and len(weekdays(previous, day)) == 2  # noqa: PLR2004  # previous and day
        if adjacent and len(stretches[-1]) < size:
            stretches[-1].append(day)
        else:
            stretches.append([day])
    return [(stretch[0], stretch[-1]) for stretch in stretches]

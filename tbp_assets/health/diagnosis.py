"""All questions together, in the order in which a person would ask them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.health import automation, clock, database, days, disk, source
from tbp_assets.health.access import access_questions
from tbp_assets.health.configuration import Problems, configuration
from tbp_assets.health.finding import Finding
from tbp_assets.health.installation import Installation
from tbp_assets.health.memory import MEMORY, memory
from tbp_assets.health.questions import Question, answers
from tbp_assets.settings import Settings

Look = Callable[[Installation], Finding | None]
LOOKS: Mapping[str, Look] = {
    database.DATABASE: database.database,
    database.TIMESCALEDB: database.timescaledb,
    database.TABLES: database.tables,
    disk.LANDING: disk.landing_zone,
    disk.LAKE: disk.lake,
    disk.SERVER: disk.server_disk,
    MEMORY: memory,
    clock.SOURCE_CLOCK: clock.source_clock,
    clock.DATABASE_CLOCK: clock.database_clock,
    automation.DAEMON: automation.daemon,
    automation.SWITCHES: automation.switches,
    days.NEWEST: days.newest_session,
    days.OPEN: days.open_days,
    days.HISTORY: days.history,
}


def diagnose(problems: Problems, automations: Mapping[str, bool] | None) -> list[Finding]:
    """Return a finding for each subject; the configuration's alone where it cannot be read.

    Args:
        problems: What is wrong with the configuration.
        automations: See `examine`.
    """
    found = [configuration(problems)]
    return [*found, *examine(problems.settings, automations)] if problems.settings else found


def examine(settings: Settings, automations: Mapping[str, bool] | None) -> list[Finding]:
    """Return a finding for each subject but the configuration.

    Args:
        settings: As configured.
        automations: The schedules and sensors there are, and whether each runs unless somebody stopped it; None where
            they cannot be told.
    """
    installation = Installation(settings, US_STOCKS_DAY_AGGS, automations)
    questions = [
        Question(source.SOURCE, partial(source.source, installation)),
        *access_questions(installation),
        *(Question(subject, partial(look, installation)) for subject, look in LOOKS.items()),
    ]
    try:
        return answers(questions, settings.pipeline.health.timeout_seconds)
    finally:
        installation.close()


def failed(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings that are faults."""
    return [finding for finding in findings if finding.status == "failed"]

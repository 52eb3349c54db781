"""What was told: once by each channel until it is repaired, kept if the block ends well, forgotten if it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.errors import AlertDelayedError
from tbp_assets.settings.alerts import Channel
from tbp_assets.storage.alerts import Alert, AlertLedger, StandingAlert
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY

pytestmark = pytest.mark.integration
NOON = datetime(2024, 1, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def ledger(project: Project) -> AlertLedger:
    made = AlertLedger(project.database(), US_STOCKS_DAY_AGGS, "polygon")
    made.begin(["webhook", "email"], NOON - HOUR)
    return made


def alert(identity: str = "failed 2024-01-02", at: datetime = NOON) -> Alert:
    return Alert("run_failure", identity, 'it\'s "broken" \0 → 5 %', at, (TUESDAY, WEDNESDAY))


def told(ledger: AlertLedger, *alerts: Alert, channel: Channel = "email", keep: bool = True) -> list[str]:
    """Tell alerts and return the identities of those that were new."""
    with ledger.telling(channel, NOON, keep=keep) as telling:
        return [each.identity for each in telling.add(alerts)]


def end(ledger: AlertLedger, now: datetime) -> list[StandingAlert]:
    with ledger.telling("email", now) as telling:
        return telling.end(ledger.standing())


def test_a_trouble_is_new_once_to_each_channel(ledger: AlertLedger) -> None:
    assert told(ledger, alert(), alert("other"), alert()) == ["failed 2024-01-02", "other"]
    assert told(ledger, alert(), alert("third")) == ["third"]
    assert told(ledger, alert(), channel="webhook") == ["failed 2024-01-02"]
    assert told(AlertLedger(ledger.database, ledger.dataset, "synthetic"), alert()) == ["failed 2024-01-02"]


def test_what_was_told_is_known_with_its_days_and_words(ledger: AlertLedger) -> None:
    told(ledger, alert())
    (standing,) = ledger.standing()
    assert (standing.channel, standing.kind, list(standing.days)) == ("email", "run_failure", [TUESDAY, WEDNESDAY])
    assert (standing.what, standing.happened_at) == ('it\'s "broken"  → 5 %', NOON)


def test_a_repaired_trouble_is_new_only_if_it_happened_after_its_repair(ledger: AlertLedger) -> None:
    told(ledger, alert())
    assert len(end(ledger, NOON + HOUR)) == 1
    assert ledger.standing() == []
    assert told(ledger, alert()) == [], "the run of before, seen again"
    assert told(ledger, alert(at=NOON + 2 * HOUR)) == ["failed 2024-01-02"]


def test_a_repair_is_told_by_one_of_two(ledger: AlertLedger) -> None:
    told(ledger, alert())
    seen = ledger.standing()
    for known in (1, 0):
        with ledger.telling("email", NOON) as telling:
            assert len(telling.end(seen)) == known


def test_a_message_that_is_not_taken_leaves_no_trace(ledger: AlertLedger) -> None:
    def refuse() -> None:
        with ledger.telling("email", NOON) as telling:
            telling.add([alert()])
            raise AlertDelayedError("not reached")

    with pytest.raises(AlertDelayedError):
        refuse()
    assert ledger.standing() == []
    assert ledger.marks()["email"].caught_up_at == NOON - HOUR


def test_a_look_that_keeps_nothing_leaves_no_trace(ledger: AlertLedger) -> None:
    assert told(ledger, alert(), keep=False) == ["failed 2024-01-02"]
    assert ledger.standing() == []
    assert ledger.marks()["email"].caught_up_at == NOON - HOUR


def test_a_channel_begins_once_catches_up_and_is_quiet_until_it_has(ledger: AlertLedger) -> None:
    ledger.begin(["email"], NOON + HOUR)
    ledger.keep_quiet("email", NOON + 2 * HOUR)
    mark = ledger.marks()["email"]
    assert (mark.caught_up_at, mark.quiet_until) == (NOON - HOUR, NOON + 2 * HOUR)
    told(ledger, alert())
    mark = ledger.marks()["email"]
    assert (mark.caught_up_at, mark.quiet_until) == (NOON, None)
    assert ledger.marks()["webhook"].caught_up_at == NOON - HOUR

"""Many of a kind are a count and the first few; no text calls everyone, is too long for Slack, or holds a secret."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tbp_assets.alerts.message import Line, Message, Section
from tbp_assets.alerts.slack import LONGEST_SECTION, payload
from tbp_assets.alerts.words import message
from tbp_assets.masking import remember
from tbp_assets.settings.alerts import AlertKind
from tbp_assets.storage.alerts import Alert, StandingAlert

pytestmark = pytest.mark.unit
NOW = datetime(2024, 1, 6, 18, tzinfo=UTC)
TUESDAY = date(2024, 1, 2)


def alert(kind: AlertKind, day: date | None = TUESDAY, what: str = "it broke") -> Alert:
    return Alert(kind, f"{kind} {day}", what, NOW, (day,) if day else (), "runs/1", run_id="1")


def told(*alerts: Alert, repaired: tuple[StandingAlert, ...] = ()) -> Message:
    made = message(alerts, repaired, ui_url="http://ui")
    assert made is not None
    return made


def test_nothing_to_tell_is_no_message() -> None:
    assert message([], [], ui_url="http://ui") is None


def test_three_hundred_days_are_a_count_and_the_first_few_in_order() -> None:
    days = [TUESDAY + timedelta(days=n) for n in range(300)]
    made = told(*(alert("missing_day", day, f"{day}: gone") for day in days))
    assert made.title == "tbp_assets: 300 trading dates missing"
    (section,) = made.sections
    assert [line.text for line in section.lines] == [f"{day}: gone" for day in days[:5]]
    assert section.more == 295
    assert f"`tbp backfill {days[0]} {days[-1]}`" in section.cure


@pytest.mark.parametrize(("kind", "heading", "command"), [
    ("missing_day", "1 trading date missing", "`tbp backfill 2024-01-02 2024-01-02`"),
    ("run_failure", "1 run failed, for 1 trading date", "`tbp backfill 2024-01-02 2024-01-02`"),
    ("retries_exhausted", "1 trading date given up", "`tbp backfill 2024-01-02 2024-01-02`"),
    ("check_failure", "1 check failed", "`tbp backfill 2024-01-02 2024-01-02 --force`"),
    ("restatement", "1 trading date restated", "`tbp restatements --from 2024-01-02 --to 2024-01-02 --cells`"),
])  # fmt: skip
def test_each_kind_says_what_it_is_and_what_to_do(kind: AlertKind, heading: str, command: str) -> None:
    (section,) = told(alert(kind)).sections
    assert section.heading == heading
    assert command in section.cure
    assert section.lines == (Line("it broke", "http://ui/runs/1"),)


def test_kinds_are_sections_of_one_message() -> None:
    made = told(alert("missing_day"), alert("check_failure", None), alert("missing_day", date(2024, 1, 3)))
    assert made.title == "tbp_assets: 2 trading dates missing; 1 check failed"
    assert "`tbp status` shows the days" in made.sections[1].cure


def test_a_day_that_was_told_thrice_is_well_again_once() -> None:
    kinds: tuple[AlertKind, ...] = ("missing_day", "run_failure", "retries_exhausted")
    standing = tuple(StandingAlert(n, "email", kind, kind, [TUESDAY], "", NOW, NOW) for n, kind in enumerate(kinds))
    made = told(repaired=standing)
    assert made.text.count("2024-01-02 is as it should be") == 1


def test_a_line_is_one_line_of_bounded_length_without_secrets() -> None:
    remember("s3cret-of-a-channel")
    (section,) = told(alert("run_failure", what="a\n b\ts3cret-of-a-channel " + "x" * 1000)).sections
    (line,) = section.lines
    assert line.text.startswith("a b *** xxx")
    assert len(line.text) == 400


def test_slack_gets_blocks_and_a_text_that_is_enough_without_them() -> None:
    made = told(alert("missing_day", what="<!channel> & more"))
    body = payload(made)
    assert body["text"].startswith("tbp_assets: 1 trading date missing")
    assert "- &lt;!channel&gt; & more  http://ui/runs/1" in body["text"]
    header, section = body["blocks"]
    assert header["text"] == {"type": "plain_text", "text": "tbp_assets: 1 trading date missing"}
    assert section["text"]["text"].startswith(
        "*1 trading date missing*\n• &lt;!channel&gt; &amp; more <http://ui/runs/1|open>"
    )


def test_a_block_stays_within_slacks_limit_and_counts_what_it_leaves_out() -> None:
    lines = tuple(Line("<" * 400, "http://ui") for _ in range(5))
    body = payload(Message("title " * 40, (Section("many", lines, more=2, cure="do it"),)))
    header, section = body["blocks"]
    assert len(header["text"]["text"]) == 150
    shown = section["text"]["text"]
    assert len(shown) <= LONGEST_SECTION
    assert shown.count("|open>") == 1
    assert "• and 6 more\ndo it" in shown

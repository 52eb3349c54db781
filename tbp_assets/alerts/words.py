"""Puts alerts into words: many of one kind become one section with a count and the first few."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from tbp_assets.alerts.message import Line, Message, Section
from tbp_assets.alerts.pages import LOADED, day_page
from tbp_assets.masking import masked
from tbp_assets.settings.alerts import AlertKind
from tbp_assets.storage.alerts import Alert, StandingAlert

NAME: Final = "tbp_assets"
FEW: Final = 5
LONGEST_LINE: Final = 400


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _dates(alerts: Sequence[Alert]) -> str:
    return _count(len({day for alert in alerts for day in alert.days}), "trading date")


def _runs(alerts: Sequence[Alert]) -> str:
    runs = _count(len({alert.run_id for alert in alerts}), "run")
    days = {day for alert in alerts for day in alert.days}
    return f"{runs} failed" + (f", for {_count(len(days), 'trading date')}" if days else "")


HEADINGS: Final[dict[AlertKind, Callable[[Sequence[Alert]], str]]] = {
    "missing_day": lambda alerts: f"{_dates(alerts)} missing",
    "held_day": lambda alerts: f"{_dates(alerts)} held",
    "run_failure": _runs,
    "retries_exhausted": lambda alerts: f"{_dates(alerts)} given up",
    "check_failure": lambda alerts: f"{_count(len(alerts), 'check')} failed",
    "restatement": lambda alerts: f"{_dates(alerts)} restated",
}
# With the first and last trading date of the alerts.
CURES: Final[dict[AlertKind, str]] = {
    "missing_day": "To do: `tbp status` says why, `tbp backfill {0} {1}` asks the provider again.",
    "held_day": (
        "Nothing of them is loaded, what stood before stays. To do: `tbp held` says why, `tbp restatements --preview "
        '--from {0} --to {1}` what would change, `tbp approve DAY --reason "..."` lets the file in.'
    ),
    "run_failure": "To do: `tbp failures` says why, `tbp backfill {0} {1}` repeats what is open.",
    "retries_exhausted": (
        "Nothing asks for them by itself any more. To do: `tbp failures` says why, then `tbp backfill {0} {1}`."
    ),
    "check_failure": (
        "To do: look at the page of the check; `tbp backfill {0} {1} --force` loads the days again and checks them."
    ),
    "restatement": (
        "What was computed from the old values is out of date. To do: `tbp restatements --from {0} --to {1} --cells` "
        "shows each value before and after."
    ),
}
CURES_WITHOUT_DAYS: Final[dict[AlertKind, str]] = {
    "run_failure": "To do: the page of the run says why.",
    "check_failure": "To do: look at the page of the check; `tbp status` shows the days.",
}


def message(alerts: Iterable[Alert], repaired: Sequence[StandingAlert], *, ui_url: str) -> Message | None:
    """Return what is told of alerts, and of those that are repaired; None where there are neither.

    Args:
        alerts: What is wrong.
        repaired: What was told and no longer is.
        ui_url: Address of the UI, without a slash at its end.
    """
    by_kind: dict[AlertKind, list[Alert]] = {}
    for alert in alerts:
        by_kind.setdefault(alert.kind, []).append(alert)
    sections = [_section(kind, found, ui_url) for kind, found in by_kind.items()]
    sections += [_all_well(repaired, ui_url)] if repaired else []
    return Message(f"{NAME}: {'; '.join(each.heading for each in sections)}", tuple(sections)) if sections else None


def _section(kind: AlertKind, alerts: list[Alert], ui_url: str) -> Section:
    lines = tuple(Line(_line(alert.what), f"{ui_url}/{alert.page}") for alert in alerts[:FEW])
    days = sorted({day for alert in alerts for day in alert.days})
    cure = CURES[kind].format(days[0], days[-1]) if days else CURES_WITHOUT_DAYS.get(kind, "")
    return Section(HEADINGS[kind](alerts), lines, max(len(alerts) - FEW, 0), cure)


def _line(text: str) -> str:
    # Foreign errors may have said anything.
    line = masked(" ".join(text.split()))
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 2]} …"


def _all_well(repaired: Sequence[StandingAlert], ui_url: str) -> Section:
    days = sorted({day for alert in repaired if alert.kind != "check_failure" for day in alert.days})
    lines = [Line(f"{day} is as it should be", f"{ui_url}/{day_page(day)}") for day in days]
    lines += [Line(f"{_checked(alert)} passes") for alert in repaired if alert.kind == "check_failure"]
    return Section("all well again", tuple(lines[:FEW]), max(len(lines) - FEW, 0))


def _checked(alert: StandingAlert) -> str:
    _, name, *when = alert.identity.split()
    asset, check = name.split(":")
    return f"{check} of {asset}, {' '.join(when[:-1])},"


def trial(ui_url: str) -> Message:
    """Return the message of `tbp alerts test`."""
    lines = (Line("This is how a trouble looks, with a link to its page.", f"{ui_url}/assets/{LOADED}"),)
    return Message(f"{NAME}: a test", (Section("alerts arrive here", lines, cure="Nothing is wrong, nothing to do."),))

"""`tbp doctor`: is everything there that loading days needs, and what is to be done where it is not?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich.text import Text

from tbp_assets.cli.output import out, print_json, table
from tbp_assets.health.configuration import CONFIGURATION, configuration_problems
from tbp_assets.health.diagnosis import diagnose, failed
from tbp_assets.health.finding import Finding
from tbp_assets.settings import Settings

FAILED, UNUSABLE = 1, 2
COLOURS = {"ok": "green", "warning": "yellow", "failed": "bold red"}


def doctor(*, as_json: bool = False) -> int:
    """Run the command and return its exit code: 1 where something failed, 2 where the configuration did."""
    findings = diagnose(configuration_problems(), _automations)
    if as_json:
        print_json([asdict(each) for each in findings])
    else:
        _show(findings)
    faults = failed(findings)
    if any(each.subject == CONFIGURATION for each in faults):
        return UNUSABLE
    return FAILED if faults else 0


def _automations(settings: Settings) -> Mapping[str, bool]:
    # Here, since the definitions take two seconds to import, in which the other questions are asked.
    from tbp_assets.defs.assembly import build_definitions  # noqa: PLC0415
    from tbp_assets.defs.health import switches_of  # noqa: PLC0415

    return switches_of(build_definitions(settings).get_repository_def())


def _show(findings: Sequence[Finding]) -> None:
    if out.is_terminal:
        out.print(_table(findings))
    else:
        for each in findings:
            out.print(f"{each.status:<8} {each.subject}: {each.seen}" + (f" → {each.todo}" if each.todo else ""))
    counts = {status: sum(each.status == status for each in findings) for status in COLOURS}
    out.print(", ".join(f"{count} {status}" for status, count in counts.items()))


def _table(findings: Sequence[Finding]) -> object:
    rows = [
        [Text(each.status, COLOURS[each.status]), each.subject, each.seen + (f"\n→ {each.todo}" if each.todo else "")]
        for each in findings
    ]
    return table(["", "subject", "what was seen, → what to do"], rows)

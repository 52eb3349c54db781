"""`tbp doctor`: is everything there that loading days needs, and what is to be done where it is not?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich.table import Table
from rich.text import Text

from tbp_assets.cli.output import out, print_json
from tbp_assets.errors import ConfigError
from tbp_assets.health.configuration import CONFIGURATION, configuration_problems
from tbp_assets.health.diagnosis import diagnose, failed
from tbp_assets.health.finding import Finding
from tbp_assets.resources.execution import require_execution
from tbp_assets.settings import Settings

FAILED, UNUSABLE = 1, 2
COLOURS = {"ok": "green", "warning": "yellow", "failed": "bold red"}


def doctor(*, as_json: bool = False) -> int:
    """Run the command and return its exit code: 1 where something failed, 2 where the configuration did."""
    problems = configuration_problems(require_execution)
    findings = diagnose(problems, _automations(problems.settings))
    if as_json:
        print_json([asdict(each) for each in findings])
    else:
        _show(findings)
    faults = failed(findings)
    if any(each.subject == CONFIGURATION for each in faults):
        return UNUSABLE
    return FAILED if faults else 0


def _automations(settings: Settings | None) -> Mapping[str, bool] | None:
    # Before the questions are asked: importing the definitions takes seconds that are nobody's answer.
    from tbp_assets.defs.assembly import build_definitions  # noqa: PLC0415
    from tbp_assets.defs.health import switches_of  # noqa: PLC0415

    try:
        repository = build_definitions(settings).get_repository_def() if settings else None
    except ConfigError:
        # Told by the line of the configuration.
        return None
    return switches_of(repository.schedule_defs, repository.sensor_defs) if repository else None


def _show(findings: Sequence[Finding]) -> None:
    if out.is_terminal:
        out.print(_table(findings))
    else:
        for each in findings:
            out.print(f"{each.status:<8} {each.subject}: {each.seen}" + (f" → {each.todo}" if each.todo else ""))
    counts = {status: sum(each.status == status for each in findings) for status in COLOURS}
    out.print(", ".join(f"{count} {status}" for status, count in counts.items()))


def _table(findings: Sequence[Finding]) -> Table:
    grid = Table("", "subject", "what was seen → what to do", box=None, pad_edge=False, header_style="bold")
    for each in findings:
        words = each.seen + (f"\n→ {each.todo}" if each.todo else "")
        grid.add_row(Text(each.status, COLOURS[each.status]), Text(each.subject), Text(words, overflow="fold"))
    return grid

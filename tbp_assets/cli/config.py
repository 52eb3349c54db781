"""`tbp config check`: are files and environment enough, and usable? `tbp config show`: what is in effect, and why?

Nothing is started and nobody is asked: no provider, no database, no embedded server.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tbp_assets.alerts.channels import words_for
from tbp_assets.cli.output import err, out, print_json, table
from tbp_assets.config_loader import ConfigLoader, Setting, config_dir, effective_settings, load_settings
from tbp_assets.health.configuration import Problems, configuration_problems
from tbp_assets.resources.execution import require_execution
from tbp_assets.resources.route import planned_route
from tbp_assets.settings import Settings, TickerConfig

INCOMPLETE = 2


def check(*, as_json: bool = False) -> int:
    """Say whether the configuration is enough; return the exit code."""
    found = configuration_problems(require_execution)
    _print_json(found) if as_json else _print(found)
    return INCOMPLETE if found.reasons else 0


def show(*, as_json: bool = False) -> int:
    """Print every setting in effect with its origin; return the exit code.

    Raises:
        ConfigError: The configuration cannot be read.
    """
    load_settings()  # reads .env
    settings = effective_settings(ConfigLoader(config_dir()))
    if as_json:
        print_json([_as_json(each) for each in settings])
    elif out.is_terminal:
        out.print(_settings_table(settings))
    else:
        for each in settings:
            out.print(f"{each.file}.{each.key} = {_text(each.value)}  ({', '.join(map(str, each.origins))})")
    return 0


def _settings_table(settings: Sequence[Setting]) -> Table:
    grid = Table("setting", "value", "origin", box=None, pad_edge=False, header_style="bold")
    for each in settings:
        origins = ", ".join(map(str, each.origins))
        grid.add_row(*(Text(words) for words in (f"{each.file}.{each.key}", _text(each.value), origins)))
    for column in grid.columns:
        column.overflow = "fold"
    return grid


def _as_json(setting: Setting) -> dict[str, object]:
    return {
        "file": setting.file,
        "key": setting.key,
        "value": setting.value,
        "origin": ", ".join(map(str, setting.origins)),
        "variables": [name for origin in setting.origins for name in origin.variables],
        "override": any(origin.override for origin in setting.origins),
    }


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(each)}" for key, each in cast("Mapping[str, object]", value).items()) or "all"
    if isinstance(value, list):
        return "; ".join(_text(each) for each in cast("list[object]", value)) or "none"
    return "none" if value is None else str(value) or "empty"


def _instruments(settings: Settings) -> list[TickerConfig]:
    return sorted(settings.instruments.instruments, key=lambda ticker: ticker.priority)


def _groups(settings: Settings) -> dict[str, list[str]]:
    config = settings.instruments
    return {name: [ticker.symbol for ticker in config.members(name)] for name in config.groups}


def _print_json(found: Problems) -> None:
    settings = found.settings
    print_json(
        {
            "ok": not found.reasons,
            "reasons": found.reasons,
            "missing": found.missing,
            "route": planned_route(settings) if settings else None,
            "alerts": words_for(settings.pipeline.alerts) if settings else None,
            "instruments": [each.model_dump(mode="json") for each in _instruments(settings)] if settings else [],
            "groups": _groups(settings) if settings else {},
        }
    )


def _print(found: Problems) -> None:
    if found.settings and not found.reasons:
        _print_settings(found.settings)
    for sentence in found.reasons:
        kind = "missing" if sentence in found.missing else "wrong"
        err.print(f"[red]{kind}[/] {escape(sentence)}")
    out.print("configuration is not complete" if found.reasons else "configuration is complete")


def _print_settings(settings: Settings) -> None:
    out.print(planned_route(settings))
    columns = ["symbol", "name", "sector", "class", "priority", "valid from", "formerly"]
    rows = [
        [t.symbol, t.name, t.sector, t.asset_class, t.priority, t.valid_from or "",
         ", ".join(f"{former.symbol} until {former.until}" for former in t.formerly)]
        for t in _instruments(settings)
    ]  # fmt: skip
    out.print(table(columns, rows))
    for name, symbols in _groups(settings).items():
        out.print(f"{name}: {' '.join(symbols)}")
    out.print(words_for(settings.pipeline.alerts))
    out.print(f"universe: {settings.universe.name} ({settings.universe.hash})")

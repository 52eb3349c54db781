"""`tbp config check`: are the four files and the environment enough, and usable, for what was chosen?

Nothing is started and nobody is asked: no provider, no database, no embedded server.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from rich.markup import escape

from tbp_assets.cli.output import err, out, print_json, table
from tbp_assets.config_loader import load_settings
from tbp_assets.defs.executors import build_executor
from tbp_assets.errors import ConfigError, TbpError
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.route import planned_route
from tbp_assets.resources.stand_ins import refuse_stand_ins
from tbp_assets.resources.store import StoreResource
from tbp_assets.settings import Settings, TickerConfig
from tbp_assets.settings.urls import BucketPrefix, known_source

INCOMPLETE = 2


@dataclass(slots=True)
class _Findings:
    """What is to be changed: variables that are not set, and settings that cannot be used."""

    settings: Settings | None = None
    missing: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])

    @property
    def reasons(self) -> list[str]:
        return list(dict.fromkeys([*self.wrong, *self.missing]))


def check(*, as_json: bool = False) -> int:
    """Run the command and return its exit code."""
    found = _findings()
    _print_json(found) if as_json else _print(found)
    return INCOMPLETE if found.reasons else 0


def _findings() -> _Findings:
    found = _Findings()
    try:
        settings = found.settings = load_settings()
    except ConfigError as error:
        found.wrong.append(str(error))
        return found
    found.missing += settings.database.missing_for_database()
    looks: list[Callable[[], object]] = [
        lambda: refuse_stand_ins(settings),
        lambda: found.missing.extend(settings.s3.missing_for_source()),
        lambda: known_source(settings.s3.url) if settings.s3.url else None,
        # A client for S3 is only made with both keys; what they lack is told already.
        lambda: None if settings.s3.missing_for_source() else FlatFilesResource.from_settings(settings).check(),
        lambda: _check_store(settings),
        lambda: build_executor(settings),
    ]
    for look in looks:
        try:
            look()
        except TbpError as error:
            found.wrong.append(str(error))
    return found


def _check_store(settings: Settings) -> None:
    """Raise ConfigError where landing zone and lake cannot lie: a file is in the way, rights are lacking, no client."""
    where = "TBP_LAKE_URL, pipeline.yml: lake_url" if settings.pipeline.lake_url else "TBP_HOME, pipeline.yml: home"
    StoreResource.from_settings(settings).files()
    root = settings.store
    if isinstance(root, BucketPrefix):
        return
    try:
        existing = next(place for place in (root, *root.parents) if place.exists())
    except OSError as error:
        raise ConfigError(f"{root} cannot be reached: {error.strerror} ({where})") from error
    if not existing.is_dir():
        raise ConfigError(f"{existing} is no directory ({where})")


def _instruments(settings: Settings) -> list[TickerConfig]:
    return sorted(settings.instruments.instruments, key=lambda ticker: ticker.priority)


def _groups(settings: Settings) -> dict[str, list[str]]:
    config = settings.instruments
    return {name: [ticker.symbol for ticker in config.members(name)] for name in config.groups}


def _print_json(found: _Findings) -> None:
    settings = found.settings
    print_json(
        {
            "ok": not found.reasons,
            "reasons": found.reasons,
            "missing": found.missing,
            "route": planned_route(settings) if settings else None,
            "instruments": [each.model_dump(mode="json") for each in _instruments(settings)] if settings else [],
            "groups": _groups(settings) if settings else {},
        }
    )


def _print(found: _Findings) -> None:
    if found.settings:
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
    out.print(f"universe: {settings.universe.name} ({settings.universe.hash})")

"""Is the configuration enough, and usable, for what was chosen? Nothing is started and nobody is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from tbp_assets.config_loader import ConfigLoader, config_dir, load_settings
from tbp_assets.errors import ConfigError, TbpError
from tbp_assets.health.finding import Finding
from tbp_assets.resources.opening import check_source
from tbp_assets.resources.places import require_home, require_store
from tbp_assets.resources.route import planned_route
from tbp_assets.resources.stand_ins import refuse_stand_ins
from tbp_assets.settings import Settings
from tbp_assets.settings.urls import known_source

CONFIGURATION = "configuration"


@dataclass(slots=True)
class Problems:
    """What is to be changed: variables that are not set, and settings that cannot be used.

    Attributes:
        settings: None where they cannot even be read.
    """

    settings: Settings | None = None
    missing: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])

    @property
    def reasons(self) -> list[str]:
        """All of it, each once."""
        return list(dict.fromkeys([*self.wrong, *self.missing]))

    def look(self, *looks: Callable[[], object]) -> None:
        """Look, and keep what each of the looks says is wrong."""
        for each in looks:
            try:
                each()
            except TbpError as error:
                self.wrong.append(str(error))


def configuration_problems(*looks: Callable[[Settings], object]) -> Problems:
    """Return what is wrong with the process's configuration, the files of all environments included.

    Args:
        looks: What else raises where the settings cannot be used.
    """
    found = Problems()
    try:
        settings = found.settings = load_settings()
    except ConfigError as error:
        found.wrong.append(str(error))
    else:
        found.missing += settings.database.missing_for_database()
        _look_at(settings, found)
        found.look(*(partial(look, settings) for look in looks))
    found.look(lambda: found.wrong.extend(ConfigLoader(config_dir()).problems_elsewhere()))
    return found


def configuration(found: Problems) -> Finding:
    """Say whether the configuration is complete."""
    if found.reasons or found.settings is None:
        todo = "`tbp config show` tells where each value comes from"
        return Finding(CONFIGURATION, "failed", "; ".join(found.reasons), todo)
    environment = found.settings.pipeline.environment
    return Finding(CONFIGURATION, "ok", f"{planned_route(found.settings)}, environment {environment}")


def _look_at(settings: Settings, found: Problems) -> None:
    found.look(
        lambda: refuse_stand_ins(settings),
        lambda: found.missing.extend(settings.s3.missing_for_source()),
        lambda: known_source(settings.s3.url) if settings.s3.url else None,
        # A client for S3 is only made with both keys; what they lack is told already.
        lambda: None if settings.s3.missing_for_source() else check_source(settings.s3),
        lambda: require_home(settings.home),
        lambda: require_store(settings),
    )

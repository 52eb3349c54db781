"""Whether the directories of the settings can be used at all, told before anything is started there."""

import os
from pathlib import Path

from tbp_assets.errors import ConfigError
from tbp_assets.settings import Settings
from tbp_assets.settings.urls import BucketPrefix
from tbp_assets.storage.opening import open_files

HOME_SETTING, LAKE_SETTING = "TBP_HOME, pipeline.yml: home", "TBP_LAKE_URL, pipeline.yml: lake_url"


def require_home(home: Path) -> None:
    """Raise ConfigError unless TBP_HOME is a directory this user can write to, or can become one."""
    _require(home, HOME_SETTING)


def require_store(settings: Settings) -> None:
    """Raise ConfigError unless landing zone and lake lie, or can be made, in a directory this user can write to.

    Of a bucket only what can be told without asking it: whether a client can be made.
    """
    place = settings.store
    if isinstance(place, BucketPrefix):
        open_files(place, settings.s3.lake)
    else:
        _require(place, LAKE_SETTING if settings.pipeline.lake_url else HOME_SETTING)


def nearest(directory: Path) -> Path:
    """Return the directory, or what stands in place of it or of the first of its parents that is there.

    Raises:
        OSError: It cannot be looked for.
    """
    return next(place for place in (directory, *directory.parents) if place.exists())


def _require(directory: Path, setting: str) -> None:
    try:
        existing = nearest(directory)
    except OSError as error:
        raise ConfigError(f"{directory} cannot be reached: {error.strerror} ({setting})") from error
    if not existing.is_dir():
        raise ConfigError(f"{existing} is no directory ({setting})")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise ConfigError(f"Permission denied: {existing} may not be written to by this user ({setting})")

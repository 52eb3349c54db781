"""Typed models of the four files in config/.

Reading the files is `config_loader`'s; deciding what a setting does is the part's that it belongs to.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

from tbp_assets.bars.universe import Universe
from tbp_assets.errors import ConfigError
from tbp_assets.settings.connections import DatabaseConfig, LakeConfig, S3Config
from tbp_assets.settings.instruments import InstrumentsConfig, TickerConfig
from tbp_assets.settings.models import ConfigModel
from tbp_assets.settings.pipeline import PipelineConfig
from tbp_assets.settings.urls import BucketPrefix, lake_place

__all__ = [
    "PROJECT_ROOT",
    "DatabaseConfig",
    "InstrumentsConfig",
    "LakeConfig",
    "PipelineConfig",
    "S3Config",
    "Settings",
    "TickerConfig",
]

# Where config/, dagster.yaml and workspace.yaml are: the checkout, or, for a package installed from a wheel, the
# directory that TBP_PROJECT names.
PROJECT_ROOT = Path(os.environ.get("TBP_PROJECT") or Path(__file__).resolve().parents[2]).resolve()


class Settings(ConfigModel):
    """The four files together."""

    instruments: InstrumentsConfig
    pipeline: PipelineConfig
    s3: S3Config
    database: DatabaseConfig
    config_dir: Path

    @property
    def home(self) -> Path:
        """TBP_HOME as an absolute path."""
        return PROJECT_ROOT / self.pipeline.home.expanduser()

    @property
    def store(self) -> Path | BucketPrefix:
        """Directory or bucket of landing zone and lake.

        Raises:
            ConfigError: TBP_LAKE_URL is neither empty nor a file:// or s3:// URL.
        """
        url = self.pipeline.lake_url
        return lake_place(url) if url else self.home

    @property
    def logs(self) -> Path:
        """Directory of the log files."""
        directory = self.pipeline.logs.directory
        return PROJECT_ROOT / Path(directory).expanduser() if directory else self.home / "logs"

    def check(self) -> None:
        """Raise ConfigError where a value names something that is not there, or contradicts another."""
        _ = self.store, self.universe
        window, after = self.pipeline.schedule.correction_window_days, self.database.compress_after_days
        if 0 < after < window:
            raise ConfigError(
                f"database.yml: compress_after_days: {after} lies within schedule.correction_window_days: {window} "
                f"of pipeline.yml: days that are still corrected are not compressed. Make it {window} or more, or 0"
            )

    @cached_property
    def universe(self) -> Universe:
        """The universe whose bars enter the database."""
        return self.instruments.universe(self.pipeline.universe)

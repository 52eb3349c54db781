"""config/pipeline.yml: how the days flow."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from tbp_assets.bars.day_state import Expectation
from tbp_assets.bars.failures import Patience
from tbp_assets.bars.sessions import exchange_date, expected_sessions
from tbp_assets.settings.alerts import AlertsConfig
from tbp_assets.settings.models import ConfigModel
from tbp_assets.settings.quality import QualityConfig
from tbp_assets.settings.whole_day import WholeDayConfig


def _clock(value: object) -> object:
    # YAML 1.1 reads 11:30 without quotes as 690, which would be eleven and a half minutes past midnight.
    if isinstance(value, str) and re.fullmatch(r"\d{1,2}:\d{2}", value):
        return value.rjust(5, "0")
    raise ValueError('write the time of day in quotes, as in "11:30"')


ClockTime = Annotated[time, BeforeValidator(_clock)]


def _begun(day: date) -> date:
    today = exchange_date(datetime.now(UTC))
    if day > today:
        raise ValueError(f"{day} lies in the future (today is {today} in New York): there would be no partition")
    return day


class PartitionsConfig(ConfigModel):
    """Which trading dates exist as partitions."""

    start_date: Annotated[date, Field(ge=date(2003, 9, 10)), AfterValidator(_begun)]


class ScheduleConfig(ConfigModel):
    """When the provider is asked, and when an absent file is missing. Times are New York's."""

    ask_at: ClockTime
    expected_by: ClockTime
    look_back_days: Annotated[int, Field(ge=1, le=365)]
    correction_window_days: Annotated[int, Field(ge=1, le=3660)]
    watch_seconds: Annotated[int, Field(ge=30, le=86400)]
    closures: frozenset[date]

    def expectation(self, days: Collection[date]) -> Expectation:
        """Return what is expected of the provider from the first to the last of some days."""
        sessions = expected_sessions(min(days), max(days)) if days else frozenset[date]()
        return Expectation(sessions - self.closures, self.expected_by)


class BackfillConfig(ConfigModel):
    """How a range of days is cut into runs."""

    max_partitions_per_run: Annotated[int, Field(ge=1, le=1000)]


class CeleryConfig(ConfigModel):
    """Where tasks wait for workers, and where their results go; the URLs may hold passwords."""

    broker_url: SecretStr
    backend_url: SecretStr

    @property
    def backend(self) -> SecretStr:
        """Where results go: what was configured, else a Redis broker itself, else the sender's own queue (RabbitMQ)."""
        redis = self.broker_url.get_secret_value().startswith(("redis:", "rediss:"))
        return self.backend_url or (self.broker_url if redis else SecretStr("rpc://"))


class ExecutionConfig(ConfigModel):
    """Where runs and their steps work."""

    launcher: Literal["default", "celery"]
    executor: Literal["in_process", "multiprocess", "celery", "k8s"]
    max_concurrent: Annotated[int, Field(ge=1, le=1000)]
    celery: CeleryConfig


class DownloadConfig(ConfigModel):
    """How day files are fetched."""

    max_workers: Annotated[int, Field(ge=1, le=32)]


class ValidationConfig(ConfigModel):
    """When a day is not trusted at all. Size and lines are bounded, because memory grows with them."""

    max_rejected_share: Annotated[float, Field(ge=0, lt=1)]
    max_file_mb: Annotated[int, Field(ge=1, le=2000)]
    max_lines: Annotated[int, Field(ge=2, le=100_000_000)]
    whole_day: WholeDayConfig = WholeDayConfig()


class LogsConfig(ConfigModel):
    """Where log lines go, and how much of them is kept."""

    directory: str
    max_mb: Annotated[float, Field(gt=0, le=10_000)]
    files: Annotated[int, Field(ge=1, le=100)]
    console: Literal["text", "json"]


class RetryConfig(ConfigModel):
    """How often a step is repeated after a transient fault, and how a day that failed is asked for again."""

    max_retries: Annotated[int, Field(ge=0, le=20)]
    delay_seconds: Annotated[float, Field(ge=0)]
    first_pause_minutes: Annotated[float, Field(gt=0)]
    longest_pause_hours: Annotated[float, Field(gt=0)]
    max_attempts: Annotated[int, Field(ge=1, le=1000)]
    keep_resolved_days: Annotated[int, Field(ge=1)]

    @property
    def patience(self) -> Patience:
        """How long a failed day is left alone, and after how many attempts it is left to a person."""
        return Patience(
            timedelta(minutes=self.first_pause_minutes), timedelta(hours=self.longest_pause_hours), self.max_attempts
        )


class HealthConfig(ConfigModel):
    """The limits of `tbp doctor` and of the job `health`."""

    min_free_gb: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    max_memory_share: Annotated[float, Field(gt=0, le=1)]
    max_clock_skew_seconds: Annotated[float, Field(ge=1, allow_inf_nan=False)]
    max_heartbeat_age_seconds: Annotated[float, Field(ge=60, allow_inf_nan=False)]
    daemon_severity: Literal["warn", "error"]
    timeout_seconds: Annotated[float, Field(ge=1, le=300)]


class PipelineConfig(ConfigModel):
    """config/pipeline.yml."""

    environment: str
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
    home: Path
    lake_url: str
    universe: str
    partitions: PartitionsConfig
    schedule: ScheduleConfig
    backfill: BackfillConfig
    execution: ExecutionConfig
    download: DownloadConfig
    validation: ValidationConfig
    quality: QualityConfig
    retry: RetryConfig
    health: HealthConfig
    alerts: AlertsConfig
    logs: LogsConfig

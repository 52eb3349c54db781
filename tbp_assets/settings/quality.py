"""The section `quality` of config/pipeline.yml: what is worth a look, how severe it is, and what is aimed at."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from tbp_assets.bars.continuity import LOOK_BACK
from tbp_assets.bars.flags import FLAG_NAMES, FLAGS, FlagName, FlagSettings, Severity
from tbp_assets.settings.instruments import Symbol
from tbp_assets.settings.models import ConfigModel

CheckSeverity = Literal["warn", "error"]


def _severity(value: object) -> object:
    # YAML 1.1 reads off without quotes as false.
    return "off" if value is False else value


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("write a number, not true or false")  # noqa: TRY004  # pydantic's protocol
    return value


class FlagConfig(ConfigModel):
    """How severe a flag is, and, where it has one, the limit at which it begins."""

    severity: Annotated[Severity, BeforeValidator(_severity)]
    limit: Annotated[float, BeforeValidator(_number), Field(gt=0, allow_inf_nan=False)] | None = None


class QualityConfig(ConfigModel):
    """What the checks and reports of quality hold a day to."""

    score_target: Annotated[float, Field(ge=0, le=100)]
    score_severity: CheckSeverity
    coverage_target: Annotated[float, Field(gt=0, le=1)]
    coverage_severity: CheckSeverity
    test_tickers: tuple[Symbol, ...]
    flags: dict[FlagName, FlagConfig]

    @model_validator(mode="after")
    def _complete(self) -> QualityConfig:
        absent = [name for name in FLAG_NAMES if name not in self.flags]
        if absent:
            raise ValueError(f"flags without a severity: {', '.join(absent)} (`severity: off` turns one off)")
        for name, flag in self.flags.items():
            if FLAGS[name].limit and flag.limit is None:
                raise ValueError(f"flag {name} needs a limit ({FLAGS[name].limit})")
            if flag.limit is not None and not FLAGS[name].limit:
                raise ValueError(f"flag {name} has no limit to set")
        if (self.flags["stale_price"].limit or 0) > LOOK_BACK:
            raise ValueError(f"flag stale_price: no more than {LOOK_BACK} days are looked back on")
        return self

    @property
    def severities(self) -> dict[FlagName, Severity]:
        """How severe each flag is."""
        return {name: flag.severity for name, flag in self.flags.items()}

    @property
    def flag_settings(self) -> FlagSettings:
        """What to look for."""
        return FlagSettings(
            severities=self.severities,
            limits={name: flag.limit for name, flag in self.flags.items() if flag.limit is not None},
            test_tickers=self.test_tickers,
        )

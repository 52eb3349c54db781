"""The section `validation.whole_day` of config/pipeline.yml: the bands a day as a whole is held to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from tbp_assets.bars.whole_day import FEWEST_BARS, OPEN, STATISTICS, Band, Limits
from tbp_assets.settings.models import ConfigModel

Limit = Annotated[float, Field(allow_inf_nan=False)]


class BandConfig(ConfigModel):
    """From where on a statistic is worth a look, and from where on a day is held: lowest and highest, null for none."""

    warn: tuple[Limit | None, Limit | None] = OPEN
    hold: tuple[Limit | None, Limit | None] = OPEN

    @model_validator(mode="after")
    def _ordered(self) -> BandConfig:
        for name, (lowest, highest) in (("warn", self.warn), ("hold", self.hold)):
            if lowest is not None and highest is not None and lowest > highest:
                raise ValueError(f"{name}: the lowest ({lowest:g}) is above the highest ({highest:g})")
        if _inside(self.hold, self.warn):
            raise ValueError("hold lies inside warn: a day would be held before it is worth a look")
        return self


def _inside(hold: Limits, warn: Limits) -> bool:
    """Whether a day would be held without a warning before."""
    low = hold[0] is not None and warn[0] is not None and hold[0] > warn[0]
    high = hold[1] is not None and warn[1] is not None and hold[1] < warn[1]
    return low or high


class WholeDayConfig(ConfigModel):
    """How a day as a whole is judged before anything of it is loaded."""

    fewest_bars: Annotated[int, Field(ge=1)] = FEWEST_BARS
    statistics: dict[str, BandConfig] = Field(default_factory=dict)

    @field_validator("statistics")
    @classmethod
    def _known(cls, statistics: dict[str, BandConfig]) -> dict[str, BandConfig]:
        if unknown := [name for name in statistics if name not in STATISTICS]:
            raise ValueError(f"no such statistic: {', '.join(unknown)} (there are {', '.join(STATISTICS)})")
        return statistics

    @property
    def bands(self) -> dict[str, Band]:
        """The limits of each statistic: the configured ones, else its own."""
        own = {name: statistic.band for name, statistic in STATISTICS.items()}
        return own | {name: Band(band.warn, band.hold) for name, band in self.statistics.items()}

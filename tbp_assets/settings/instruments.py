"""config/instruments.yml: the instruments, the names they traded under, and groups of them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from tbp_assets.bars.universe import Listing, Universe
from tbp_assets.errors import ConfigError
from tbp_assets.settings.models import ConfigModel

AssetClass = Literal["stock", "etf"]


def _symbol(value: object) -> object:
    # YAML 1.1 reads NA as text but TRUE, ON and NO as booleans: they are tickers.
    if isinstance(value, bool):
        raise ValueError('YAML read a boolean: put the ticker in quotes, as in "TRUE"')  # noqa: TRY004  # pydantic's protocol
    return value


# The same characters as the rule ticker_malformed lets in: another symbol could never have a bar.
Symbol = Annotated[str, BeforeValidator(_symbol), Field(pattern=r"^[\x21\x23-\x7e]{1,32}$")]


class FormerSymbol(ConfigModel):
    """A ticker the company traded under, and the last trading date on which it did."""

    symbol: Symbol
    until: date


class TickerConfig(ConfigModel):
    """An instrument of the configured universe."""

    symbol: Symbol
    name: str
    sector: str
    asset_class: AssetClass
    priority: Annotated[int, Field(ge=1)]
    valid_from: date | None = None
    formerly: tuple[FormerSymbol, ...] = ()

    def listings(self) -> list[Listing]:
        """Return the tickers of the instrument with the dates on which each names it."""
        current = Listing(self.symbol, self.valid_from or date.min)
        return [current, *(Listing(former.symbol, last=former.until) for former in self.formerly)]


class GroupConfig(ConfigModel):
    """A group of instruments: all that meet every condition, or the symbols named."""

    symbols: tuple[Symbol, ...] | None = None
    asset_class: AssetClass | None = None
    sector: str | None = None
    priority: int | None = None

    def holds(self, ticker: TickerConfig) -> bool:
        """Whether an instrument meets every condition given."""
        conditions = (
            self.symbols is None or ticker.symbol in self.symbols,
            self.asset_class in {None, ticker.asset_class},
            self.sector in {None, ticker.sector},
            self.priority in {None, ticker.priority},
        )
        return all(conditions)


class InstrumentsConfig(ConfigModel):
    """config/instruments.yml."""

    instruments: tuple[TickerConfig, ...]
    groups: dict[str, GroupConfig] = Field(default_factory=dict[str, GroupConfig])

    @model_validator(mode="after")
    def _consistent(self) -> InstrumentsConfig:
        symbols = [ticker.symbol for ticker in self.instruments]
        twice = sorted({symbol for symbol in symbols if symbols.count(symbol) > 1})
        if twice:
            raise ValueError(f"instruments named twice: {', '.join(twice)}")
        for name, group in self.groups.items():
            unknown = [symbol for symbol in group.symbols or () if symbol not in symbols]
            if unknown or name in {"configured", "all"}:
                raise ValueError(f"group {name}: " + (f"unknown symbols {unknown}" if unknown else "the name is taken"))
        return self

    def members(self, group: str) -> list[TickerConfig]:
        """Return the instruments of a group."""
        return [ticker for ticker in self.instruments if self.groups[group].holds(ticker)]

    def universe(self, name: str) -> Universe:
        """Return the universe of a name: `configured`, `all` or a group.

        Raises:
            ConfigError: No such group.
        """
        if name not in {"configured", "all", *self.groups}:
            names = ", ".join(["configured", "all", *self.groups])
            raise ConfigError(
                f"universe {name!r} is unknown: instruments.yml knows {names} (TBP_UNIVERSE, pipeline.yml)"
            )
        chosen = self.members(name) if name in self.groups else self.instruments
        if not chosen:
            raise ConfigError(f"universe {name!r} holds no instrument (instruments.yml: groups.{name})")
        listings = sorted(listing for ticker in chosen for listing in ticker.listings())
        return Universe(name, tuple(listings), everything=name == "all")

"""Which days does the listing of a data type show? Its years are looked at from both ends; no file is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from tbp_assets.providers.flat_files import Folders

Files = list[tuple[date, str]]


@dataclass(frozen=True, slots=True)
class Listing:
    """The day files at both ends of a data type, each with its key, and the folders of its years."""

    years: list[str]
    oldest: Files
    newest: Files

    @property
    def span(self) -> tuple[date, date]:
        """First and last day."""
        return self.oldest[0][0], self.newest[-1][0]


def listing_of(files: Folders, name: str) -> Listing | None:
    """Return what is listed of a data type; None where there is no day file of it. Empty years are passed over."""
    years = files.folders(f"{name}/")
    newest, oldest = _first_with_files(files, reversed(years)), _first_with_files(files, years)
    return Listing(years, oldest, newest) if newest and oldest else None


def days_in(files: Folders, years: list[str]) -> Files:
    """Return the day files of some years, oldest first."""
    days: Files = []
    for key in [each.key for year in years for each in files.list(year)]:
        with suppress(ValueError):
            days.append((date.fromisoformat(key.rpartition("/")[2].removesuffix(".csv.gz")), key))
    return sorted(days)


def _first_with_files(files: Folders, years: Iterable[str]) -> Files:
    for year in years:
        if found := days_in(files, [year]):
            return found
    return []

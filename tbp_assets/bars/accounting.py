"""The books of a day: every line of the vendor's file is accepted, quarantined or the header, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tbp_assets.bars.facts import LakeFact

HEADER_LINES = 1


@dataclass(frozen=True, slots=True)
class Balance:
    """Two counts that have to agree, and the sentence that says of what."""

    sentence: str
    expected: int
    actual: int

    @property
    def holds(self) -> bool:
        """Whether nothing is lost or invented."""
        return self.expected == self.actual


def lake_balance(lake: LakeFact) -> Balance:
    """Line count less the header = accepted + quarantined. The lines were counted before and without the parser."""
    sentence = (
        f"{lake.lines:,} lines - {HEADER_LINES} header = {lake.accepted:,} accepted + {lake.quarantined:,} quarantined"
    )
    return Balance(sentence, lake.lines - HEADER_LINES, lake.accepted + lake.quarantined)


def load_balance(accepted: int, stored: int, outside: Mapping[str, int]) -> Balance:
    """Accepted bars of the lake = bars of the universe counted in the database + bars outside it, by reason."""
    beyond = sum(outside.values())
    sentence = f"{accepted:,} accepted = {stored:,} in the database + {beyond:,} outside the universe"
    return Balance(sentence, accepted, stored + beyond)

"""Invented markets with planted faults, and what a detector of bad data finds of them.

Nothing here knows how anything is detected: the generator imports nothing of the package under test and shares no
number with it, so that its recall and precision mean something.
"""

from tbp_assets_tests.planted.kinds import KINDS, Kind
from tbp_assets_tests.planted.market import PlantedMarket, market
from tbp_assets_tests.planted.scoring import false_flags, merge, missed, score

__all__ = ["KINDS", "Kind", "PlantedMarket", "false_flags", "market", "merge", "missed", "score"]

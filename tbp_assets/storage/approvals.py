"""The decisions to let held files in: a journal in the lake, beside the bars they let in."""

from __future__ import annotations

from datetime import date

from tbp_assets.bars.facts import Approval
from tbp_assets.storage.journal import Journal
from tbp_assets.storage.lake import Lake


def approvals_journal(lake: Lake) -> Journal[Approval]:
    """Return every decision ever made on the days of a lake."""
    return Journal(lake.store, f"{lake.root}/approvals.jsonl", Approval)


def approvals(lake: Lake) -> dict[tuple[date, str], Approval]:
    """Return the newest decision on each file, by trading date and sha256."""
    return {(each.trading_date, each.source_sha256): each for each in approvals_journal(lake).events()}

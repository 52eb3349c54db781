"""What the runs of a backfill have to know of how it was asked for: it stands in their tags."""

from tbp_assets.cli.backfill_plan import BackfillPlan
from tbp_assets.defs.market_data_raw import TICKERS_TAG
from tbp_assets.defs.shared import FORCE_TAG


def tags_of(plan: BackfillPlan, tickers: list[str]) -> dict[str, str]:
    """Return the tags.

    Args:
        plan: What is run.
        tickers: Only these of the universe; none for all.
    """
    return ({TICKERS_TAG: ",".join(tickers)} if tickers else {}) | ({FORCE_TAG: "true"} if plan.force else {})

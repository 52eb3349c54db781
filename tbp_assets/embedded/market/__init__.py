"""An invented US stock market in the vendor's day-file format and key layout, for demos and tests without a key.

Any day is computed on its own from (seed, tickers, day); nothing is stored between days and nothing real is in it but
some twenty well-known tickers. Its rows must never meet a database that is not embedded: others see to that.
"""

from tbp_assets.embedded.market.market import SyntheticMarket
from tbp_assets.embedded.market.mirror import write_mirror

__all__ = ["SyntheticMarket", "write_mirror"]

"""What is known of the securities of one day before the day trades: names, identities, usual levels.

The columns only, so that those who list securities and those who trade them need not know one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tbp_assets.embedded.market.hashing import Counts, Flags, Floats, Words
from tbp_assets.embedded.market.symbols import Symbols


@dataclass(frozen=True, slots=True)
class Securities:
    """Securities, one array element each.

    `key` identifies the security, whatever its ticker. `price`, `volume` and `trades` are its usual levels on the day,
    `swing` the standard deviation of a day's move in powers of two. `thin` ones hardly trade.
    """

    symbol: Symbols
    sort_key: Symbols
    key: Words
    price: Floats
    swing: Floats
    volume: Floats
    trades: Floats
    thin: Flags
    invented: Flags

    def __len__(self) -> int:
        return len(self.symbol)

    def take(self, rows: Counts) -> Securities:
        """Return the given rows, in the given order."""
        return Securities(
            symbol=self.symbol[rows],
            sort_key=self.sort_key[rows],
            key=self.key[rows],
            price=self.price[rows],
            swing=self.swing[rows],
            volume=self.volume[rows],
            trades=self.trades[rows],
            thin=self.thin[rows],
            invented=self.invented[rows],
        )


def joined(first: Securities, second: Securities) -> Securities:
    """Put one list of securities after another."""
    return Securities(
        symbol=np.concatenate([first.symbol, second.symbol]),
        sort_key=np.concatenate([first.sort_key, second.sort_key]),
        key=np.concatenate([first.key, second.key]),
        price=np.concatenate([first.price, second.price]),
        swing=np.concatenate([first.swing, second.swing]),
        volume=np.concatenate([first.volume, second.volume]),
        trades=np.concatenate([first.trades, second.trades]),
        thin=np.concatenate([first.thin, second.thin]),
        invented=np.concatenate([first.invented, second.invented]),
    )

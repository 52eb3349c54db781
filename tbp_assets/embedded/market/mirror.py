"""Write a synthetic market to disk under the vendor's keys, as a mirror that a provider can read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from tbp_assets.embedded.market.market import SyntheticMarket


def write_mirror(market: SyntheticMarket, root: Path, days: Iterable[date]) -> list[Path]:
    """Write the files of `days` under `root` and return the paths written or found unchanged, in the order of `days`.

    Days without a file are passed over, as in a bucket. Each file appears whole or not at all, and one that is there
    with the same bytes is left alone.
    """
    paths: list[Path] = []
    for day in days:
        if market.has_file(day):
            paths.append(root / market.key(day))
            _put(paths[-1], market.day_file(day))
    return paths


def _put(path: Path, content: bytes) -> None:
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _ = file.write(content)
        # mkstemp makes files for the owner alone; a mirror may be served by another user.
        Path(temporary).chmod(0o644)
        _ = Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise

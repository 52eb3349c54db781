"""The XML of a LIST answer, as far as faults need it: which block of it is whose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from tbp_assets.embedded.provider.answers import Answer, relisted
from tbp_assets.embedded.provider.faults import Fault

_BLOCK: Final = re.compile(rb"<Contents>.*?</Contents>", re.DOTALL)
_KEY: Final = re.compile(rb"<Key>(.*?)</Key>", re.DOTALL)


def blocks_of(listing: bytes) -> dict[str, bytes]:
    """Return the `<Contents>` blocks of a listing by key."""
    return {unquote(key[1].decode()): block for block in _BLOCK.findall(listing) if (key := _KEY.search(block))}


def listed_wrong(answer: Answer, fault: Fault, former: Mapping[str, bytes]) -> Answer:
    """Return a listing without the files of a fault, or with their former blocks where there are any."""
    if fault.kind == "no_more_pages":
        body = answer.body.replace(b"<IsTruncated>false</IsTruncated>", b"<IsTruncated>true</IsTruncated>")
        return replace(answer, body=body, length=len(body))
    mine = {key: block for key, block in blocks_of(answer.body).items() if fault.strikes_file(key)}
    if fault.kind == "list_without_day":
        return relisted(answer, list(mine.values()), [b""] * len(mine))
    return relisted(answer, list(mine.values()), [former.get(key, block) for key, block in mine.items()])

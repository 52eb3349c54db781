"""What was found of one subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A line of the diagnosis.

    Attributes:
        subject: What was looked at; told once in a diagnosis.
        status: `ok`; `warning` (worth a look, nothing is broken); `failed` (days are not loaded, or will not be).
        seen: What was seen, in one sentence.
        todo: What to do; empty where there is nothing to do.
    """

    subject: str
    status: Status
    seen: str
    todo: str = ""

"""What can be wrong with a provider: kinds of faults, and which requests one of them strikes. Values only."""

from __future__ import annotations

import re
from dataclasses import KW_ONLY, dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, Literal, get_args

Method = Literal["LIST", "GET", "HEAD", "PUT", "POST", "DELETE"]

FaultKind = Literal[
    "forbidden",  # 403 AccessDenied
    "not_entitled",  # the same for GET and HEAD of files: by data type (`on` a prefix), by history (`before` a date)
    "bad_key",  # 403 InvalidAccessKeyId (or another `code`), on listings too
    "not_found",  # 404 NoSuchKey
    "too_many_requests",  # 429 TooManyRequests
    "server_error",  # 500 InternalError
    "slow_down",  # 503 SlowDown
    "refused",  # `status` and `code`, 400 RequestTimeout where they are not given
    "redirected",  # 307, or another `status`, to the same place
    "no_more_pages",  # the listing says that there is more, and not how to ask for it
    "garbage",  # 200 with an HTML page instead of the file or listing, and nothing of S3 in its headers
    "connect_timeout",  # no connection is accepted any more, for `seconds` or until healed
    "stall",  # half the body, then silence for `seconds` or until healed, then the rest
    "cut",  # half the body, then the connection ends
    "reset",  # half the body, then the connection is reset
    "wrong_length_more",  # Content-Length says more than is sent
    "wrong_length_less",  # Content-Length says less than the file has
    "list_without_day",  # the listing omits the file, which is there: late publication
    "stale_list",  # the listing shows the file as it was before it was replaced last
]
FILES: Final[tuple[Method, ...]] = ("GET", "HEAD")
_USUAL_METHODS: Final = MappingProxyType[FaultKind, tuple[Method, ...]](
    {
        "not_entitled": FILES,
        "bad_key": ("LIST", *FILES),
        "connect_timeout": get_args(Method),
        "no_more_pages": ("LIST",),
        "list_without_day": ("LIST",),
        "stale_list": ("LIST",),
    }
)
LISTING_FAULTS: Final[frozenset[FaultKind]] = frozenset({"list_without_day", "no_more_pages", "stale_list"})
_DAY: Final = re.compile(r"/(\d{4}-\d{2}-\d{2})\.csv\.gz$")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, with some requests, for some time.

    Attributes:
        kind: What is wrong.
        on: A trading date of any data type, a prefix of keys, or None for every key.
        before: Only files of days before this one: the start of a subscription's history.
        methods: Kinds of request struck; empty for those usual for the kind (GET for most). LIST is a kind of its own.
        times: Requests struck before the fault is over; None: until healed. `connect_timeout` sees no requests, and
            listing faults count the listings they changed.
        at_byte: Bytes of the body sent before `stall`, `cut` or `reset`; the length that `wrong_length_less` claims;
            None: half the body.
        seconds: How long `stall` is silent and `connect_timeout` accepts nobody; None: until healed.
        code: S3 error code instead of the kind's own.
        status: HTTP status instead of the kind's own.
    """

    kind: FaultKind
    _: KW_ONLY
    on: date | str | None = None
    before: date | None = None
    methods: tuple[Method, ...] = ()
    times: int | None = 1
    at_byte: int | None = None
    seconds: float | None = None
    code: str | None = None
    status: int | None = None

    def __post_init__(self) -> None:
        narrowed = self.on is not None or self.before is not None or bool(self.methods)
        if self.kind == "connect_timeout" and narrowed:
            raise ValueError("connect_timeout strikes every request: who is not connected has not said what he wants")
        if self.kind in LISTING_FAULTS and self.struck_methods != ("LIST",):
            raise ValueError(f"{self.kind} strikes LIST alone, not {', '.join(self.methods)}")

    @property
    def struck_methods(self) -> tuple[Method, ...]:
        """Kinds of request that the fault strikes."""
        return self.methods or _USUAL_METHODS.get(self.kind, ("GET",))

    def strikes(self, method: Method, key: str) -> bool:
        """Say whether a request is struck; the key of a LIST is its prefix."""
        if method not in self.struck_methods:
            return False
        return self._strikes_listing(key) if method == "LIST" else self.strikes_file(key)

    def strikes_file(self, key: str) -> bool:
        """Say whether a file is among those the fault is about."""
        day = _day_of(key)
        if self.before is not None and (day is None or day >= self.before):
            return False
        if isinstance(self.on, date):
            return day == self.on
        return key.startswith(self.on or "")

    def _strikes_listing(self, prefix: str) -> bool:
        if isinstance(self.on, date):
            # What is behind the data type, two folders: the year, the month and maybe the day asked for.
            return f"{self.on:%Y/%m/%Y-%m-%d}.csv.gz".startswith("/".join(prefix.split("/")[2:]))
        return self.on is None or prefix.startswith(self.on) or self.on.startswith(prefix)


def _day_of(key: str) -> date | None:
    found = _DAY.search(key)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None

"""Is this machine's clock the provider's and the database's?

A clock that is off makes days due too early or too late, and from a quarter of an hour on S3 refuses every request.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from sqlalchemy import text

from tbp_assets.errors import TbpError
from tbp_assets.health.finding import Finding
from tbp_assets.health.installation import Installation
from tbp_assets.health.questions import NotLookedAtError
from tbp_assets.providers.s3 import S3FlatFiles

SOURCE_CLOCK, DATABASE_CLOCK = "clock: provider", "clock: database"
Answer = TypeVar("Answer")
# The header Date has whole seconds, cut off.
ROUNDING: Final = timedelta(milliseconds=500)


def present() -> datetime:
    """Return this machine's time (UTC)."""
    return datetime.now(UTC)


def source_clock(installation: Installation) -> Finding | None:
    """Compare with the header Date of the bucket's answers; other sources have no clock."""
    try:
        files = installation.files()
    except TbpError:
        # Told by the line of the source.
        return None
    if not isinstance(files, S3FlatFiles):
        return None
    try:
        seen, here = _asked_between(files.server_time)
    except TbpError as error:
        raise NotLookedAtError("the source does not answer") from error
    if seen is None:
        raise NotLookedAtError("the source's answers bear no time")
    return _judged(installation, SOURCE_CLOCK, seen + ROUNDING - here)


def database_clock(installation: Installation) -> Finding:
    """Compare with the database's clock_timestamp()."""
    try:
        database = installation.database()
    except TbpError as error:
        raise NotLookedAtError("the database cannot be asked") from error
    with database.transaction(read_only=True) as connection:
        seen, here = _asked_between(lambda: connection.execute(text("SELECT clock_timestamp()")).scalar_one())
    return _judged(installation, DATABASE_CLOCK, seen - here)


def _asked_between(ask: Callable[[], Answer]) -> tuple[Answer, datetime]:
    """Return an answer, and this machine's time half-way between question and answer."""
    began = present()
    answer = ask()
    return answer, began + (present() - began) / 2


def _judged(installation: Installation, subject: str, ahead: timedelta) -> Finding:
    seconds, most = ahead.total_seconds(), installation.limits.max_clock_skew_seconds
    words = f"{abs(seconds):,.1f} s {'ahead of' if seconds > 0 else 'behind'} this machine's clock"
    if abs(seconds) > most:
        todo = "let this machine's clock be set by NTP (`timedatectl`)"
        return Finding(subject, "failed", words, f"{todo}; health.max_clock_skew_seconds of pipeline.yml is {most:g}")
    return Finding(subject, "ok", words)

"""The tables alerts_sent and alert_channels: what was told by which channel, remembered around its delivery.

The rows are inserted, the message is sent, the rows are committed. So a message that is not taken leaves no trace and
is due again, a database that takes no rows sends nothing, and two processes that would tell the same wait for each
other. A process that dies between a delivery and its commit tells that message a second time: better twice than never.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection

from tbp_assets.datasets import Dataset
from tbp_assets.settings.alerts import AlertKind, Channel
from tbp_assets.storage.database import Database
from tbp_assets.storage.sql import statement


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that is wrong.

    Attributes:
        identity: The same for the same trouble, however often it is seen.
        what: A line for people.
        happened_at: When it happened; of something that lasts, when it was seen to.
        days: Trading dates it is about.
        page: Where in the UI it can be seen, from the UI's own address on.
        run_id: Run it was seen in.
    """

    kind: AlertKind
    identity: str
    what: str
    happened_at: datetime
    days: tuple[date, ...] = ()
    page: str = ""
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class StandingAlert:
    """Something that was told by a channel and was not seen to be repaired since."""

    id: int
    channel: Channel
    kind: AlertKind
    identity: str
    days: Sequence[date]
    what: str
    happened_at: datetime
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class ChannelMark:
    """How far a channel has come.

    Attributes:
        caught_up_at: What happened until then was told, or is not told by it.
        quiet_until: It asked not to be called before.
    """

    caught_up_at: datetime
    quiet_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """What is about to be told by a channel: kept if the message is delivered, forgotten if it is not."""

    connection: Connection
    whose: Mapping[str, str]
    now: datetime

    def add(self, alerts: Sequence[Alert]) -> list[Alert]:
        """Remember alerts and return those that were not told before."""
        by_identity = {alert.identity: alert for alert in alerts}
        rows = [
            {"kind": alert.kind, "identity": alert.identity, "days": [day.isoformat() for day in alert.days],
             "what": alert.what.replace("\0", ""), "happened_at": alert.happened_at.isoformat()}
            for alert in by_identity.values()
        ]  # fmt: skip
        found = self.connection.execute(statement("insert_alerts"), {**self.whose, "alerts": json.dumps(rows)})
        fresh = set(found.scalars())
        return [alert for identity, alert in by_identity.items() if identity in fresh]

    def end(self, alerts: Collection[StandingAlert]) -> list[StandingAlert]:
        """Remember that alerts are repaired and return those of which it was not known."""
        values = {"ids": [alert.id for alert in alerts], "now": self.now}
        ended = set(self.connection.execute(statement("end_alerts"), values).scalars()) if alerts else set[int]()
        return [alert for alert in alerts if alert.id in ended]


@dataclass(frozen=True, slots=True)
class AlertLedger:
    """What was told of one dataset from one data source."""

    database: Database
    dataset: Dataset
    data_source: str
    whose: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "whose", {"data_type": self.dataset.name, "data_source": self.data_source})

    def begin(self, channels: Iterable[Channel], since: datetime) -> None:
        """Let channels that were never looked at begin at a moment: it stays, also where their first message fails."""
        with self.database.transaction() as connection:
            values = {**self.whose, "channels": list(channels), "since": since}
            connection.execute(statement("begin_channels"), values)

    def marks(self) -> dict[Channel, ChannelMark]:
        """Return how far each channel has come that ever began."""
        with self.database.transaction(read_only=True) as connection:
            rows = connection.execute(statement("select_alert_channels"), self.whose)
            return {row.channel: ChannelMark(row.caught_up_at, row.quiet_until) for row in rows}

    def standing(self) -> list[StandingAlert]:
        """Return what was told by any channel and may still be wrong, oldest first."""
        with self.database.transaction(read_only=True) as connection:
            rows = connection.execute(statement("select_standing_alerts"), self.whose).mappings()
            return [StandingAlert(**row) for row in rows]

    @contextmanager
    def telling(self, channel: Channel, now: datetime, *, keep: bool = True) -> Generator[Telling]:
        """Open what a channel is about to tell; it is kept where the block ends well, and the channel has caught up.

        Args:
            channel: Which.
            now: The present.
            keep: Remember it; otherwise the block only learns what would be told.
        """
        with self.database.transaction() as connection:
            whose = {**self.whose, "channel": channel}
            yield Telling(connection, whose, now)
            if keep:
                connection.execute(statement("record_caught_up"), {**whose, "now": now})
            else:
                connection.rollback()

    def keep_quiet(self, channel: Channel, until: datetime) -> None:
        """Remember that a channel asked not to be called before a moment."""
        with self.database.transaction() as connection:
            connection.execute(statement("record_quiet"), {**self.whose, "channel": channel, "until": until})

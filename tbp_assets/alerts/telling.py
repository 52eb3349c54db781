"""Tells each channel what it was not told yet; a channel that cannot be reached keeps the others from nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tbp_assets.alerts.channels import Sender
from tbp_assets.alerts.finding import clock, ended
from tbp_assets.alerts.message import Message
from tbp_assets.alerts.situation import Situation
from tbp_assets.alerts.words import message
from tbp_assets.errors import AlertDelayedError, TbpError
from tbp_assets.settings.alerts import Channel
from tbp_assets.storage.alerts import Alert, AlertLedger, ChannelMark, StandingAlert

LONGEST_QUIET = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a channel.

    Attributes:
        message: What was told, or would be; None where there was nothing to tell, or it could not be found out.
        error: Why it could not be delivered; it is due again at the next look.
        waits_until: It asked not to be called before.
    """

    channel: Channel
    message: Message | None = None
    error: TbpError | None = None
    waits_until: datetime | None = None

    def __str__(self) -> str:
        """Return what became of it, for people."""
        if self.error:
            return f"{self.channel}: not delivered, tried again at the next look: {self.error}"
        if self.waits_until:
            return f"{self.channel}: asked not to be called before {clock(self.waits_until)}"
        return f"{self.channel}: {self.message.title}" if self.message else f"{self.channel}: nothing to tell"


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells what is wrong.

    Attributes:
        ledger: Knows what was told.
        ui_url: Where links lead.
        repaired: Tell also what is repaired.
    """

    ledger: AlertLedger
    ui_url: str
    repaired: bool

    def tell(
        self, senders: Iterable[Sender], alerts: Sequence[Alert], situation: Situation, standing: list[StandingAlert]
    ) -> list[Told]:
        """Deliver what each channel was not told yet, and return what became of each.

        Args:
            senders: The channels, each of which has begun.
            alerts: What is wrong.
            situation: In which it was found.
            standing: What was told before.
        """
        marks, over = self.ledger.marks(), ended(standing, situation)
        return [self._tell(sender, alerts, over, marks[sender.name], situation.now) for sender in senders]

    def preview(
        self, channel: Channel, alerts: Sequence[Alert], situation: Situation, standing: list[StandingAlert]
    ) -> Told:
        """Return what a channel would be told; nothing is sent or remembered."""
        return Told(channel, self._told(channel, alerts, ended(standing, situation), situation.now, sender=None))

    def _tell(
        self, sender: Sender, alerts: Sequence[Alert], over: list[StandingAlert], mark: ChannelMark, now: datetime
    ) -> Told:
        if mark.quiet_until and now < mark.quiet_until:
            return Told(sender.name, waits_until=mark.quiet_until)
        try:
            return Told(sender.name, self._told(sender.name, alerts, over, now, sender=sender))
        except TbpError as error:
            if isinstance(error, AlertDelayedError) and error.wait_seconds:
                wait = timedelta(seconds=error.wait_seconds)
                self.ledger.keep_quiet(sender.name, now + min(wait, LONGEST_QUIET))
            return Told(sender.name, error=error)

    def _told(
        self, channel: Channel, alerts: Sequence[Alert], over: list[StandingAlert], now: datetime, sender: Sender | None
    ) -> Message | None:
        with self.ledger.telling(channel, now, keep=sender is not None) as telling:
            repaired = telling.end([alert for alert in over if alert.channel == channel])
            fresh = telling.add(alerts)
            made = message(fresh, repaired if self.repaired else [], ui_url=self.ui_url)
            if made and sender:
                sender.send(made)
        return made

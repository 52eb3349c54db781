"""The channels that are configured."""

from __future__ import annotations

from typing import Protocol

from tbp_assets.alerts.mail import Mail
from tbp_assets.alerts.message import Message
from tbp_assets.alerts.webhook import Webhook
from tbp_assets.settings.alerts import AlertsConfig, Channel

NOBODY = "no alerts: neither a webhook nor e-mail is configured (TBP_ALERT_WEBHOOK_URL, pipeline.yml: alerts)"


class Sender(Protocol):
    """What delivers messages."""

    @property
    def name(self) -> Channel:
        """Under which its deliveries are remembered."""
        ...

    def send(self, message: Message) -> None:
        """Deliver a message, or raise AlertDelayedError or AlertRefusedError."""
        ...


def senders(config: AlertsConfig) -> list[Sender]:
    """Return a sender for each channel that is configured."""
    made: dict[Channel, Sender] = {
        "webhook": Webhook(config.webhook_url, config.timeout_seconds, config.max_attempts),
        "email": Mail(config.email, config.timeout_seconds),
    }
    return [made[channel] for channel in config.channels]


def words_for(config: AlertsConfig) -> str:
    """Return who is told, for people and without secrets."""
    ways = {"webhook": "by webhook", "email": f"by e-mail to {', '.join(config.email.to)}"}
    told = " and ".join(ways[channel] for channel in config.channels)
    return f"alerts {told}: {', '.join(sorted(config.events)) or 'of nothing'}" if told else NOBODY

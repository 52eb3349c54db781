"""Sends messages as plain text by e-mail, through a mail server of the user's. What a server says is not repeated."""

from __future__ import annotations

import logging
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Final

from tbp_assets.alerts.message import Message
from tbp_assets.errors import AlertDelayedError, AlertRefusedError, TbpError
from tbp_assets.settings.alerts import Channel, EmailConfig

FIRST_LASTING: Final = 500  # SMTP: 4xx is worth another try, 5xx is not
LONGEST_SUBJECT: Final = 150
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Mail:
    """E-mail to some people."""

    config: EmailConfig
    timeout_seconds: float
    name: Channel = "email"

    def send(self, message: Message) -> None:
        """Deliver a message. Once one recipient was accepted it counts as told; those refused are named in the log.

        Raises:
            AlertDelayedError: Not reached, or refused for now.
            AlertRefusedError: Another try cannot help: login, certificate, sender or every recipient is refused.
        """
        mail = self._mail(message)
        try:
            with self._server() as server:
                refused = server.send_message(mail)
        except OSError as error:
            raise self._translated(error) from None  # an SMTPException is an OSError, too
        if refused:
            logger.warning("the mail server refused %s (pipeline.yml: alerts.email.to)", ", ".join(sorted(refused)))

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = message.title[:LONGEST_SUBJECT]
        mail["From"] = self.config.sender
        mail["To"] = ", ".join(self.config.to)
        mail["Date"] = formatdate()
        mail["Message-ID"] = make_msgid(domain=self.config.sender.rpartition("@")[2])
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        return mail

    def _server(self) -> smtplib.SMTP:
        host, port, context = self.config.host, self.config.port, ssl.create_default_context()
        if self.config.security == "ssl":
            server = smtplib.SMTP_SSL(host, port, timeout=self.timeout_seconds, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=self.timeout_seconds)
        try:
            if self.config.security == "starttls":
                server.starttls(context=context)
            if self.config.user:
                server.login(self.config.user, self.config.password.get_secret_value())
        except OSError:
            server.close()
            raise
        return server

    def _translated(self, error: OSError) -> TbpError:
        place = f"the mail server {self.config.host}:{self.config.port}"
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return AlertRefusedError(f"{place} offers no {self._needed()} (pipeline.yml: alerts.email.security, user)")
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            codes = [code for code, _ in error.recipients.values()]
            return _answered(f"{place} refuses every recipient", min(codes), "alerts.email.to")
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return _answered(f"{place} refuses the login", error.smtp_code, "alerts.email.user, TBP_SMTP_PASSWORD")
        if isinstance(error, smtplib.SMTPResponseException):
            return _answered(f"{place} refuses the message", error.smtp_code, "alerts.email")
        if isinstance(error, ssl.SSLError):
            return AlertRefusedError(
                f"{place}: no encrypted connection ({error.reason}) (pipeline.yml: alerts.email.security, port)"
            )
        words = error.strerror or type(error).__name__
        return AlertDelayedError(f"{place} cannot be reached: {words}")

    def _needed(self) -> str:
        return "login" if self.config.security == "none" else f"login or {self.config.security}"


def _answered(what: str, code: int, keys: str) -> TbpError:
    said = f"{what} (code {code})"
    return (
        AlertRefusedError(f"{said}: look at pipeline.yml: {keys}") if code >= FIRST_LASTING else AlertDelayedError(said)
    )

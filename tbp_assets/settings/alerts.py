"""The section `alerts` of config/pipeline.yml: what is told, to whom, by webhook and by e-mail."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.headerregistry import Address
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from tbp_assets.settings.models import ConfigModel

AlertKind = Literal["run_failure", "missing_day", "held_day", "check_failure", "restatement", "retries_exhausted"]
Telling = AlertKind | Literal["repaired"]
Channel = Literal["webhook", "email"]

# Printable ASCII: what urllib refuses to send it puts, secret and all, into its message.
WEB_ADDRESS: Final = re.compile(r"https?://[^\s/?#\"<>\\]+([/?][!-~]*)?", re.ASCII)
LOCAL: Final = ("localhost", "127.0.0.1", "::1")


def _web_address(url: str) -> bool:
    if not url.isascii() or not WEB_ADDRESS.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _webhook(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if url and (not _web_address(url) or "@" in urlsplit(url).netloc):
        raise ValueError(
            "no address to post to, which begins with https:// or http:// and has neither login nor spaces "
            "(TBP_ALERT_WEBHOOK_URL; it is a secret and not shown)"
        )
    return value


def _page(url: str) -> str:
    if not _web_address(url):
        raise ValueError("no address of a web page: it begins with http:// or https://")
    return url.rstrip("/")


def _parted(value: object) -> object:
    return [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else value


def _mailbox(value: str) -> str:
    try:
        address = Address(addr_spec=value)
    except (HeaderParseError, IndexError, ValueError):
        address = Address()
    if not (address.username and address.domain and value.isascii()) or re.search(r"\s", value):
        raise ValueError(f"{value!r} is no e-mail address: write name@example.com")
    return value


Mailbox = Annotated[str, AfterValidator(_mailbox)]


class EmailConfig(ConfigModel):
    """Who gets e-mail, and through which server."""

    to: Annotated[tuple[Mailbox, ...], BeforeValidator(_parted)]
    sender: Annotated[str, Field(alias="from")]
    host: str
    port: Annotated[int, Field(ge=1, le=65535)]
    security: Literal["starttls", "ssl", "none"]
    user: str
    password: SecretStr

    @model_validator(mode="after")
    def _usable(self) -> EmailConfig:
        if not self.to:
            return self
        if not self.host:
            raise ValueError("there is a `to` and no `host` (TBP_SMTP_HOST): the mail server is not known")
        if not self.sender:
            raise ValueError("there is a `to` and no `from` (TBP_ALERT_EMAIL_FROM)")
        _mailbox(self.sender)
        if bool(self.user) != bool(self.password.get_secret_value()):
            raise ValueError("`user` and `password` go together (TBP_SMTP_USER, TBP_SMTP_PASSWORD)")
        if self.user and self.security == "none" and self.host not in LOCAL:
            raise ValueError("`security: none` would send the password for everyone to read: use starttls or ssl")
        return self


class AlertsConfig(ConfigModel):
    """Who is told what."""

    webhook_url: Annotated[SecretStr, AfterValidator(_webhook)]
    email: EmailConfig
    events: frozenset[Telling]
    check_severity: Literal["warn", "error"]
    ui_url: Annotated[str, AfterValidator(_page)]
    watch_seconds: Annotated[int, Field(ge=30, le=86400)]
    timeout_seconds: Annotated[float, Field(gt=0, le=60)]
    max_attempts: Annotated[int, Field(ge=1, le=10)]

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The ways that are configured."""
        webhook: tuple[Channel, ...] = ("webhook",) if self.webhook_url.get_secret_value() else ()
        return (*webhook, "email") if self.email.to else webhook

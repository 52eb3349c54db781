"""The project's errors, named by the decision their catcher takes.

`TransientError`: the same call may work later, so Dagster's retry policy repeats it. `TerminalError`: repeating it
cannot help, a person or a new file must. Messages say what failed, which key or day, and what to do; the CLI prints
them alone. Driver and client errors are translated once, where the protocol is spoken (`providers/`, `storage/`). Each
also has a category, the word under which `failed_downloads` counts it. What they say is kept in manifests, tables, log
lines and Dagster's events, so no secret is ever part of it.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from tbp_assets.masking import masked

Category = Literal[
    "network", "rate_limit", "auth", "not_entitled", "not_published", "parsing", "quality", "database", "storage",
    "configuration",
]  # fmt: skip


class TbpError(Exception):
    """Base of every error a user of the project is meant to read."""

    category: ClassVar[Category] = "configuration"

    def __init__(self, message: str = "") -> None:
        super().__init__(masked(message))


class TransientError(TbpError):
    """The same call may work later."""


class TerminalError(TbpError):
    """The same call will fail again until something is changed."""


class ConfigError(TerminalError):
    """A setting is missing, unknown or unusable; names file and key."""


class UsageError(TerminalError):
    """What was asked for makes no sense: a weekend, an unknown ticker, a start after its end."""


class SourceUnavailableError(TransientError):
    """The provider did not answer, or the answer broke off."""

    category = "network"


class RateLimitedError(SourceUnavailableError):
    """The provider asked to be called more slowly: HTTP 429 or 503 SlowDown."""

    category = "rate_limit"


class CredentialsError(TerminalError):
    """The provider or the database refused who we are."""

    category = "auth"


class RefusedError(TerminalError):
    """A server refuses for another reason than keys or rights, which the message names: clock, account, region."""

    category = "auth"


class NotEntitledError(TerminalError):
    """The provider knows us and refuses this file: HTTP 403 on an object."""

    category = "not_entitled"


class FileAbsentError(TerminalError):
    """The provider has no such file."""

    category = "not_published"


class FileUnusableError(TerminalError):
    """A day file cannot be read as what it claims to be: cut short, corrupt, empty, another layout."""

    category = "parsing"


class StoredFileError(TerminalError):
    """A file of our own is gone or is not what its manifest says."""

    category = "storage"


class StoreUnavailableError(TransientError):
    """The bucket of landing zone and lake did not answer, or others were faster every time."""

    category = "storage"


class StorageError(TerminalError):
    """A directory of ours cannot be written or read."""

    category = "storage"


class DatabaseUnavailableError(TransientError):
    """The database cannot be reached, or gave up on us (restart, time-out, deadlock)."""

    category = "database"


class DatabaseRefusedError(TerminalError):
    """The database refused a statement or a login."""

    category = "database"


class SchemaVersionError(TerminalError):
    """The database's schema is not the one this release loads into."""

    category = "database"


class AlertDelayedError(TransientError):
    """The webhook or the mail server could not be reached, or asked to be called later.

    Attributes:
        wait_seconds: How long it asked to be left alone; 0 where it did not say.
    """

    category = "network"

    def __init__(self, message: str, wait_seconds: float = 0) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class AlertRefusedError(TerminalError):
    """The webhook or the mail server refused an alert: address, login or recipients must be changed."""


class UiUnavailableError(TransientError):
    """Dagster's UI, which hands runs to its queue, does not answer or takes no run."""

    category = "network"


class EmbeddedServerError(TerminalError):
    """A server of our own cannot be started: the embedded PostgreSQL, the fake provider."""

    category = "database"

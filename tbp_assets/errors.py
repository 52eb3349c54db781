"""The project's errors, named by the decision their catcher takes.

`TransientError`: the same call may work later, so Dagster's retry policy repeats it. `TerminalError`: repeating it
cannot help, a person or a new file must. Messages say what failed, which key or day, and what to do; the CLI prints
them alone. Driver and client errors are translated once, where the protocol is spoken (`providers/`, `storage/`).
"""

from __future__ import annotations


class TbpError(Exception):
    """Base of every error a user of the project is meant to read."""


class TransientError(TbpError):
    """The same call may work later."""


class TerminalError(TbpError):
    """The same call will fail again until something is changed."""


class ConfigError(TerminalError):
    """A setting is missing, unknown or unusable; names file and key."""


class UsageError(TerminalError):
    """What was asked for makes no sense: a weekend, an unknown ticker, a start after its end."""


class SourceUnavailableError(TransientError):
    """The provider did not answer, or asked to be called more slowly."""


class CredentialsError(TerminalError):
    """The provider or the database refused who we are."""


class NotEntitledError(TerminalError):
    """The provider knows us and refuses this file: HTTP 403 on an object."""


class FileAbsentError(TerminalError):
    """The provider has no such file."""


class FileUnusableError(TerminalError):
    """A day file cannot be read as what it claims to be: cut short, corrupt, empty, another layout."""


class StoredFileError(TerminalError):
    """A file of our own is gone or is not what its manifest says."""


class StorageError(TerminalError):
    """A directory of ours cannot be written or read."""


class DatabaseUnavailableError(TransientError):
    """The database cannot be reached, or gave up on us (restart, time-out, deadlock)."""


class DatabaseRefusedError(TerminalError):
    """The database refused a statement or a login."""


class SchemaVersionError(TerminalError):
    """The database's schema is not the one this release loads into."""


class EmbeddedServerError(TerminalError):
    """A server of our own cannot be started: the embedded PostgreSQL, the fake provider."""

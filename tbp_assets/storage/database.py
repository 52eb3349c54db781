"""The one way to the database: a SQLAlchemy pool, and the one place where driver errors become the project's."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self, cast

import psycopg2
import psycopg2.extensions
from pydantic import SecretStr
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tbp_assets.errors import ConfigError, CredentialsError, DatabaseRefusedError, DatabaseUnavailableError, TbpError
from tbp_assets.interrupts import stop_if_interrupted
from tbp_assets.masking import remember
from tbp_assets.settings import DatabaseConfig
from tbp_assets.storage.alive import require_alive
from tbp_assets.storage.cancelling import cancel_when_interrupted

# Classes of SQLSTATE after which the same statement may succeed: connection lost, resources, operator, lock, rollback.
TRANSIENT_STATES: Final = ("08", "53", "57", "55", "40", "58")
CANCELLED: Final = "57014"
# How the server says that a statement was run from inside another one: its text again, and the calls that led to it.
INNER_STATEMENT: Final = re.compile(
    r"^(?:QUERY:|CONTEXT:  (?:SQL statement|PL/pgSQL function inline_code_block))", re.MULTILINE
)
POOLER: Final = (
    "a pooler (pgbouncer?) stands between, and does not hand on what a session is told at its start (search_path, "
    "time-outs): name the server itself (DB_HOST, DB_PORT, database.yml)"
)
# SQLAlchemy's link to a page about itself.
BACKGROUND: Final = re.compile(r"\s*\(Background on this error at: [^)]*\)")
LOGIN_REFUSED: Final = ("password authentication failed", "no password supplied", "no pg_hba.conf entry", "role ")


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where a database is and who we are there."""

    host: str
    port: int
    name: str
    user: str
    password: SecretStr
    schema: str

    def __post_init__(self) -> None:
        # The embedded server's password is in no configuration file.
        remember(self.password.get_secret_value())

    @classmethod
    def configured(cls, config: DatabaseConfig) -> Self:
        """Return the address of the server that database.yml names.

        Raises:
            ConfigError: User or password is missing; names the variable.
        """
        if not config.user or config.password is None:
            raise ConfigError("; ".join(config.missing("user", "password")))
        return cls(config.host, config.port, config.name, config.user, config.password, config.schema_name)

    def __str__(self) -> str:
        """Return the address without the password."""
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.name} (schema {self.schema})"

    def url(self, schema: str | None = None) -> URL:
        """Return a SQLAlchemy URL; with a schema given, for a program that keeps its books there and takes only a URL.

        Its sessions start in that schema, and their commits do not wait for the disk: a server that loses its power
        forgets the last half second of them, and nothing that was loaded.
        """
        query = {"options": f"-csearch_path={schema} -csynchronous_commit=off"} if schema else {}
        return URL.create(
            "postgresql+psycopg2",
            username=self.user,
            password=self.password.get_secret_value(),
            host=self.host,
            port=self.port,
            database=self.name,
            query=query,
        )


@dataclass(frozen=True)
class Database:
    """A pool of connections to one schema of one database.

    Attributes:
        embedded: Whether it is the project's own server; invented data enters no other.
        reader_role: The role that may read the schema; empty for none.
    """

    address: DatabaseAddress
    embedded: bool
    pool_size: int
    connect_timeout_seconds: int
    statement_timeout_seconds: int
    chunk_days: int
    compress_after_days: int
    reader_role: str = ""

    @cached_property
    def engine(self) -> Engine:
        """The pool; sessions speak UTC and find our tables without naming the schema."""
        cancel_when_interrupted()
        options = (
            f"-csearch_path={self.address.schema},public -ctimezone=UTC "
            f"-cstatement_timeout={self.statement_timeout_seconds}s"
        )
        engine = create_engine(
            self.address.url(),
            pool_size=self.pool_size,
            max_overflow=0,
            pool_timeout=self.connect_timeout_seconds,
            connect_args={
                "options": options,
                "connect_timeout": self.connect_timeout_seconds,
                # A server that vanished while we wait for its answer is noticed within two minutes, not two hours.
                "keepalives_idle": 60,
                "keepalives_interval": 15,
                "keepalives_count": 4,
                "application_name": "tbp_assets",
            },
        )
        event.listen(engine, "connect", self._require_session)
        event.listen(engine, "checkout", require_alive)
        return engine

    def _require_session(self, connection: object, *_: object) -> None:
        """Make sure that a new session is what it was asked to be.

        Raises:
            DatabaseRefusedError: Something in between forgot it; no table of ours would be found.
        """
        if isinstance(connection, psycopg2.extensions.connection):
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('search_path')")
                (path,) = cursor.fetchone() or ("",)
            connection.rollback()
            if self.address.schema not in path.replace('"', "").replace(" ", "").split(","):
                raise DatabaseRefusedError(f"{self.address}: {POOLER}")

    @contextmanager
    def transaction(self, *, read_only: bool = False) -> Generator[Connection]:
        """Open a transaction that is committed at the end, or rolled back whole.

        Raises:
            DatabaseUnavailableError: Not reachable, restarted, timed out or deadlocked: worth another try.
            CredentialsError: The login was refused.
            DatabaseRefusedError: The statement was refused.
        """
        with self.translated(), self.engine.connect() as connection:
            options = {"postgresql_readonly": True} if read_only else {}
            with connection.execution_options(**options).begin():
                yield connection

    @staticmethod
    def driver(connection: Connection) -> psycopg2.extensions.connection:
        """Return psycopg2's own connection of a transaction, for COPY."""
        return cast("psycopg2.extensions.connection", connection.connection.dbapi_connection)

    def ensure_schema(self, name: str) -> None:
        """Create a schema unless it is there; needs the right to create one only where it is not."""
        with self.transaction() as connection:
            if connection.execute(text("SELECT to_regnamespace(:name) IS NULL"), {"name": name}).scalar():
                # Two processes that find it absent at once would collide in the catalogue, IF NOT EXISTS or not.
                connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('tbp_assets schema', 0))"))
                quoted = connection.dialect.identifier_preparer.quote(name)
                connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {quoted}"))

    @contextmanager
    def translated(self) -> Generator[None]:
        """Turn driver errors into the project's, naming the database.

        Raises:
            KeyboardInterrupt: The process is interrupted, which cancels its statements.
        """
        try:
            yield
        except DBAPIError as error:
            raise self._from_driver(error.orig) from error
        except psycopg2.Error as error:
            raise self._from_driver(error) from error
        except PoolTimeoutError as error:
            raise DatabaseUnavailableError(f"{self.address}: all {self.pool_size} connections are busy") from error
        except SQLAlchemyError as error:
            raise DatabaseRefusedError(f"{self.address}: {words_of(error)}") from error

    def _from_driver(self, error: BaseException | None) -> TbpError:
        state = getattr(error, "pgcode", None) or ""
        if state == CANCELLED:
            stop_if_interrupted()
        words = words_of(error)
        if "unsupported startup parameter" in words:
            return DatabaseRefusedError(f"{self.address}: {words}: {POOLER}")
        if not state and any(refusal in words for refusal in LOGIN_REFUSED):
            return CredentialsError(f"{self.address}: {words} (DB_USER, DB_PASSWORD, database.yml)")
        if not state and "does not exist" in words:
            return DatabaseRefusedError(f"{self.address}: {words} (DB_NAME, database.yml)")
        if not state:
            return DatabaseUnavailableError(f"{self.address}: {words} (DB_HOST, DB_PORT, database.yml)")
        if state.startswith(TRANSIENT_STATES):
            return DatabaseUnavailableError(f"{self.address}: {words}")
        return DatabaseRefusedError(f"{self.address}: {words}")


def words_of(error: BaseException | None) -> str:
    """Return what a driver, or SQLAlchemy for it, says: in one line, each sentence once."""
    said = error.orig if isinstance(error, DBAPIError) else error
    text_said = BACKGROUND.sub("", INNER_STATEMENT.split(str(said))[0])
    return " ".join(dict.fromkeys(line for each in text_said.splitlines() if (line := " ".join(each.split()))))

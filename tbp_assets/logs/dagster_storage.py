"""Dagster's storage as dagster.yaml names it: its PostgreSQL storage, behind the mask, and with an ear for the log.

Every process of Dagster writes its books through it: commands, UI, daemon, code server and runs. So events that are
reported from outside a run (a process that died, a run that was cancelled) are logged as well.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Self, cast

import dagster as dg
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import pg_url_from_config
from sqlalchemy import URL, Connection, Engine, ExecutionContext, event, make_url

from tbp_assets.config_loader import load_settings
from tbp_assets.errors import ConfigError
from tbp_assets.logs.event_log import EventLog
from tbp_assets.logs.starting import has_started, start_logging
from tbp_assets.masking import masked, remember
from tbp_assets.web import guard_webserver

NOTIFY: Final = "NOTIFY run_events"
_addresses: Final[set[URL]] = set()


class MaskedPostgresStorage(DagsterPostgresStorage):
    """Dagster's runs, events and schedules in PostgreSQL, without secrets."""

    def __init__(self, postgres_url: str, **options: Any) -> None:
        """Open the storage, and let the process log where nothing of ours runs in it yet."""
        with suppress(ConfigError):
            # What is wrong with the configuration is told by those who need it.
            settings = load_settings()
            if not has_started():
                start_logging(settings, "dagster")
        address = make_url(postgres_url)
        remember(str(address.password or ""))
        _addresses.add(address)
        if not event.contains(Engine, "before_cursor_execute", _mask):
            event.listen(Engine, "before_cursor_execute", _mask, retval=True)
            event.listen(Engine, "do_execute", _left_out)
        guard_webserver()
        super().__init__(postgres_url, **options)
        self._told = EventLog(postgres_url, self.run_of)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> Self:
        """Make the storage as dagster.yaml configures it."""
        return cls(
            pg_url_from_config(config_value),
            should_autocreate_tables=config_value.get("should_autocreate_tables", True),
            inst_data=inst_data,
        )

    @property
    def event_log_storage(self) -> EventLog:
        """The event log, which the log listens to."""
        return self._told

    def run_of(self, run_id: str) -> dg.RunRecord | None:
        """Return what is stored of a run."""
        return next(iter(self.run_storage.get_run_records(dg.RunsFilter(run_ids=[run_id]), limit=1)), None)


def _mask(connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
    """Mask every text that goes into a table of Dagster; other databases hold data, which is no text to be changed."""
    return statement, _without_secrets(parameters) if connection.engine.url in _addresses else parameters


def _left_out(_cursor: Any, statement: str, _parameters: Any, context: ExecutionContext) -> bool:
    """Send no NOTIFY: dagster-postgres makes one of each event for releases before it, and itself listens to none."""
    return statement.startswith(NOTIFY) and context.root_connection.engine.url in _addresses


def _without_secrets(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {name: _without_secrets(each) for name, each in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(each) for each in cast("Sequence[Any]", value)]
    return value

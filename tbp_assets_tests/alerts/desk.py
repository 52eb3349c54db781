"""What a trader sees: runs that really run, and the messages that really arrive."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg

from tbp_assets.alerts.telling import Told
from tbp_assets.cli.instance import open_instance
from tbp_assets.cli.session import Session
from tbp_assets.defs.alerting import Watch
from tbp_assets.defs.assembly import build_definitions
from tbp_assets.defs.shared import Plan
from tbp_assets_tests.alerts.servers import Hook, Mailbox
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project

EVENTS = "[run_failure, missing_day, held_day, check_failure, restatement, retries_exhausted, repaired]"


@dataclass
class Desk:
    """A project, and where its alerts arrive."""

    project: Project
    tbp: Tbp
    hook: Hook
    mailbox: Mailbox

    def connect(self) -> None:
        """Configure both channels."""
        self.project.change("pipeline.yml", "port: 587", f"port: {self.mailbox.port}")
        self.project.change("pipeline.yml", "security: starttls", "security: none")
        self.project.settings(
            TBP_ALERT_WEBHOOK_URL=self.hook.url,
            TBP_ALERT_EMAIL_TO="trader@example.com",
            TBP_ALERT_EMAIL_FROM="tbp@example.com",
            TBP_SMTP_HOST="127.0.0.1",
        )

    def only(self, *events: str) -> None:
        """Tell only some events: otherwise the last ten days of the present are missing in every test."""
        self.project.change("pipeline.yml", EVENTS, f"[{', '.join(events)}]")

    @contextmanager
    def watch(self) -> Generator[Watch]:
        """Open what `tbp alerts` and the sensor share."""
        self.project.settings()
        session = Session.start()
        with open_instance(session) as instance:
            yield Watch(Plan.of(session.settings), session.landing, session.lake, session.database, instance)

    def tell(self, now: datetime | None = None) -> list[Told]:
        """Tell what is due at a moment, as another process would."""
        with self.watch() as watch:
            return watch.tell(now or datetime.now(UTC))

    def tick(self, *, seconds_since_last: float | None = 60) -> str:
        """Evaluate the sensor as the daemon would, and return why it started no run.

        Args:
            seconds_since_last: How long ago it was evaluated before; None for never.
        """
        last = None if seconds_since_last is None else datetime.now(UTC).timestamp() - seconds_since_last
        with self.watch() as watch:
            definitions = build_definitions(self.project.settings())
            resources = {name: (definitions.resources or {})[name] for name in ("flat_files", "store", "database")}
            with dg.build_sensor_context(
                instance=watch.instance,
                resources=resources,
                repository_def=definitions.get_repository_def(),
            ) as context:
                # Its builder does not take what the daemon passes.
                context._last_tick_completion_time = last  # pyright: ignore[reportPrivateUsage]
                found = definitions.resolve_sensor_def("alerts").evaluate_tick(context)
        assert not found.run_requests
        return found.skip_message or ""

    def new(self) -> tuple[list[str], list[str]]:
        """Return the texts that arrived since it was asked last: by webhook and by e-mail."""
        arrived = self.hook.texts, self.mailbox.texts
        self.hook.posted.clear()
        self.mailbox.mails.clear()
        return arrived

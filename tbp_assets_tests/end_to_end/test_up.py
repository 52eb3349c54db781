"""`tbp up`: ended by SIGTERM, as an operating system ends it, it leaves nothing of its home running."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tbp_assets.embedded.postgres import running_server
from tbp_assets_tests.embedded.postgres.conftest import cleaned_home
from tbp_assets_tests.embedded.postgres.processes import wait_until
from tbp_assets_tests.end_to_end.processes import own_configuration
from tbp_assets_tests.end_to_end.ui import gone, processes_of, running_ui

pytestmark = pytest.mark.integration


def test_sigterm_ends_the_ui_and_then_its_database(tmp_path: Path) -> None:
    environment = own_configuration(tmp_path, tmp_path / "home")
    with cleaned_home(tmp_path / "home") as home, running_ui(environment, tmp_path) as ui:
        mine = processes_of(ui, home)
        assert wait_until(lambda: f"UI on http://localhost:{ui.port} (" in ui.log.read_text(encoding="utf-8"), 60)
        said = ui.log.read_text(encoding="utf-8").splitlines()
        # No line of Dagster's own, and the address only once it answers.
        assert said[1:2] == ["starting the UI and its daemon ..."]
        assert not [line for line in said if " DEBUG " in line or " INFO " in line]
        ui.process.send_signal(signal.SIGTERM)
        assert wait_until(lambda: ui.process.poll() is not None, 60)
        assert wait_until(lambda: gone(mine), 30), [process for process in mine if process.is_running()]
        assert running_server(home) is None

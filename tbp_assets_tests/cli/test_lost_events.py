"""A run that fails together with the storage of its events is told all the same."""

from __future__ import annotations

import dagster as dg
import pytest

from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, day_file, good_rows

pytestmark = pytest.mark.integration


def test_a_run_that_failed_without_saying_why_is_a_fault(
    project: Project, tbp: Tbp, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    monkeypatch.setattr(dg.ExecuteInProcessResult, "all_events", property(lambda _: []))
    monkeypatch.setattr(dg.ExecuteInProcessResult, "success", property(lambda _: False))
    said = tbp("backfill", TUESDAY, TUESDAY, "--json")
    assert said.code == 1
    (fault,) = said.json["faults"]
    assert "failed and its events do not say why" in fault

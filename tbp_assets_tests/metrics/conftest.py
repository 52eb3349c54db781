"""A project with a history: days loaded, one that failed and was repaired, one restated, one with a rejected row."""

from __future__ import annotations

import pytest

from tbp_assets.embedded.provider import Fault
from tbp_assets_tests.cli.terminal import tbp
from tbp_assets_tests.day_files import THURSDAY, TUESDAY, WEDNESDAY, day_file, row
from tbp_assets_tests.embedded.provider.conftest import provider, provider_server
from tbp_assets_tests.end_to_end.processes import start
from tbp_assets_tests.faults.conftest import scene
from tbp_assets_tests.faults.scene import OTHERS, TICKERS, Scene
from tbp_assets_tests.storage.pools import closed_pools

__all__ = ["closed_pools", "provider", "provider_server", "scene", "start", "tbp"]


def fail_once(scene: Scene) -> None:
    """Load Tuesday and Thursday; Wednesday's file does not arrive, in two tries of the step."""
    scene.provider.inject(Fault("server_error", on=WEDNESDAY, times=None))
    scene.backfill().must_be(1)


def repair(scene: Scene) -> None:
    """Load Wednesday once the provider is mended."""
    scene.provider.heal()
    scene.backfill().must_be(0)


def restate(scene: Scene) -> None:
    """Load Tuesday again, every close of it another one."""
    scene.publish(TUESDAY, close=10.75)
    scene.backfill().must_be(0)


def reject_a_row(scene: Scene) -> None:
    """Load Thursday again: its file's row of AAPL breaks a rule now."""
    rows = [
        row(ticker, THURSDAY, volume=1000 + n, **({"high": 1} if ticker == "AAPL" else {}))
        for n, ticker in enumerate(sorted(TICKERS + OTHERS))
    ]
    scene.provider.publish(THURSDAY, day_file(rows))
    scene.backfill()


@pytest.fixture
def filled(scene: Scene) -> Scene:
    """All of it."""
    for step in (fail_once, repair, restate, reject_a_row):
        step(scene)
    return scene

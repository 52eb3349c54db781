"""`tbp` as processes of their own: started, watched, interrupted, killed, and gone when the test is over."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest

from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.conftest import VARIABLES
from tbp_assets_tests.warm.launcher import Process

TBP = Path(sys.executable).with_name("tbp")
Start = Callable[..., Process]


@pytest.fixture
def start() -> Generator[Start]:
    """Return a function that starts `tbp` with the words given; what still runs at the end is killed."""
    started: list[Process] = []

    def run(*words: object, **variables: str) -> Process:
        process = Process(
            [TBP, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **variables}
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def own_configuration(root: Path, home: Path) -> Mapping[str, str]:
    """Make a configuration with schemas of its own, and return an environment in which it is the one used."""
    config, unique = root / "config", uuid4().hex[:12]
    shutil.copytree(PROJECT_ROOT / "config", config)
    text = (config / "database.yml").read_text(encoding="utf-8")
    text = text.replace("schema: market_data ", f"schema: bars_{unique} ")
    text = text.replace("dagster_schema: dagster ", f"dagster_schema: dagster_{unique} ")
    (config / "database.yml").write_text(text, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    places = {"TBP_CONFIG_DIR": str(config), "TBP_HOME": str(home), "TBP_LAKE_URL": (root / "store").as_uri()}
    return {**kept, **places}

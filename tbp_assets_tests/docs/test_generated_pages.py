"""The pages of docs/ that are written from code are as the code is."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tbp_assets.settings import PROJECT_ROOT

pytestmark = pytest.mark.integration


def test_every_generated_page_is_what_the_code_says() -> None:
    command = [sys.executable, str(PROJECT_ROOT / "docs" / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT_ROOT)
    assert (done.returncode, done.stderr) == (0, "")

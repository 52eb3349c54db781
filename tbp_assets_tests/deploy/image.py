"""Lays out what the image holds, without Docker: the wheel that is built, and the project's files beside it.

The packages that it needs come from this environment instead of a registry; that they are all named is another test's.
"""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.conftest import VARIABLES
from tbp_assets_tests.deploy.files import image_environment, seen_by_build, stages, values

BIN = Path(sys.executable).parent
PLACES = ("/opt/venv", "/opt/tbp", "/data")


@dataclass(frozen=True, slots=True)
class Image:
    """A directory that stands for the image's root."""

    root: Path

    def inside(self, text: str) -> str:
        """Return text with the image's paths as paths below the root."""
        for place in PLACES:
            text = text.replace(place, f"{self.root}{place}")
        return text

    def path(self, place: str) -> Path:
        """Return where a path of the image lies."""
        return Path(self.inside(place))

    def environment(self, service: Mapping[str, Any], **others: str) -> dict[str, str]:
        """Return the variables a service's processes get, and no others of this process that are ours."""
        kept = {name: value for name, value in os.environ.items() if name not in (*VARIABLES, "PYTHONPATH")}
        image = {name: self.inside(value) for name, value in image_environment().items()}
        image["PATH"] = f"{self.path('/opt/venv/bin')}:{os.environ['PATH']}"
        told = {name: self.inside(value) for name, value in service["environment"].items()}
        return {**kept, **image, **told, **others}

    def command(self, words: Sequence[str], **replaced: str) -> list[str]:
        """Return a service's command, its program found where the image has it, some of its words replaced."""
        found = [replaced.get(f"_{word}".replace(".", "_"), self.inside(word)) for word in words]
        return [str(self.path(f"/opt/venv/bin/{found[0]}")), *found[1:]]


def lay_out(root: Path) -> Image:
    """Build the wheel from what a build may see, install it, and copy what the last stage copies."""
    image, source = Image(root), root / "src"
    for name in seen_by_build():
        _copy(PROJECT_ROOT / name, source / name)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    _run([*build, "--wheel-dir", root / "wheels", source])
    (wheel,) = (root / "wheels").glob("*.whl")
    venv = image.path("/opt/venv")
    _run([sys.executable, "-m", "venv", "--without-pip", venv])
    target = next(venv.glob("lib/python*/site-packages"))
    # Behind the wheel's own directory; an editable installation there must not be found.
    packages = [path for path in site.getsitepackages() if Path(path).is_dir()]
    (target / "packages.pth").write_text("\n".join(packages), encoding="utf-8")
    _run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target, wheel])
    for program in BIN.glob("dagster*"):
        _with_interpreter(program, venv)
    _with_interpreter(BIN / "tbp", venv)
    for rest in values(stages()[-1], "COPY"):
        if not rest.startswith("--from="):
            name, place = rest.split()
            _copy(source / name, image.path(place))
    for place in ("/data/home", "/data/lake", "/data/backups"):
        image.path(place).mkdir(parents=True)
    return image


def _with_interpreter(program: Path, venv: Path) -> None:
    _, body = program.read_text(encoding="utf-8").split("\n", 1)
    made = venv / "bin" / program.name
    made.write_text(f"#!{venv / 'bin' / 'python'}\n{body}", encoding="utf-8")
    made.chmod(0o755)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(source, target)


def _run(words: Sequence[object]) -> None:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

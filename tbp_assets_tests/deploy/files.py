"""Reads what deploy/ holds: the Dockerfile's steps, what a build may see, and the services of the compose file."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import expandvars
import yaml

from tbp_assets.settings import PROJECT_ROOT

DEPLOY = PROJECT_ROOT / "deploy"
SECRETS = {
    "DB_PASSWORD": "a-secret of the database",
    "GRAFANA_PASSWORD": "a-secret-of-grafana",
    "POLYGON_S3_ACCESS_KEY": "an-access-key",
    "POLYGON_S3_SECRET_KEY": "a-secret-key",
    "TBP_ALERT_WEBHOOK_URL": "https://hooks.example.com/a-secret-address",
    "TBP_SMTP_PASSWORD": "a-secret-of-the-mail-server",
    "TBP_LAKE_ACCESS_KEY": "lake-access",
    "TBP_LAKE_SECRET_KEY": "lake-secret",
}


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction of the Dockerfile."""

    word: str
    rest: str


def stages() -> list[list[Step]]:
    """Return the steps of each stage, beginning with its FROM."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found: list[list[Step]] = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            word, rest = line.split(maxsplit=1)
            if word == "FROM":
                found.append([])
            if found:
                found[-1].append(Step(word, " ".join(rest.split())))
    return found


def values(steps: list[Step], word: str) -> list[str]:
    """Return what follows a word in some steps."""
    return [step.rest for step in steps if step.word == word]


def image_environment() -> dict[str, str]:
    """Return the variables that the image sets."""
    pairs = [pair.split("=", 1) for rest in values(stages()[-1], "ENV") for pair in shlex.split(rest)]
    return {pair[0]: pair[1] for pair in pairs}


def image_command() -> list[str]:
    """Return what the image runs where nothing else is said."""
    return json.loads(values(stages()[-1], "CMD")[-1])


def seen_by_build() -> list[str]:
    """Return the paths that the build's context holds."""
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    return [line[1:] for line in lines if line.startswith("!")]


def compose(**variables: str) -> dict[str, Any]:
    """Return the compose file as `docker compose config` would, with some variables set."""
    text = (DEPLOY / "docker-compose.yml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    return _substituted(content, {**SECRETS, **variables})


def _substituted(node: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        items = cast("dict[str, Any]", node).items()
        return {key: _substituted(value, variables) for key, value in items}
    if isinstance(node, list):
        return [_substituted(each, variables) for each in cast("list[Any]", node)]
    return _text(node, variables) if isinstance(node, str) and "$" in node else node


def _text(text: str, variables: Mapping[str, str]) -> str:
    once = text.replace("$$", "\0")
    done = cast(
        "str",
        expandvars.expand(once, environ=variables, nounset=True, surrounded_vars_only=True),  # pyright: ignore[reportUnknownMemberType]  # untyped parameters
    )
    return done.replace("\0", "$")


def example() -> dict[str, str]:
    """Return the variables of deploy/.env.example, those in comments included."""
    text = (DEPLOY / ".env.example").read_text(encoding="utf-8")
    return dict(re.findall(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", text, re.MULTILINE))

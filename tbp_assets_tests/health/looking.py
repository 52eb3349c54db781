"""Looks at one subject of a project, as the diagnosis would."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.health.finding import Finding
from tbp_assets.health.installation import Installation
from tbp_assets.health.questions import Question, answers
from tbp_assets.resources import opening
from tbp_assets_tests.conftest import Project

SECONDS = 60.0


def installation(project: Project, automations: Mapping[str, bool] | None = None, /, **variables: str) -> Installation:
    """Return a project's installation as a new process would see it."""
    opening._sources.clear()  # pyright: ignore[reportPrivateUsage]  # the process's own registry
    return Installation(project.settings(**variables), US_STOCKS_DAY_AGGS, automations)


def found(look: Callable[[Installation], Finding | None], seen: Installation) -> Finding:
    """Return what is found of a subject, errors told as the diagnosis tells them."""
    try:
        (finding,) = answers([Question("subject", lambda: look(seen))], SECONDS)
    finally:
        seen.close()
    return finding


def told(finding: Finding, status: str, *words: str) -> None:
    """Assert the status and words of a line."""
    line = f"{finding.seen} → {finding.todo}"
    assert finding.status == status, line
    assert [word for word in words if word not in line] == [], line

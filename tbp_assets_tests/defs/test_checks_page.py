"""docs/checks.md names every check of the definitions, with the words that the UI shows."""

from __future__ import annotations

import re

import dagster as dg
import pytest
import yaml

from tbp_assets.defs.assembly import build_definitions
from tbp_assets.defs.check_texts import DAILY_CHECKS, STANDING_CHECKS
from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.unit

PAGE = (PROJECT_ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
CONFIG = yaml.safe_load((PROJECT_ROOT / "config" / "pipeline.yml").read_text(encoding="utf-8"))
TEXTS = {**DAILY_CHECKS, **STANDING_CHECKS}
ROW = re.compile(r"^\| \[`(\w+)`\]\(#(\w+)\) \| `(\w+)` \| (each day|standing) \| (.+) \| (yes|no) \|$", re.MULTILINE)


def specs(project: Project) -> list[dg.AssetCheckSpec]:
    graph = build_definitions(project.settings()).resolve_asset_graph()
    return [graph.get_check_spec(key) for key in graph.asset_check_keys]


def test_every_check_of_the_definitions_has_its_line(project: Project) -> None:
    lines = {(name, asset, looks_at, blocks) for name, _, asset, looks_at, _, blocks in ROW.findall(PAGE)}
    assert lines == {
        (
            spec.name,
            spec.asset_key.to_user_string(),
            "each day" if spec.partitions_def else "standing",
            "yes" if spec.blocking else "no",
        )
        for spec in specs(project)
    }


def test_what_passes_and_what_to_do_are_on_the_page_and_in_the_ui(project: Project) -> None:
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |^<!--)", PAGE, re.MULTILINE | re.DOTALL))
    for spec in specs(project):
        words = TEXTS[spec.name]
        assert words.passes in sections[spec.name]
        assert words.cure in sections[spec.name]
        assert words.passes in (spec.description or "")
        assert words.cure in (spec.description or "")


def test_no_text_is_of_a_check_that_is_gone(project: Project) -> None:
    assert set(TEXTS) == {spec.name for spec in specs(project)}


def test_every_severity_is_error_or_a_key_of_the_configuration() -> None:
    keys = {name: words.severity for name, words in TEXTS.items() if words.severity != "error"}
    assert keys == {
        "score_reaches_target": "quality.score_severity",
        "day_is_plausible": "validation.whole_day",
        "flag_rate_is_usual": "quality.flags",
        "universe_is_covered": "quality.coverage_severity",
        "coverage_reaches_target": "quality.coverage_severity",
    }
    for name, key in keys.items():
        section, entry = key.split(".")
        assert entry in CONFIG[section]
        assert f"`{key}`" in next(line for line in PAGE.splitlines() if line.startswith(f"| [`{name}`]"))


@pytest.mark.parametrize("name", TEXTS)
def test_every_key_a_text_names_is_there(name: str) -> None:
    words = TEXTS[name]
    for section, entry in re.findall(r"\b(quality|validation|schedule)\.(\w+)", words.description):
        assert entry in CONFIG[section]

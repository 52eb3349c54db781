"""docs/checks.md: every asset check of the definitions, with the words of `defs/check_texts.py`."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import yaml

from pages.markdown import table, with_table
from tbp_assets.config_loader import ConfigLoader
from tbp_assets.defs.assembly import build_definitions
from tbp_assets.defs.check_texts import DAILY_CHECKS, ERROR, STANDING_CHECKS, CheckText
from tbp_assets.settings import PROJECT_ROOT

PAGE = Path(__file__).parents[1] / "checks.md"
TEXTS = {**DAILY_CHECKS, **STANDING_CHECKS}


def page() -> str:
    """Return docs/checks.md as it is, with the checks as the definitions have them."""
    specs = _specs()
    overview = [
        (
            f"[`{spec.name}`](#{spec.name})",
            f"`{spec.asset_key.to_user_string()}`",
            "standing" if spec.partitions_def is None else "each day",
            _severity(TEXTS[spec.name]),
            "yes" if spec.blocking else "no",
        )
        for spec in specs
    ]
    parts = [table(("check", "asset", "looks at", "severity", "blocks"), overview)]
    for name in dict.fromkeys(spec.name for spec in specs):
        words = TEXTS[name]
        parts += [f"## {name}", f"*Passes when:* {words.passes}", f"*When it fails:* {words.cure}"]
    return with_table(PAGE.read_text(encoding="utf-8"), "checks", "\n\n".join(parts))


def _specs() -> list[dg.AssetCheckSpec]:
    """Return the checks in the order of their texts, whatever the environment of this process says."""
    graph = build_definitions(ConfigLoader(PROJECT_ROOT / "config", {}).load()).resolve_asset_graph()
    order, names = graph.toposorted_asset_keys, list(TEXTS)
    found = [graph.get_check_spec(key) for key in graph.asset_check_keys]
    return sorted(found, key=lambda spec: (names.index(spec.name), order.index(spec.asset_key)))


def _severity(words: CheckText) -> str:
    if words.severity == ERROR:
        return ERROR
    shipped = yaml.safe_load((PROJECT_ROOT / "config" / "pipeline.yml").read_text(encoding="utf-8"))
    for key in words.severity.split("."):
        shipped = shipped[key]
    return f"`{words.severity}`: {shipped}" if isinstance(shipped, str) else f"of the severest flag: `{words.severity}`"

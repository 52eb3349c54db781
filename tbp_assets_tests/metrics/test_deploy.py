"""The dashboard and the alert rules ask for nothing that is not told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import promql_parser
import pytest
import yaml

from tbp_assets.metrics.catalogue import METRICS
from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.faults.scene import Scene
from tbp_assets_tests.metrics.scraping import families_of

DEPLOY = PROJECT_ROOT / "deploy"
DASHBOARD = DEPLOY / "grafana" / "tbp.json"
RULES = DEPLOY / "prometheus" / "rules.yml"
OF_PROMETHEUS = {"up"}


def dashboard() -> dict[str, Any]:
    return json.loads(DASHBOARD.read_text(encoding="utf-8"))


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def targets() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every query of the dashboard with the title of its panel."""
    for panel in dashboard()["panels"]:
        assert panel["type"] == "row" or panel["targets"], panel["title"]
        yield from ((panel["title"], target) for target in panel.get("targets", []))


def series_in(expression: str) -> dict[str, set[str]]:
    """Return the series that an expression selects, each with the labels it is selected by."""
    found: dict[str, set[str]] = {}

    def visit(node: object) -> bool:
        selector = node.vector_selector if isinstance(node, promql_parser.MatrixSelector) else node
        if isinstance(selector, promql_parser.VectorSelector):
            assert selector.name, f"{expression}: a selector without a name"
            matchers = cast("list[Any]", selector.matchers.matchers)
            found.setdefault(selector.name, set()).update(matcher.name for matcher in matchers)
        return True

    promql_parser.walk(promql_parser.parse(expression), visit)
    assert found, f"{expression} selects nothing"
    return found


def asked() -> dict[str, set[str]]:
    """Return every series that dashboard and rules ask for, with the labels that they select by."""
    all_of_them: dict[str, set[str]] = {}
    for expression in [target["expr"] for _, target in targets()] + [rule["expr"] for rule in rules()]:
        for name, labels in series_in(expression).items():
            all_of_them.setdefault(name, set()).update(labels)
    return all_of_them


@pytest.mark.unit
def test_parser_of_these_tests_refuses_what_is_no_promql() -> None:
    assert series_in("sum by (a) (increase(x_total{b='1'}[1d])) / y") == {"x_total": {"b"}, "y": set()}
    with pytest.raises(ValueError, match="unclosed"):
        series_in("sum(increase(x_total[1d])")


@pytest.mark.unit
def test_every_label_that_is_asked_for_belongs_to_its_metric() -> None:
    series: dict[str, set[str]] = {}
    for metric in METRICS:
        endings = ("_bucket", "_count", "_sum") if metric.kind == "histogram" else ("",)
        series |= {metric.name + ending: {*metric.labels, "instance", "job"} for ending in endings}
    missing = {name: labels - series[name] for name, labels in asked().items() if name in series}
    assert {name: labels for name, labels in missing.items() if labels} == {}


@pytest.mark.integration
def test_every_series_that_is_asked_for_is_told(filled: Scene) -> None:
    text = filled.tbp("metrics").out
    told = {sample.name for family in families_of(text) for sample in family.samples}
    told |= {family.name for family in families_of(text)}
    told |= {f"{family.name}_total" for family in families_of(text) if family.type == "counter"}
    assert set(asked()) - told - OF_PROMETHEUS == set()


@pytest.mark.integration
def test_every_metric_has_help_and_a_history_fills_nearly_all(filled: Scene) -> None:
    text = filled.tbp("metrics").out
    families = families_of(text)
    names = {f"{family.name}_total" if family.type == "counter" else family.name for family in families}
    assert names == {metric.name for metric in METRICS}
    assert [family.name for family in families if not family.documentation.endswith(".")] == []
    empty = {family.name for family in families if not family.samples}
    # No daemon ever ran, no transient failure is open, nothing of the newest session, whose file never came.
    assert empty == {
        "tbp_scrape_error", "tbp_expected_day_loaded_timestamp_seconds", "tbp_dagster_heartbeat_timestamp_seconds",
        "tbp_day_flags",
    }  # fmt: skip


@pytest.mark.unit
def test_dashboard_is_formatted_and_its_ids_are_its_own() -> None:
    text = DASHBOARD.read_text(encoding="utf-8")
    assert json.dumps(dashboard(), indent=2, ensure_ascii=False) + "\n" == text
    ids = [panel["id"] for panel in dashboard()["panels"]]
    assert ids == sorted(set(ids))
    assert dashboard()["uid"] == "tbp"
    titles = [panel["title"] for panel in dashboard()["panels"]]
    assert len(set(titles)) == len(titles)


@pytest.mark.unit
def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells


@pytest.mark.unit
def test_datasource_is_chosen_by_the_variable_everywhere() -> None:
    variables = {variable["name"]: variable for variable in dashboard()["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    uids = {target["datasource"]["uid"] for _, target in targets()}
    uids |= {panel["datasource"]["uid"] for panel in dashboard()["panels"] if "datasource" in panel}
    assert uids == {"${datasource}"}
    assert variables["instance"]["datasource"]["uid"] == "${datasource}"


@pytest.mark.unit
def test_every_panel_looks_at_the_chosen_instances_alone() -> None:
    assert [title for title, target in targets() if '{instance=~"$instance"' not in target["expr"]] == []


@pytest.mark.unit
def test_every_rule_says_how_bad_it_is_and_what_to_do() -> None:
    assert len({rule["alert"] for rule in rules()}) == len(rules())
    for rule in rules():
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert set(rule["annotations"]) == {"summary", "description"}


@pytest.mark.unit
@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*.yml")), ids=lambda path: path.name)
def test_every_yaml_file_can_be_read(path: Path) -> None:
    assert yaml.safe_load(path.read_text(encoding="utf-8"))

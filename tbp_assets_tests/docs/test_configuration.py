"""docs/configuration.md: every key that the models know, and every environment variable that something reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from tbp_assets.bars.flags import FLAG_NAMES
from tbp_assets.settings import PROJECT_ROOT, DatabaseConfig, InstrumentsConfig, PipelineConfig, S3Config
from tbp_assets_tests.conftest import VARIABLES

pytestmark = pytest.mark.unit

MODELS: dict[str, type[BaseModel]] = {
    "instruments": InstrumentsConfig,
    "pipeline": PipelineConfig,
    "s3": S3Config,
    "database": DatabaseConfig,
}
PAGE = (PROJECT_ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
KEYS, VARIABLE_TABLES = PAGE.split("\n## Keys\n")[1].split("\n## Environment variables\n")
DOTENV = VARIABLE_TABLES.split("### Set in the environment alone")[0]
NAME = re.compile(r"\$\{([A-Z][A-Z0-9_]*)")
# No part of ours asks for it: there are tests that it is hidden.
UNREAD = {"POLYGON_API_KEY", "AWS_REGION", "AWS_ENDPOINT_URL"}


def lines(text: str) -> dict[str, list[str]]:
    """Return the cells of every line of the tables of a text, by the name in the first."""
    found = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line.startswith("| `")]
    names = [cells[0].strip(" `") for cells in found]
    assert len(set(names)) == len(names)
    return dict(zip(names, ([cell.strip() for cell in cells] for cells in found), strict=True))


def lines_of(file: str) -> dict[str, list[str]]:
    return lines(KEYS.split(f"\n### {file}.yml\n")[1].split("\n### ")[0])


def leaves(schema: dict[str, Any], known: dict[str, Any], path: str = "") -> Iterator[str]:
    """Yield every leaf of a JSON Schema, as the page spells them."""
    schema = known[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if "properties" in schema:
        for name, inner in schema["properties"].items():
            yield from leaves(inner, known, f"{path}.{name}".removeprefix("."))
    elif "$ref" in schema.get("items", {}):
        yield from leaves(schema["items"], known, f"{path}[]")
    elif "$ref" in str(schema.get("additionalProperties", "")):
        yield from leaves(schema["additionalProperties"], known, f"{path}.<name>")
    else:
        yield path


def leaves_of(file: str) -> set[str]:
    schema = MODELS[file].model_json_schema()
    return set(leaves(schema, schema.get("$defs", {})))


def substituted() -> set[str]:
    """Return the variables in config/, but for those in comments."""
    texts = [path.read_text(encoding="utf-8") for path in (PROJECT_ROOT / "config").rglob("*.yml")]
    return {name for text in texts for name in NAME.findall(re.sub(r"(^| )#.*", "", text, flags=re.MULTILINE))}


def example() -> set[str]:
    text = (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))


def read_in(path: Path) -> Iterator[str]:
    """Yield the variables that a module takes from os.environ by their names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="environ")), args=[ast.Constant(str(name)), *_]):
                yield name
            case ast.Subscript(value=ast.Attribute(attr="environ"), slice=ast.Constant(str(name))):
                yield name
            case ast.Call(func=ast.Attribute(attr="getenv"), args=[ast.Constant(str(name)), *_]):
                yield name
            case _:
                pass


@pytest.mark.parametrize("file", MODELS)
def test_every_key_of_the_models_has_a_line(file: str) -> None:
    assert leaves_of(file) - set(lines_of(file)) == set()


@pytest.mark.parametrize("file", MODELS)
def test_every_line_says_what_the_key_takes_and_does(file: str) -> None:
    assert [name for name, (_, takes, _, _, text) in lines_of(file).items() if not takes or not text] == []


def test_every_flag_has_a_line_with_what_is_shipped() -> None:
    told = lines_of("pipeline")
    assert [name for name in FLAG_NAMES if "severity" not in told[f"quality.flags.{name}"][2]] == []


@pytest.mark.parametrize(
    ("file", "key", "takes", "shipped", "variable"),
    [
        ("pipeline", "download.max_workers", "whole number >= 1 and <= 32", "`4`", ""),
        ("pipeline", "validation.max_rejected_share", "number >= 0 and < 1", "`0.05`", ""),
        ("pipeline", "partitions.start_date", "date >= 2003-09-10", "`2020-01-01`", ""),
        ("pipeline", "home", "path", "`.tbp`", "`TBP_HOME`"),
        ("pipeline", "logs.console", "one of `text`, `json`", "`text`", "`TBP_LOG_FORMAT`"),
        ("pipeline", "health.min_free_gb", "number > 0", "`1`; in production `10`", ""),
        ("pipeline", "quality.flags.<name>.limit", "number > 0; may be left out", "", ""),
        ("pipeline", "alerts.email.password", "secret", "empty", "`TBP_SMTP_PASSWORD`"),
        ("s3", "endpoint_url", "text, http:// or https://", "`https://files.massive.com`", "`TBP_S3_ENDPOINT_URL`"),
        ("database", "password", "secret; may be left out", "not set", "`DB_PASSWORD`"),
    ],
)
def test_a_line_is_in_the_words_of_a_person(file: str, key: str, takes: str, shipped: str, variable: str) -> None:
    assert lines_of(file)[key][1:4] == [takes, shipped, variable]


def test_the_keys_stand_in_the_order_of_the_file() -> None:
    text = (PROJECT_ROOT / "config" / "database.yml").read_text(encoding="utf-8")
    assert list(lines_of("database")) == re.findall(r"^(\w+):", text, re.MULTILINE)


def test_every_variable_of_config_is_in_the_table_and_in_the_example() -> None:
    assert substituted() - set(lines(DOTENV)) == set()
    assert substituted() - example() == set()


def test_the_example_names_what_the_first_table_names() -> None:
    assert example() == set(lines(DOTENV))


def test_every_variable_that_code_reads_is_in_a_table() -> None:
    parts = [PROJECT_ROOT / part for part in ("tbp_assets", "tbp_assets_tests", "benchmarks")]
    read = {name for part in parts for path in part.rglob("*.py") for name in read_in(path)}
    assert {"TBP_CONFIG_DIR", "TBP_PROJECT", "TBP_TEST_BROWSER", "XDG_DATA_HOME"} <= read
    assert read - {"PATH"} - set(lines(VARIABLE_TABLES)) == set()


def test_every_variable_that_tests_take_away_is_in_a_table() -> None:
    assert set(VARIABLES) - UNREAD - set(lines(VARIABLE_TABLES)) == set()


def test_every_variable_of_the_deployment_is_in_a_table() -> None:
    files = [PROJECT_ROOT / "Makefile", PROJECT_ROOT / "dagster.yaml", *(PROJECT_ROOT / "deploy").rglob("*.y*ml")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    named = {*NAME.findall(text), *re.findall(r"\b(?:TBP|DAGSTER)_[A-Z_]*[A-Z]\b", text)}
    assert {"TBP_BIND", "TBP_DAGSTER_URL", "TBP_CODE_HOST", "TBP_FAULTS_REPORT"} <= named
    assert named - set(lines(VARIABLE_TABLES)) == set()


def test_every_file_that_is_said_to_read_a_variable_names_it() -> None:
    readers = {name: re.findall(r"`([^`]+)`", cells[2])[:1] for name, cells in lines(VARIABLE_TABLES).items()}
    files = {name: PROJECT_ROOT / file for name, found in readers.items() for file in found if file != "ssl"}
    assert len(files) > 40
    assert [name for name, path in files.items() if name not in path.read_text(encoding="utf-8")] == []

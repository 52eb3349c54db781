"""Keys of the section `logs` of pipeline.yml, and the level: where lines go, how many are kept, what is shown."""

from __future__ import annotations

import json
import logging
from collections.abc import Generator
from pathlib import Path

import pytest

from tbp_assets.logs.events import DAY_LEFT_OPEN, DAY_LOADED
from tbp_assets.logs.files import FILE_NAME
from tbp_assets.logs.starting import start_logging, stop_logging
from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.unit
logger = logging.getLogger("tbp_assets.somewhere")


@pytest.fixture(autouse=True)
def stopped(project: Project) -> Generator[None]:
    """Log into the test's own directory, and no longer once it is over."""
    project.settings(TBP_LOG_DIR=str(project.root / "logs"))
    yield
    stop_logging()


def files(project: Project) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in sorted((project.root / "logs").glob(f"{FILE_NAME}*"))}


def test_directory_is_where_log_lines_go(project: Project) -> None:
    start_logging(project.settings())
    DAY_LOADED.log(logger, "here")
    assert "here" in (project.root / "logs" / FILE_NAME).read_text(encoding="utf-8")
    settings = project.settings(TBP_LOG_DIR="", TBP_HOME=str(project.root / "home"))
    assert settings.logs == project.root / "home" / "logs"
    project.change("pipeline.yml", '"${TBP_LOG_DIR:-}"', str(project.root / "elsewhere"))
    start_logging(project.settings())
    DAY_LOADED.log(logger, "there")
    assert "there" in (project.root / "elsewhere" / FILE_NAME).read_text(encoding="utf-8")
    assert len(files(project)) == 1


@pytest.mark.parametrize(("megabytes", "put_aside"), [("0.01", True), ("1", False)])
def test_max_mb_is_how_large_a_log_file_grows(project: Project, megabytes: str, put_aside: bool) -> None:
    project.change("pipeline.yml", "max_mb: 100", f"max_mb: {megabytes}")
    start_logging(project.settings())
    for _ in range(30):
        DAY_LOADED.log(logger, "x" * 500)
    assert (f"{FILE_NAME}.1" in files(project)) is put_aside
    assert max(files(project).values()) < float(megabytes) * 1_000_000 + 1000


@pytest.mark.parametrize("kept", [1, 3])
def test_files_is_how_many_log_files_put_aside_are_kept(project: Project, kept: int) -> None:
    project.change("pipeline.yml", "max_mb: 100", "max_mb: 0.001")
    project.change("pipeline.yml", "files: 5", f"files: {kept}")
    start_logging(project.settings())
    for _ in range(20):
        DAY_LOADED.log(logger, "x" * 500)
    assert list(files(project)) == [FILE_NAME, *(f"{FILE_NAME}.{n}" for n in range(1, kept + 1))]


def test_console_json_writes_the_lines_to_standard_error(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("text", "json"):
        start_logging(project.settings(TBP_LOG_FORMAT=form))
        DAY_LOADED.log(logger, form)
    (line,) = capsys.readouterr().err.splitlines()
    assert (json.loads(line)["message"], json.loads(line)["event"]) == ("json", "day_loaded")


def test_log_level_is_the_least_that_is_written(project: Project) -> None:
    start_logging(project.settings(LOG_LEVEL="WARNING"))
    DAY_LOADED.log(logger, "quiet")
    DAY_LEFT_OPEN.log(logger, "loud")
    text = (project.root / "logs" / FILE_NAME).read_text(encoding="utf-8")
    assert ("quiet" in text, "loud" in text) == (False, True)


@pytest.mark.parametrize(("level", "shown"), [("INFO", ["loud"]), ("DEBUG", ["quiet", "loud"])])
def test_a_person_is_spared_what_is_told_of_every_day(
    project: Project, capsys: pytest.CaptureFixture[str], level: str, shown: list[str]
) -> None:
    project.monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    start_logging(project.settings(LOG_LEVEL=level))
    DAY_LOADED.log(logger, "quiet")
    DAY_LEFT_OPEN.log(logger, "loud")
    said = capsys.readouterr().err
    assert [word for word in ("quiet", "loud") if word in said] == shown


def test_what_starts_twice_writes_each_line_once(project: Project) -> None:
    for _ in range(3):
        start_logging(project.settings())
    DAY_LOADED.log(logger, "once")
    assert Path(project.root / "logs" / FILE_NAME).read_text(encoding="utf-8").count("once") == 1

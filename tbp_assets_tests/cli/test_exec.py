"""`tbp exec`: Dagster's own programs find the project's instance; nothing else is run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.cli.table import rows
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.integration


def test_the_program_gets_its_words_and_what_dagster_yaml_reads(
    project: Project, tbp: Tbp, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, list[str], dict[str, str], str]] = []

    def instead(program: str, command: list[str], environment: dict[str, str]) -> None:
        started.append((program, command, environment, str(Path.cwd())))

    monkeypatch.chdir(project.root)
    monkeypatch.setattr(os, "execve", instead)
    tbp("exec", "dagster-webserver", "--host", "0.0.0.0", "-p", "3000", "--help").must_be(0)
    ((program, command, environment, directory),) = started
    assert program == str(Path(sys.executable).with_name("dagster-webserver"))
    assert command == ["dagster-webserver", "--host", "0.0.0.0", "-p", "3000", "--help"]
    assert (environment["DAGSTER_HOME"], directory) == (str(PROJECT_ROOT), str(PROJECT_ROOT))
    assert project.settings().database.dagster_schema in environment["TBP_DAGSTER_URL"]


def test_help_is_that_of_the_command_before_the_program(project: Project, tbp: Tbp) -> None:
    assert "Run one of Dagster's programs" in tbp("exec", "--help").out


def test_other_programs_are_refused(project: Project, tbp: Tbp) -> None:
    tbp("exec", "sh", "-c", "true").must_be(2, "'sh' is none of Dagster's programs: dagster, dagster-webserver")
    tbp("exec").must_be(2)


def test_migrate_makes_dagsters_tables_too(project: Project, tbp: Tbp) -> None:
    schema = project.settings().database.dagster_schema
    said = tbp("migrate")
    said.must_be(0)
    assert f"Dagster's tables are in schema {schema}" in said.out
    tables = rows(
        project.database(), f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}'"
    )
    assert {("runs",), ("event_logs",), ("jobs",)} <= set(tables)

"""A fault of our own whose words hold every secret: it is told, logged and stored in Dagster's tables without them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

import pytest

from tbp_assets.defs import market_data_raw
from tbp_assets.embedded.provider import FakeProvider
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, day_file, good_rows
from tbp_assets_tests.embedded.provider.conftest import provider, provider_server
from tbp_assets_tests.end_to_end.planted_secrets import Search, planted
from tbp_assets_tests.faults.under_fire import foreign

__all__ = ["provider", "provider_server"]
pytestmark = pytest.mark.integration


def test_every_place_a_stack_trace_reaches_is_without_secrets(
    project: Project, tbp: Tbp, provider: FakeProvider
) -> None:
    project.change("pipeline.yml", "max_retries: 3", "max_retries: 0")
    provider.publish(TUESDAY, day_file(good_rows(TUESDAY)))
    password = project.database().address.password.get_secret_value()
    secrets = {"access": planted("access"), "secret": planted("secret"), "api": planted("api"), "password": password}

    def fail(*_: object, **__: object) -> NoReturn:
        raise ValueError(secrets["secret"]) from RuntimeError(f"fault of our own: {json.dumps(secrets)}")

    project.monkeypatch.setattr(market_data_raw, "load_day", fail)
    environment = {
        **provider.environment(), "POLYGON_S3_ACCESS_KEY": secrets["access"],
        "POLYGON_S3_SECRET_KEY": secrets["secret"], "POLYGON_API_KEY": secrets["api"],
        "TBP_LOG_DIR": str(project.root / "logs"), "TBP_HOME": project.settings().pipeline.home.as_posix(),
        "LOG_LEVEL": "DEBUG",
    }  # fmt: skip
    said = tbp("backfill", TUESDAY, TUESDAY, "--json", **environment)
    assert said.code == 1
    assert "fault of our own" in said.out
    search = Search(secrets)
    found = search.in_bytes("output", (said.out + said.err).encode())
    found += search.in_files(project.root)
    found += search.in_files(Path(environment["TBP_HOME"], "dagster"))
    connection = foreign(project.database())
    with connection, connection.cursor() as cursor:
        schema = project.settings().database.dagster_schema
        found += search.in_tables(connection, project.database().address.schema, schema)
        cursor.execute(f"SELECT count(*) FROM {schema}.event_logs "
                       "WHERE event LIKE '%fault of our own%' AND event LIKE '%***%'")  # fmt: skip
        assert cursor.fetchall()[0][0] > 0, "told, and without what it held"
    connection.close()
    assert found == []
    text = (project.root / "logs" / "tbp.jsonl").read_text(encoding="utf-8")
    failed = [json.loads(line) for line in text.splitlines() if '"step_failed"' in line]
    assert "RuntimeError" in failed[0]["exception"]

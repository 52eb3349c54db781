"""`tbp config show`: every setting in effect, where its value comes from, and no secret."""

from __future__ import annotations

from typing import Any

import pytest

from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.test_every_key_has_an_effect import EFFECTS

pytestmark = pytest.mark.unit
SECRETS = {
    "POLYGON_S3_ACCESS_KEY": "AKIAVERYLONGACCESSKEY",
    "POLYGON_S3_SECRET_KEY": "a-secret-of-thirty-two-characters",
    "DB_PASSWORD": "hunter2",
}


def settings(tbp: Tbp, **variables: str) -> dict[str, Any]:
    said = tbp("config", "show", "--json", **variables)
    said.must_be(0)
    return {f"{each['file']}.{each['key']}": each for each in said.json}


def test_every_key_is_there(project: Project, tbp: Tbp) -> None:
    found = settings(tbp, **SECRETS)
    scalars = {key for key in EFFECTS if "[]" not in key and "*" not in key}
    assert scalars - set(found) == set()
    assert found["instruments.instruments[3]"]["value"]["formerly"] == [{"symbol": "FB", "until": "2022-06-08"}]
    assert found["pipeline.quality.flags.price_move.limit"]["value"] == 0.5
    assert found["pipeline.schedule.ask_at"]["value"] == "11:30"


def test_each_value_has_its_origin(project: Project, tbp: Tbp) -> None:
    text = 'pipeline: {schedule: {look_back_days: 3}}\ndatabase: {name: "${STAGE}_bars"}\n'
    (project.config / "environments" / "staging.yml").write_text(text, encoding="utf-8")
    found = settings(tbp, ENVIRONMENT="staging", STAGE="eu", DB_PORT="6543")
    origins = {
        "pipeline.environment": ("staging", "variable ENVIRONMENT (asked for in config/pipeline.yml)", False),
        "pipeline.log_level": ("INFO", "default in config/pipeline.yml, as LOG_LEVEL is not set", False),
        "pipeline.schedule.ask_at": ("11:30", "config/pipeline.yml", False),
        "pipeline.schedule.look_back_days": (
            3, "config/environments/staging.yml, an override of ENVIRONMENT", True
        ),
        "database.name": (
            "eu_bars", "variable STAGE (asked for in config/environments/staging.yml), an override of ENVIRONMENT", True
        ),
        "database.port": (6543, "variable DB_PORT (asked for in config/database.yml)", False),
        "s3.access_key": (None, "POLYGON_S3_ACCESS_KEY is not set (asked for in config/s3.yml)", False),
        "pipeline.quality.flags.gap.limit": (None, "left out of config/pipeline.yml", False),
    }  # fmt: skip
    assert {key: (found[key]["value"], found[key]["origin"], found[key]["override"]) for key in origins} == origins
    assert found["database.name"]["variables"] == ["STAGE"]


def test_secrets_are_masked_for_people_and_programs(project: Project, tbp: Tbp) -> None:
    endpoint = "https://me:hu/sh@s3.example.com"
    for words in (("config", "show"), ("config", "show", "--json")):
        said = tbp(*words, TBP_S3_ENDPOINT_URL=endpoint, **SECRETS)
        said.must_be(0)
        for secret in ("hunter2", "hu/sh", "me:", "AKIAVERYLONGACCESS", "thirty-two-cha"):
            assert secret not in said.out + said.err
        assert "https://***@s3.example.com" in said.out
        assert "***SKEY" in said.out
        assert "***ters" in said.out


def test_of_a_short_secret_nothing_is_shown(project: Project, tbp: Tbp) -> None:
    assert settings(tbp, DB_PASSWORD="fifteen letters")["database.password"]["value"] == "***"


def test_a_person_reads_one_line_a_setting(project: Project, tbp: Tbp) -> None:
    lines = tbp("config", "show").out.splitlines()
    assert "pipeline.download.max_workers = 4  (config/pipeline.yml)" in lines
    assert "instruments.groups.etfs = asset_class etf  (config/instruments.yml)" in lines


def test_files_that_cannot_be_read_are_told_and_nothing_is_shown(project: Project, tbp: Tbp) -> None:
    project.change("s3.yml", "\nregion:", "\nregions:")
    said = tbp("config", "show")
    said.must_be(2, "config/s3.yml: ", "regions: unknown key")
    assert said.out == ""

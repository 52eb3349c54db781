"""A source of day files that cannot be used: the message says which setting to change."""

from __future__ import annotations

import pytest

from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.integration
BACKFILL = ("backfill", "2024-01-02", "2024-01-05")
CHOICES = "s3://flatfiles, file:///a/mirror or synthetic://market"


def test_no_source_is_an_error_that_says_what_to_set(project: Project, tbp: Tbp) -> None:
    said = tbp(*BACKFILL, TBP_FLAT_FILES_URL="")
    said.must_be(2, "no source of day files: set TBP_FLAT_FILES_URL to", CHOICES)


@pytest.mark.parametrize("url", ["ftp://host/files", "flatfiles", "s3://", "file://host/mirror"])
def test_an_unknown_kind_of_source_is_named_with_those_there_are(project: Project, tbp: Tbp, url: str) -> None:
    tbp(*BACKFILL, TBP_FLAT_FILES_URL=url).must_be(2, f"'{url}' is no source of day files", CHOICES)


def test_a_mirror_that_is_no_directory_is_named(project: Project, tbp: Tbp) -> None:
    mirror = project.root / "moved away"
    said = tbp(*BACKFILL, TBP_FLAT_FILES_URL=mirror.as_uri())
    said.must_be(2, f"{mirror} is no directory", "TBP_FLAT_FILES_URL")


@pytest.mark.parametrize("query", ["seed=x", "stocks=60", "tickers=1"])
def test_a_synthetic_market_that_cannot_be_is_explained(project: Project, tbp: Tbp, query: str) -> None:
    tbp(*BACKFILL, TBP_FLAT_FILES_URL=f"synthetic://market?{query}").must_be(2, "synthetic market", "tickers")


def test_missing_keys_are_named_with_the_file_that_asks_for_them(project: Project, tbp: Tbp) -> None:
    said = tbp(*BACKFILL, TBP_FLAT_FILES_URL="s3://flatfiles", POLYGON_S3_ACCESS_KEY="known")
    said.must_be(2, "POLYGON_S3_SECRET_KEY is not set (config/s3.yml asks for it: secret_key)")
    assert "POLYGON_S3_ACCESS_KEY" not in said.err


def test_status_needs_no_source(project: Project, tbp: Tbp) -> None:
    tbp("status", TBP_FLAT_FILES_URL="").must_be(0)

"""The whole way through `tbp backfill`, in process."""

import json

import pytest

from tbp_assets.cli.backfill import backfill
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, NEW_YEAR, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows

pytestmark = pytest.mark.integration


def test_a_range_is_loaded_with_its_holiday(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.publish({day: day_file(good_rows(day)) for day in (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)})
    assert backfill(NEW_YEAR, FRIDAY, tickers=[], as_json=True) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["days"], report["files"], report["lines"], report["rows"]) == (5, 4, 20, 12)

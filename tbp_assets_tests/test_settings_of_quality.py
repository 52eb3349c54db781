"""The section `quality` of pipeline.yml: what is refused says in one sentence what is wrong."""

from __future__ import annotations

import pytest

from tbp_assets.bars.flags import FLAG_NAMES, FLAGS
from tbp_assets.config_loader import ConfigLoader
from tbp_assets.errors import ConfigError
from tbp_assets.settings import PROJECT_ROOT
from tbp_assets.settings.quality import QualityConfig
from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.unit

TEST_TICKER = "test_ticker: {severity: info}"
PRICE_MOVE = "price_move: {severity: warn, limit: 0.5}"


def quality(project: Project) -> QualityConfig:
    return ConfigLoader(project.config, {}).get_pipeline_config().quality


def refusal(project: Project, old: str, new: str) -> str:
    """Return what is said of a changed pipeline.yml, without the file's name."""
    project.change("pipeline.yml", old, new)
    with pytest.raises(ConfigError) as caught:
        quality(project)
    file, sentence = str(caught.value).split(": ", 1)
    assert file == "config/pipeline.yml"
    return sentence


def test_the_shipped_file_sets_every_flag_and_the_limits_they_have() -> None:
    settings = ConfigLoader(PROJECT_ROOT / "config", {}).get_pipeline_config().quality.flag_settings
    assert set(settings.severities) == set(FLAG_NAMES)
    assert set(settings.limits) == {name for name in FLAG_NAMES if FLAGS[name].limit}
    assert all(map(settings.on, FLAG_NAMES))


@pytest.mark.parametrize("line", ["test_tiker: {severity: info}", f"{TEST_TICKER}\n    test_tiker: {{severity: info}}"])
def test_an_unknown_flag_is_refused_by_its_name_with_the_known_ones(project: Project, line: str) -> None:
    sentence = refusal(project, TEST_TICKER, line)
    assert sentence.startswith("quality.flags.test_tiker.[key]: Input should be 'price_below_minimum', ")
    assert "'test_ticker'" in sentence


def test_a_flag_left_out_is_named_with_the_way_to_turn_it_off(project: Project) -> None:
    sentence = refusal(project, f"    {TEST_TICKER} # one of test_tickers\n", "")
    assert sentence.endswith("flags without a severity: test_ticker (`severity: off` turns one off)")


def test_several_flags_left_out_are_all_named(project: Project) -> None:
    project.change("pipeline.yml", f"    {TEST_TICKER} # one of test_tickers\n", "")
    sentence = refusal(project, "    gap: {severity: warn} # a bar again, after days without\n", "")
    assert "flags without a severity: test_ticker, gap (" in sentence


def test_a_limit_where_there_is_none_is_refused(project: Project) -> None:
    sentence = refusal(project, TEST_TICKER, "test_ticker: {severity: info, limit: 3}")
    assert sentence.endswith("flag test_ticker has no limit to set")


@pytest.mark.parametrize("severity", ["warn", "off"])
def test_a_flag_without_the_limit_it_needs_is_refused_with_its_unit(project: Project, severity: str) -> None:
    sentence = refusal(project, PRICE_MOVE, f"price_move: {{severity: {severity}}}")
    assert sentence.endswith("flag price_move needs a limit (share of the close before)")


@pytest.mark.parametrize("limit", ["0", "-1", ".nan", ".inf", "half"])
def test_a_limit_that_is_no_positive_number_is_refused(project: Project, limit: str) -> None:
    sentence = refusal(project, PRICE_MOVE, f"price_move: {{severity: warn, limit: {limit}}}")
    assert sentence.startswith("quality.flags.price_move.limit: Input should be ")
    assert ";" not in sentence


@pytest.mark.parametrize("word", ["loud", "on", "true", "1", "OFF!", "Warn"])
def test_a_severity_nobody_knows_is_refused_naming_the_four(project: Project, word: str) -> None:
    sentence = refusal(project, TEST_TICKER, f"test_ticker: {{severity: {word}}}")
    assert sentence == "quality.flags.test_ticker.severity: Input should be 'off', 'info', 'warn' or 'error'"


@pytest.mark.parametrize("word", ["off", "Off", "OFF", '"off"'])
def test_off_turns_a_flag_off_with_quotes_or_without(project: Project, word: str) -> None:
    # YAML 1.1 reads the bare word as false, and the file was refused for saying what its own comment offers.
    project.change("pipeline.yml", TEST_TICKER, f"test_ticker: {{severity: {word}}}")
    assert quality(project).severities["test_ticker"] == "off"
    assert not quality(project).flag_settings.on("test_ticker")


@pytest.mark.parametrize(("word", "severity"), [("info", "info"), ("warn", "warn"), ("error", "error")])
def test_a_severity_is_taken_as_it_is_written(project: Project, word: str, severity: str) -> None:
    project.change("pipeline.yml", TEST_TICKER, f"test_ticker: {{severity: {word}}}")
    assert quality(project).severities["test_ticker"] == severity


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "score_target: 99 ",
            "score_target: 100.1 ",
            "quality.score_target: Input should be less than or equal to 100",
        ),
        ("score_target: 99 ", "score_target: -1 ", "quality.score_target: Input should be greater than or equal to 0"),
        ("coverage_target: 0.95 ", "coverage_target: 95 ", "quality.coverage_target: Input should be less than or"),
        ("coverage_target: 0.95 ", "coverage_target: 0 ", "quality.coverage_target: Input should be greater than 0"),
        ("score_severity: warn ", "score_severity: off ", "quality.score_severity: Input should be 'warn' or 'error'"),
        ("coverage_severity: warn ", "coverage_severity: info ", "quality.coverage_severity: Input should be 'warn'"),
        ('["Z?ZZT", ZBZX,', "[TRUE,", "quality.test_tickers.0: Value error, YAML read a boolean: put the ticker in"),
        ('["Z?ZZT", ZBZX,', '["A B",', "quality.test_tickers.0: String should match pattern"),
        (TEST_TICKER, "test_ticker: info", "quality.flags.test_ticker: Input should be a valid dictionary"),
        (TEST_TICKER, "test_ticker: {severity: info, limits: 1}", "quality.flags.test_ticker.limits: unknown key"),
        (TEST_TICKER, "test_ticker: {limit: 1}", "quality.flags.test_ticker.severity: Field required"),
    ],
)
def test_a_value_that_cannot_be_is_refused_where_it_stands(project: Project, old: str, new: str, sentence: str) -> None:
    assert refusal(project, old, new).startswith(sentence)

"""No key without an effect: every key of the shipped files names the test that shows what changing it changes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
import yaml

from tbp_assets.settings import PROJECT_ROOT

pytestmark = pytest.mark.unit

# Items of a list share their keys, and so do all flags and all statistics; the names of groups are the user's.
EFFECTS = {
    "database.host": "test_host_chooses_between_the_embedded_server_and_another",
    "database.port": "test_port_is_where_the_server_listens",
    "database.name": "test_name_is_the_database",
    "database.user": "test_user_is_who_we_are",
    "database.password": "test_password_is_sent_and_not_shown",
    "database.schema": "test_schema_holds_our_tables",
    "database.dagster_schema": "test_dagster_schema_holds_dagsters_own_tables",
    "database.pool_size": "test_pool_size_is_how_many_connections_are_kept",
    "database.connect_timeout_seconds": "test_connect_timeout_seconds_is_the_drivers",
    "database.statement_timeout_seconds": "test_statement_timeout_seconds_is_the_sessions",
    "database.query_timeout_seconds": "test_query_timeout_seconds_ends_a_long_query",
    "database.chunk_days": "test_chunk_days_is_the_interval_of_the_hypertable",
    "database.compress_after_days": "test_compress_after_days_is_what_migrate_makes_the_policy_of",
    "database.reader_role": "test_reader_role_is_the_role_that_may_read_the_tables",
    "instruments.instruments[].symbol": "test_symbol_is_the_ticker_whose_bars_are_loaded",
    "instruments.instruments[].name": "test_name_and_sector_are_what_config_check_shows",
    "instruments.instruments[].sector": "test_sector_puts_an_instrument_into_a_group",
    "instruments.instruments[].asset_class": "test_asset_class_puts_an_instrument_into_a_group",
    "instruments.instruments[].priority": "test_priority_orders_instruments_and_puts_them_into_groups",
    "instruments.instruments[].valid_from": "test_valid_from_is_the_first_day_of_a_ticker",
    "instruments.instruments[].formerly[].symbol": "test_formerly_symbol_is_loaded_under_its_old_name",
    "instruments.instruments[].formerly[].until": "test_formerly_until_is_the_last_day_of_the_old_name",
    "instruments.groups.*": "test_a_group_holds_what_meets_its_conditions",
    "pipeline.environment": "test_environment_production_refuses_the_embedded_database",
    "pipeline.log_level": "test_log_level_is_that_of_the_ui_and_its_daemon",
    "pipeline.home": "test_home_is_where_everything_lies_that_has_no_place_of_its_own",
    "pipeline.lake_url": "test_lake_url_moves_landing_zone_and_lake",
    "pipeline.universe": "test_universe_decides_which_bars_are_loaded",
    "pipeline.partitions.start_date": "test_start_date_is_the_first_partition",
    "pipeline.schedule.ask_at": "test_ask_at_is_when_the_daily_run_asks",
    "pipeline.schedule.expected_by": "test_expected_by_turns_late_into_missing",
    "pipeline.schedule.look_back_days": "test_look_back_days_is_how_far_back_open_days_are_asked_for",
    "pipeline.schedule.correction_window_days": "test_correction_window_days_is_how_far_back_changed_files_are_found",
    "pipeline.schedule.watch_seconds": "test_watch_seconds_is_the_interval_of_the_sensor",
    "pipeline.schedule.closures": "test_closures_are_no_sessions",
    "pipeline.backfill.max_partitions_per_run": "test_max_partitions_per_run_cuts_a_backfill_into_runs",
    "pipeline.execution.launcher": "test_launcher_is_where_whole_runs_work",
    "pipeline.execution.executor": "test_executor_is_where_the_steps_of_a_run_work",
    "pipeline.execution.max_concurrent": "test_max_concurrent_is_how_many_steps_work_at_once",
    "pipeline.execution.celery.broker_url": "test_broker_url_is_where_tasks_wait",
    "pipeline.execution.celery.backend_url": "test_backend_url_is_where_results_go",
    "pipeline.download.max_workers": "test_max_workers_is_how_many_files_are_fetched_at_once",
    "pipeline.validation.max_rejected_share": "test_max_rejected_share_decides_whether_a_day_is_withheld",
    "pipeline.validation.max_file_mb": "test_max_file_mb_is_how_large_a_day_file_may_be",
    "pipeline.validation.max_lines": "test_max_lines_is_how_many_lines_a_day_file_may_have",
    "pipeline.quality.score_target": "test_score_target_is_the_score_a_day_must_have",
    "pipeline.quality.score_severity": "test_score_severity_is_how_the_check_of_the_score_fails",
    "pipeline.quality.coverage_target": "test_coverage_target_is_how_many_of_the_universe_must_have_a_bar",
    "pipeline.quality.coverage_severity": "test_coverage_severity_is_how_the_check_of_coverage_fails",
    "pipeline.quality.test_tickers[]": "test_test_tickers_are_the_patterns_of_symbols_nobody_trades",
    "pipeline.validation.whole_day.fewest_bars": "test_fewest_bars_decides_whether_days_are_compared",
    "pipeline.validation.whole_day.statistics.*.warn[]": "test_warn_is_the_band_beyond_which_a_day_is_warned_of",
    "pipeline.validation.whole_day.statistics.*.hold[]": "test_hold_is_the_band_beyond_which_a_day_is_held",
    "pipeline.quality.flags.*.severity": "test_severity_decides_whether_a_flag_is_looked_for_and_how_its_check_fails",
    "pipeline.quality.flags.*.limit": "test_limit_is_where_a_flag_begins",
    "pipeline.retry.max_retries": "test_max_retries_is_that_of_every_asset",
    "pipeline.retry.delay_seconds": "test_delay_seconds_is_that_of_every_asset",
    "pipeline.retry.first_pause_minutes": "test_first_pause_minutes_is_how_long_a_failed_day_is_left_alone",
    "pipeline.retry.longest_pause_hours": "test_longest_pause_hours_ends_the_doubling",
    "pipeline.retry.max_attempts": "test_max_attempts_leaves_a_day_to_a_person",
    "pipeline.retry.keep_resolved_days": "test_keep_resolved_days_is_how_long_repaired_failures_are_remembered",
    "pipeline.health.min_free_gb": "test_min_free_gb_is_the_room_that_must_be_left",
    "pipeline.health.max_memory_share": "test_max_memory_share_is_how_much_memory_may_be_in_use",
    "pipeline.health.max_clock_skew_seconds": "test_max_clock_skew_seconds_is_how_far_clocks_may_differ",
    "pipeline.health.max_heartbeat_age_seconds": "test_max_heartbeat_age_seconds_is_how_long_a_daemon_may_be_silent",
    "pipeline.health.daemon_severity": "test_daemon_severity_is_what_a_dead_daemon_counts_as",
    "pipeline.health.timeout_seconds": "test_timeout_seconds_is_the_longest_wait",
    "pipeline.logs.directory": "test_directory_is_where_log_lines_go",
    "pipeline.logs.max_mb": "test_max_mb_is_how_large_a_log_file_grows",
    "pipeline.logs.files": "test_files_is_how_many_log_files_put_aside_are_kept",
    "pipeline.logs.console": "test_console_json_writes_the_lines_to_standard_error",
    "pipeline.alerts.webhook_url": "test_webhook_url_is_where_messages_are_posted",
    "pipeline.alerts.email.to": "test_email_to_is_who_gets_mail",
    "pipeline.alerts.email.from": "test_email_from_is_who_sends_it",
    "pipeline.alerts.email.host": "test_email_host_is_the_mail_server",
    "pipeline.alerts.email.port": "test_email_port_is_where_the_mail_server_listens",
    "pipeline.alerts.email.security": "test_email_security_decides_how_the_mail_server_is_spoken_to",
    "pipeline.alerts.email.user": "test_email_user_logs_in",
    "pipeline.alerts.email.password": "test_email_password_is_sent_and_not_shown",
    "pipeline.alerts.events[]": "test_events_are_what_is_told",
    "pipeline.alerts.check_severity": "test_check_severity_is_the_least_of_a_check_that_is_told",
    "pipeline.alerts.ui_url": "test_ui_url_is_where_links_lead",
    "pipeline.alerts.watch_seconds": "test_watch_seconds_is_the_interval_of_the_alert_sensor",
    "pipeline.alerts.timeout_seconds": "test_timeout_seconds_ends_the_wait_for_a_webhook",
    "pipeline.alerts.max_attempts": "test_max_attempts_is_how_often_a_message_is_posted_at_a_look",
    "s3.url": "test_url_chooses_the_source",
    "s3.endpoint_url": "test_endpoint_url_is_where_requests_go",
    "s3.region": "test_region_is_the_one_requests_are_signed_for",
    "s3.access_key": "test_access_key_is_sent",
    "s3.secret_key": "test_secret_key_signs",
    "s3.addressing_style": "test_addressing_style_puts_the_bucket_into_the_path_or_the_host",
    "s3.connect_timeout_seconds": "test_connect_timeout_seconds_is_the_clients",
    "s3.read_timeout_seconds": "test_read_timeout_seconds_is_the_clients",
    "s3.max_attempts": "test_max_attempts_is_how_often_a_request_is_sent",
    "s3.max_pool_connections": "test_max_pool_connections_is_the_clients",
    "s3.lake.endpoint_url": "test_endpoint_url_of_the_lake_is_where_its_requests_go",
    "s3.lake.region": "test_region_of_the_lake_is_the_one_its_requests_are_signed_for",
    "s3.lake.access_key": "test_access_key_of_the_lake_is_sent_and_not_the_providers",
    "s3.lake.secret_key": "test_secret_key_of_the_lake_signs",
    "s3.lake.addressing_style": "test_addressing_style_of_the_lake_puts_the_bucket_into_the_path_or_the_host",
    "s3.lake.connect_timeout_seconds": "test_connect_timeout_seconds_of_the_lake_is_its_clients",
    "s3.lake.read_timeout_seconds": "test_read_timeout_seconds_of_the_lake_is_its_clients",
    "s3.lake.max_attempts": "test_max_attempts_of_the_lake_is_how_often_a_request_is_sent",
    "s3.lake.max_connections": "test_max_connections_is_how_many_manifests_are_read_at_once",
    "s3.listing_max_age_seconds": "test_listing_max_age_seconds_decides_when_a_month_is_listed_again",
}


FOLDED = ("instruments.groups", "pipeline.quality.flags", "pipeline.validation.whole_day.statistics")


def leaves(node: object, path: str) -> Iterator[str]:
    """Yield the path of every leaf; a group is a leaf whatever it holds."""
    if isinstance(node, dict) and path != "instruments.groups.*":
        for key, value in cast("dict[str, object]", node).items():
            yield from leaves(value, f"{path}.*" if path in FOLDED else f"{path}.{key}")
    elif isinstance(node, list) and node:
        for item in cast("list[object]", node):
            yield from leaves(item, f"{path}[]")
    else:
        yield path


def shipped_keys() -> set[str]:
    files = sorted((PROJECT_ROOT / "config").glob("*.yml"))
    return {key for path in files for key in leaves(yaml.safe_load(path.read_text(encoding="utf-8")), path.stem)}


def functions_of_the_tests() -> set[str]:
    """Return the names of every test of the project."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(__file__).parent.rglob("test_*.py")]
    nodes = [node for tree in trees for node in tree.body]
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_the_four_files_are_found() -> None:
    assert {key.split(".")[0] for key in shipped_keys()} == {"database", "instruments", "pipeline", "s3"}


def test_every_shipped_key_names_the_test_of_its_effect() -> None:
    assert shipped_keys() - set(EFFECTS) == set()


def test_no_effect_is_claimed_for_a_key_that_is_not_shipped() -> None:
    assert set(EFFECTS) - shipped_keys() == set()


def test_every_named_test_is_there() -> None:
    assert set(EFFECTS.values()) - functions_of_the_tests() == set()


def test_every_key_has_a_test_of_its_own() -> None:
    assert len(set(EFFECTS.values())) == len(EFFECTS)

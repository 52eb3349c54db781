"""The metrics of what carries the data: the exporter itself, Dagster and the disks."""

from __future__ import annotations

from typing import Final

from tbp_assets.metrics.samples import Metric

EXPORTER: Final = (
    Metric("tbp_build_info", "gauge", "1; the labels say which release answers.", ("version", "python")),
    Metric("tbp_up", "gauge", "1 where everything could be read; 0 where tbp_scrape_error says what could not."),
    Metric(
        "tbp_scrape_error",
        "gauge",
        "1 for each part that could not be read, with the kind of fault: a category of failed_downloads, or timeout. "
        "Metrics of that part are absent meanwhile.",
        ("part", "kind"),
    ),
    Metric("tbp_scrape_seconds", "gauge", "How long reading took.", ("part",)),
)
DAGSTER: Final = (
    Metric("tbp_dagster_runs", "gauge", "Runs in Dagster's storage by status.", ("status",)),
    Metric("mp_backlog_jobs", "gauge", "Runs that wait to be started: QUEUED and NOT_STARTED."),
    Metric("tbp_dagster_backfills_open", "gauge", "Backfills begun in the UI that have not ended."),
    Metric("tbp_dagster_last_run_timestamp_seconds", "gauge", "When a run last ended with a status.", ("status",)),
    Metric(
        "tbp_dagster_heartbeat_timestamp_seconds",
        "gauge",
        "When a daemon last said that it lives; `tbp up` runs them.",
        ("daemon",),
    ),
    Metric(
        "tbp_checks_failing",
        "gauge",
        "Days whose newest result of an asset check is a failure, by severity.",
        ("check", "severity"),
    ),
)
DISK: Final = (
    Metric("tbp_database_bytes", "gauge", "Size of the database, with everything in it."),
    Metric("tbp_store_bytes", "gauge", "Size of the files of landing zone and lake.", ("zone",)),
    Metric("tbp_store_files", "gauge", "Files of landing zone and lake.", ("zone",)),
    Metric("tbp_disk_free_bytes", "gauge", "Free space of the disk that holds TBP_HOME, or the store.", ("place",)),
    Metric("tbp_disk_bytes", "gauge", "Size of the disk that holds TBP_HOME, or the store.", ("place",)),
)

"""Every metric: its name, kind, labels and the sentence that explains it. docs/metrics.md is written from these.

Those of the data are here, those of what carries them in `machine.py`.

Names that begin with `mp_` are those of an earlier system, so that its dashboards and rules go on.
"""

from __future__ import annotations

from typing import Final

from tbp_assets.metrics.machine import DAGSTER, DISK, EXPORTER
from tbp_assets.metrics.samples import Metric

SECONDS_OF_A_REQUEST: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
SECONDS_OF_A_STEP: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SECONDS_OF_A_GAP: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0)

DAYS: Final = (
    Metric(
        "tbp_days",
        "gauge",
        "Trading dates by state, from the first that was loaded or failed (at least schedule.look_back_days) to "
        "yesterday in New York.",
        ("state",),
    ),
    Metric(
        "tbp_oldest_open_day_timestamp_seconds",
        "gauge",
        "Start, in New York, of the oldest trading date that is neither loaded, a holiday nor late; absent where there "
        "is none.",
    ),
    Metric("tbp_newest_day_timestamp_seconds", "gauge", "Start, in New York, of the newest trading date loaded."),
    Metric(
        "tbp_expected_day_timestamp_seconds", "gauge", "Start, in New York, of the newest session whose file is due."
    ),
    Metric("tbp_expected_day_loaded", "gauge", "1 where the newest session whose file is due is loaded, else 0."),
    Metric(
        "tbp_expected_day_loaded_timestamp_seconds",
        "gauge",
        "When the newest session whose file is due was loaded last; absent where it is not.",
    ),
    Metric("tbp_sessions_behind", "gauge", "Sessions whose file is due that are newer than the newest day loaded."),
    Metric(
        "tbp_newest_day_delay_seconds",
        "gauge",
        "From the provider's publication of the newest day's file (Last-Modified) to its newest load.",
    ),
)
LOADS: Final = (
    Metric("tbp_loads_total", "counter", "Loads of a trading date, as load_ledger has them."),
    Metric(
        "tbp_load_rows_total",
        "counter",
        "Bars of all loads: inserted, updated, deleted, or found unchanged.",
        ("change",),
    ),
    Metric("tbp_last_load_timestamp_seconds", "gauge", "When the newest load began."),
    Metric(
        "tbp_load_rows_per_second",
        "gauge",
        "Bars a second of the last 20 loads, unchanged ones included, from the lock on the day to its ledger row.",
    ),
    Metric(
        "mp_ingest_rows_total",
        "counter",
        "Versions of bars written (inserted and updated), for each ticker of the universe; one number without the "
        "label where the universe is all.",
        ("symbol",),
    ),
    Metric(
        "mp_processing_time_seconds",
        "histogram",
        "Seconds a trading date took: validate (parse and judge its file), load (from the lock to the ledger row). "
        "Work of releases that did not measure it is not in it.",
        ("operation",),
        SECONDS_OF_A_STEP,
    ),
    Metric(
        "mp_backfill_gap_latency_seconds",
        "histogram",
        "Seconds it took to fill a trading date that was not in the database before: its download, validation and "
        "first load together.",
        (),
        SECONDS_OF_A_GAP,
    ),
)
REQUEST_LABELS: Final = ("source", "provider", "feed")
REQUESTS: Final = (
    Metric(
        "mp_requests_total",
        "counter",
        "Downloads of day files that were asked for; repetitions by the client inside one, and listings, are not "
        "counted.",
        REQUEST_LABELS,
    ),
    Metric(
        "mp_errors_total",
        "counter",
        "Those that brought no whole day file, by category of the fault.",
        (*REQUEST_LABELS, "code"),
    ),
    Metric(
        "mp_request_latency_seconds",
        "histogram",
        "Seconds from the request to the last byte, or to the fault.",
        REQUEST_LABELS,
        SECONDS_OF_A_REQUEST,
    ),
    Metric("tbp_downloaded_bytes_total", "counter", "Compressed bytes of the day files that landed.", REQUEST_LABELS),
    Metric("tbp_last_request_timestamp_seconds", "gauge", "When a day file was last asked for.", REQUEST_LABELS),
)
QUALITY: Final = (
    Metric(
        "mp_validation_errors_total",
        "counter",
        "Rows rejected by all validations, by the first rule each breaks; a file that is judged again counts again.",
        ("error_type",),
    ),
    Metric(
        "tbp_quarantined_rows",
        "gauge",
        "Rows in quarantine now, over all days of tbp_days, by the first rule each breaks.",
        ("reason",),
    ),
    Metric("tbp_measured_day_timestamp_seconds", "gauge", "Start, in New York, of the newest day that was measured."),
    Metric("tbp_quality_score", "gauge", "100 * accepted / total rows of the newest measured day, rounded down."),
    Metric("tbp_quality_score_target", "gauge", "quality.score_target of pipeline.yml."),
    Metric("tbp_day_rows", "gauge", "Rows of the newest measured day; modified ones are accepted, too.", ("outcome",)),
    Metric("tbp_day_flags", "gauge", "Bars of the universe that were flagged on the newest measured day.", ("flag",)),
    Metric(
        "tbp_ticker_bars",
        "gauge",
        "Accepted bars of each ticker of the universe on the newest measured day; none where the universe is all.",
        ("symbol",),
    ),
    Metric(
        "tbp_ticker_rejected_rows",
        "gauge",
        "Rejected rows of each ticker of the universe on the newest measured day; none where the universe is all.",
        ("symbol",),
    ),
)
FAILURES: Final = (
    Metric(
        "tbp_failures",
        "gauge",
        "Days in failed_downloads by category: unresolved, recovered (by a retry, the schedule or the sensor), or "
        "repaired by a person. Those resolved longer than retry.keep_resolved_days ago are forgotten.",
        ("error_type", "state"),
    ),
    Metric("tbp_failures_left_to_a_person", "gauge", "Unresolved failures whose attempts are used up."),
    Metric(
        "tbp_recovery_ratio",
        "gauge",
        "Share of the transient failures remembered that ended without a person; absent where none has ended.",
    ),
    Metric(
        "tbp_recovery_seconds",
        "gauge",
        "From a day's first failure to its repair, of the failures remembered: the median and the longest.",
        ("statistic",),
    ),
    Metric("tbp_last_failure_timestamp_seconds", "gauge", "When a day failed last; absent where none is remembered."),
)
SUBJECTS: Final = {
    "This exporter": EXPORTER,
    "Is yesterday there? What is open?": DAYS,
    "How fast was it loaded?": LOADS,
    "How does the provider do?": REQUESTS,
    "What was rejected?": QUALITY,
    "What failed, and was it repaired?": FAILURES,
    "Is Dagster alive?": DAGSTER,
    "Is the disk filling?": DISK,
}
METRICS: Final = tuple(metric for subject in SUBJECTS.values() for metric in subject)

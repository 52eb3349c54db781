"""Commands in this process and in others, a desk for alerts, a lake on S3, and pools closed after each test."""

from tbp_assets_tests.alerts.conftest import desk, hook, mailbox
from tbp_assets_tests.cli.terminal import tbp
from tbp_assets_tests.end_to_end.processes import start
from tbp_assets_tests.end_to_end.shared_lake import shared_lake
from tbp_assets_tests.end_to_end.workers import broker, start_worker
from tbp_assets_tests.storage.pools import closed_pools
from tbp_assets_tests.storage.stores import s3_endpoint

__all__ = [
    "broker",
    "closed_pools",
    "desk",
    "hook",
    "mailbox",
    "s3_endpoint",
    "shared_lake",
    "start",
    "start_worker",
    "tbp",
]

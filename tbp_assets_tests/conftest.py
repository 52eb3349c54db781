"""Fixtures every test may use: one embedded server a test process, and a project of its own for each test.

What takes time to import is imported where it is used: the process that gives out tests to others runs none.
"""

# ruff: noqa: PLC0415
from __future__ import annotations

import shutil
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from tbp_assets.settings import Settings
    from tbp_assets.storage.database import Database

VARIABLES = (
    "POLYGON_S3_ACCESS_KEY", "POLYGON_S3_SECRET_KEY", "POLYGON_API_KEY", "DB_HOST", "DB_PORT", "DB_NAME", "DB_USER",
    "DB_PASSWORD", "LOG_LEVEL", "ENVIRONMENT", "TBP_HOME", "TBP_FLAT_FILES_URL", "TBP_LAKE_URL", "TBP_UNIVERSE",
    "TBP_S3_ENDPOINT_URL", "TBP_CONFIG_DIR", "TBP_LOG_DIR", "TBP_LOG_FORMAT", "DAGSTER_HOME", "TBP_DAGSTER_URL",
    "TBP_DAGSTER_DIR", "TBP_UI_URL", "TBP_ALERT_WEBHOOK_URL", "TBP_ALERT_EMAIL_TO", "TBP_ALERT_EMAIL_FROM",
    "TBP_SMTP_HOST", "TBP_SMTP_USER", "TBP_SMTP_PASSWORD", "TBP_CELERY_BROKER_URL", "TBP_CELERY_BACKEND_URL",
    "TBP_LAKE_ENDPOINT_URL", "TBP_LAKE_REGION", "TBP_LAKE_ACCESS_KEY", "TBP_LAKE_SECRET_KEY", "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3",
)  # fmt: skip


NO_MARKET = 1_000_000
LONG = ("end_to_end", "test_readme.py", "test_quickstart.py", "test_runbook.py", "test_services.py", "faults")


def pytest_configure() -> None:
    """Hear Ctrl-C also where a shell started the tests in its background: what they start would be deaf to it, too."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no module whose tests are all marked otherwise where `-m unit` is asked for."""
    if config.getoption("markexpr") != "unit" or not collection_path.match("test_*.py"):
        return None
    text = collection_path.read_text(encoding="utf-8")
    return True if "mark.integration" in text and "mark.unit" not in text else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that all processes end together; refuse a test that no `-m` finds."""
    kinds = {"unit", "integration"}
    if unmarked := [item.nodeid for item in items if kinds.isdisjoint(mark.name for mark in item.iter_markers())]:
        raise pytest.UsageError(f"neither unit nor integration: {', '.join(unmarked[:5])}")
    items.sort(key=lambda item: not any(part in LONG for part in item.path.parts))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return how many processes `-n auto` stands for: one more than two processors where tests wait for others."""
    return 2 if config.getoption("markexpr") == "unit" else 3


@pytest.fixture(scope="session")
def server_home() -> Iterator[Path]:
    """A TBP_HOME whose embedded server the tests of this process share."""
    from tbp_assets.embedded.postgres import release, stop_server
    from tbp_assets.embedded.postgres.instance import outside_directory

    home = Path(tempfile.mkdtemp(prefix="tbp-tests-"))
    yield home
    stop_server(home)
    release(home)
    shutil.rmtree(home, ignore_errors=True)
    # As root the data lie outside a home that the service user cannot reach.
    shutil.rmtree(outside_directory(home.resolve() / "postgres"), ignore_errors=True)


@dataclass(frozen=True)
class Project:
    """A configuration, stores and schemas that one test has for itself.

    Attributes:
        root: Directory of everything the test writes.
        monkeypatch: Sets the variables of this process; children inherit them.
    """

    root: Path
    monkeypatch: pytest.MonkeyPatch

    @property
    def config(self) -> Path:
        """Directory of the four YAML files."""
        return self.root / "config"

    @property
    def mirror(self) -> Path:
        """Directory of the local mirror that is the source of day files."""
        return self.root / "mirror"

    @property
    def store(self) -> Path:
        """Directory of landing zone and lake."""
        return self.root / "store"

    def publish(self, files: Mapping[date, bytes]) -> None:
        """Put day files into the mirror."""
        from tbp_assets_tests.day_files import write_mirror

        write_mirror(self.mirror, files)

    def settings(self, **environment: str) -> Settings:
        """Set variables and return the settings they make."""
        from tbp_assets.config_loader import load_settings

        for name, value in environment.items():
            self.monkeypatch.setenv(name, value)
        load_settings.cache_clear()
        return load_settings()

    def change(self, file: str, old: str, new: str) -> None:
        """Replace text that must occur once in a configuration file."""
        from tbp_assets.config_loader import load_settings

        path = self.config / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")
        load_settings.cache_clear()

    def judge_whole_days(self) -> None:
        """Have days judged as a whole from now on, as shipped."""
        self.change("pipeline.yml", f"fewest_bars: {NO_MARKET} ", "fewest_bars: 20 ")

    def database(self) -> Database:
        """Return the test's own schema of the shared server, migrated."""
        from tbp_assets.resources.database import DatabaseResource

        return DatabaseResource.from_settings(self.settings()).open()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server_home: Path) -> Iterator[Project]:
    """A project with an empty mirror, store and database schema."""
    from tbp_assets.config_loader import load_settings
    from tbp_assets.settings import PROJECT_ROOT
    from tbp_assets_tests import dagster_tables, our_tables

    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    own = Project(tmp_path, monkeypatch)
    shutil.copytree(PROJECT_ROOT / "config", own.config)
    own.mirror.mkdir()
    unique = uuid4().hex[:12]
    dagster_tables.written_once(monkeypatch)
    our_tables.handed_on(monkeypatch)
    # The few invented rows of most tests are no market.
    own.change("pipeline.yml", "fewest_bars: 20 ", f"fewest_bars: {NO_MARKET} ")
    own.change("database.yml", "\nschema: market_data ", f"\nschema: bars_{unique} ")
    own.change("database.yml", "\ndagster_schema: dagster ", f"\ndagster_schema: dagster_{unique} ")
    # Nobody is asked for credentials, nor are those of this machine's user taken.
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no configuration"))
    monkeypatch.setenv("TBP_CONFIG_DIR", str(own.config))
    monkeypatch.setenv("TBP_HOME", str(server_home))
    monkeypatch.setenv("TBP_LAKE_URL", own.store.as_uri())
    monkeypatch.setenv("TBP_FLAT_FILES_URL", own.mirror.as_uri())
    load_settings.cache_clear()
    yield own
    load_settings.cache_clear()
    our_tables.SHELF.put_back(f"bars_{unique}")
    dagster_tables.SHELF.put_back(f"dagster_{unique}")

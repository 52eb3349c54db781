"""Directories that cannot be written and disks that are full end in one message that names the place and the cure."""

from __future__ import annotations

import os
import pwd
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.errors import StorageError
from tbp_assets.providers.local_mirror import LocalMirror
from tbp_assets.storage.files import write_whole
from tbp_assets.storage.local_files import INCOMING, LocalFiles
from tbp_assets.storage.manifests import Manifests
from tbp_assets_tests.day_files import TUESDAY, day_file, good_rows, write_mirror
from tbp_assets_tests.embedded.postgres.processes import environment, python_for_nobody
from tbp_assets_tests.storage.days import SOURCE, landing_zone, sending

pytestmark = pytest.mark.unit

ROOT = os.geteuid() == 0
WRITE = """
import sys
from pathlib import Path
from tbp_assets.errors import StorageError
from tbp_assets.storage.local_files import LocalFiles
root = Path(sys.argv[1])
try:
    LocalFiles(root).write("landing/file", b"content")
except StorageError as error:
    sys.exit(f"StorageError: {error}")
"""


@contextmanager
def largest_file(size: int) -> Generator[None]:
    """Let no file grow beyond a size, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that every user can reach; pytest's own are closed to others."""
    path = Path(tempfile.mkdtemp(prefix="tbp-files-"))
    yield path
    path.chmod(0o755)
    shutil.rmtree(path)


def test_a_full_disk_under_a_mirrors_file_is_a_fault_of_the_landing_zone(tmp_path: Path) -> None:
    # LocalMirror once said that its own file could not be read: transient, and of the wrong disk.
    source = LocalMirror(write_mirror(tmp_path / "mirror", {TUESDAY: day_file([f"T{n},{n}" for n in range(9999)])}))
    key = US_STOCKS_DAY_AGGS.key(TUESDAY)
    with largest_file(4096), pytest.raises(StorageError, match=f"Make {tmp_path}/store writable"):
        landing_zone(tmp_path / "store").land(TUESDAY, lambda stream: source.download(key, stream), SOURCE)


def write_without_permission(root: Path) -> str:
    """Return what a process says that writes below a closed directory; root gives its permissions up first."""
    root.chmod(0o555)
    python, user = (python_for_nobody(), pwd.getpwnam("nobody").pw_uid) if ROOT else (sys.executable, None)
    command = [python, "-c", WRITE, str(root)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd="/", env=environment(), user=user
    ).stderr.strip()


def test_read_only_directory_is_named_with_the_variable_that_moves_it(open_directory: Path) -> None:
    said = write_without_permission(open_directory)
    assert said.startswith("StorageError: ")
    assert f"Make {open_directory} writable or set TBP_HOME elsewhere" in said
    assert list(open_directory.iterdir()) == []


def test_read_only_place_inside_the_store_leaves_no_temporary_file(open_directory: Path) -> None:
    incoming = open_directory / INCOMING
    incoming.mkdir()
    if ROOT:
        os.chown(incoming, pwd.getpwnam("nobody").pw_uid, -1)
    said = write_without_permission(open_directory)
    assert f"StorageError: {open_directory / 'landing'}: Permission denied" in said
    assert list(incoming.iterdir()) == []


def test_file_where_the_directory_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "store").write_bytes(b"")
    with pytest.raises(StorageError, match=r"Make .*store writable or set TBP_HOME elsewhere"):
        LocalFiles(tmp_path / "store").write("fact.json", b"{}")


def test_fact_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "fact.json").mkdir()
    with pytest.raises(StorageError, match=r"fact\.json cannot be read"):
        Manifests(LocalFiles(tmp_path), dict[str, str]).read("fact.json")


def test_disk_that_fills_up_leaves_nothing(tmp_path: Path) -> None:
    with largest_file(1000), pytest.raises(StorageError, match="File too large"):
        LocalFiles(tmp_path).write("file", bytes(5000))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_disk_that_fills_up_while_a_file_lands_is_a_fault_of_ours_not_of_the_file(tmp_path: Path) -> None:
    zone, content = landing_zone(tmp_path), day_file(good_rows(TUESDAY))
    with largest_file(20), pytest.raises(StorageError, match="TBP_HOME"):
        zone.land(TUESDAY, sending(content), SOURCE)
    assert zone.fact(TUESDAY) is None
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["requests.jsonl"]


def test_a_file_in_a_persons_directory_that_does_not_fit_leaves_the_earlier_one_and_nothing_else(
    tmp_path: Path,
) -> None:
    path = tmp_path / "new" / "page.html"
    write_whole(path, b"earlier")
    with largest_file(1000), pytest.raises(StorageError, match=r"page\.html cannot be written: File too large"):
        write_whole(path, b"x" * 5000)
    assert (path.read_bytes(), list(path.parent.iterdir())) == (b"earlier", [path])

"""A directory of ours: what lies in it beside the files, and what is left of processes that died."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tbp_assets.storage.local_files import INCOMING, LocalFiles
from tbp_assets_tests.storage.days import names_in

pytestmark = pytest.mark.unit


def temporary(root: Path) -> list[str]:
    return sorted(path.name for path in (root / INCOMING).iterdir())


def pid_of_a_dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_temporary_files_of_dead_processes_are_swept(tmp_path: Path) -> None:
    store = LocalFiles(tmp_path)
    store.write("kept.bin", b"")
    (tmp_path / INCOMING / f"{pid_of_a_dead_process()}-abc").write_bytes(b"half")
    store.sweep()
    assert (temporary(tmp_path), names_in(store)) == ([], ["kept.bin"])


def test_temporary_files_of_living_processes_are_kept_and_not_listed(tmp_path: Path) -> None:
    store = LocalFiles(tmp_path)
    with store.writing() as stream:
        (tmp_path / INCOMING / f"{os.getppid()}-abc").write_bytes(b"another process's")
        store.sweep()
        assert temporary(tmp_path) == sorted([Path(stream.name).name, f"{os.getppid()}-abc"])
        assert names_in(store) == []


def test_foreign_file_among_the_temporary_ones_does_not_stop_the_sweep(tmp_path: Path) -> None:
    incoming = tmp_path / INCOMING
    incoming.mkdir()
    (incoming / ".DS_Store").write_bytes(b"")
    (incoming / f"{pid_of_a_dead_process()}-abc").write_bytes(b"half")
    LocalFiles(tmp_path).sweep()
    assert temporary(tmp_path) == [".DS_Store"]


def test_sweep_of_a_store_that_was_never_written_makes_nothing(tmp_path: Path) -> None:
    LocalFiles(tmp_path / "new").sweep()
    assert not (tmp_path / "new").exists()


def test_reading_makes_nothing(tmp_path: Path) -> None:
    store = LocalFiles(tmp_path / "new")
    assert (store.read("a/b"), list(store.list("a/"))) == (None, [])
    assert not (tmp_path / "new").exists()


def test_a_file_that_was_not_replaced_leaves_no_temporary_one(tmp_path: Path) -> None:
    store = LocalFiles(tmp_path)
    store.write("file", b"")
    assert not store.replace("file", b"other", None)
    assert temporary(tmp_path) == []

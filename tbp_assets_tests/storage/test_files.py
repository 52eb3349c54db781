"""A file of ours is whole or not there, and facts come back as they were written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from tbp_assets.errors import StoredFileError
from tbp_assets.storage.files import INCOMING, FileStore, sha256_of

pytestmark = pytest.mark.unit


@dataclass(frozen=True)
class Note:
    text: str
    number: int


def files_below(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def pid_of_a_dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_written_file_has_its_content_and_leaves_no_temporary_one(tmp_path: Path) -> None:
    FileStore(tmp_path).write(tmp_path / "a" / "b.bin", b"content")
    assert (tmp_path / "a" / "b.bin").read_bytes() == b"content"
    assert files_below(tmp_path) == ["b.bin"]


def test_failing_write_leaves_nothing(tmp_path: Path) -> None:
    store = FileStore(tmp_path)

    def interrupted() -> None:
        with store.writing() as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert files_below(tmp_path) == []


def test_failing_write_keeps_the_older_file(tmp_path: Path) -> None:
    store, path = FileStore(tmp_path), tmp_path / "fact.json"
    store.write(path, b"old")

    def interrupted() -> None:
        with store.writing() as stream:
            stream.write(b"new")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        interrupted()
    assert path.read_bytes() == b"old"


def test_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    store, path = FileStore(tmp_path), tmp_path / "file.bin"
    versions = [bytes([n]) * 200_000 for n in range(4)]
    store.write(path, versions[0])
    done = threading.Event()

    def write() -> None:
        for n in range(60):
            store.write(path, versions[n % 4])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = {path.read_bytes() for _ in iter(done.is_set, True)}
    writer.join()
    assert seen <= set(versions)


def test_temporary_files_of_dead_processes_are_swept(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    store.write(tmp_path / "kept.bin", b"")
    (tmp_path / INCOMING / f"{pid_of_a_dead_process()}-abc").write_bytes(b"half")
    store.sweep()
    assert files_below(tmp_path) == ["kept.bin"]


def test_temporary_files_of_living_processes_are_kept(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    with store.writing() as stream:
        (tmp_path / INCOMING / f"{os.getppid()}-abc").write_bytes(b"another process's")
        store.sweep()
        assert files_below(tmp_path) == sorted([Path(stream.name).name, f"{os.getppid()}-abc"])


def test_foreign_file_among_the_temporary_ones_does_not_stop_the_sweep(tmp_path: Path) -> None:
    incoming = tmp_path / INCOMING
    incoming.mkdir()
    (incoming / ".DS_Store").write_bytes(b"")
    (incoming / f"{pid_of_a_dead_process()}-abc").write_bytes(b"half")
    FileStore(tmp_path).sweep()
    assert files_below(tmp_path) == [".DS_Store"]


def test_sweep_of_a_store_that_was_never_written_makes_nothing(tmp_path: Path) -> None:
    FileStore(tmp_path / "new").sweep()
    assert not (tmp_path / "new").exists()


def test_fact_comes_back_as_written(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    store.write_fact(tmp_path / "note.json", Note("ä NA ∞", 7))
    assert store.read_fact(tmp_path / "note.json", Note) == Note("ä NA ∞", 7)


def test_fact_that_was_never_written_is_none(tmp_path: Path) -> None:
    assert FileStore(tmp_path).read_fact(tmp_path / "note.json", Note) is None


@pytest.mark.parametrize("content", [b"", b'{"text": "a"', b'{"text": "a"}', b"[1]", b"\xff\xfe"])
def test_damaged_fact_is_none_and_its_file_is_named_once(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "note.json"
    path.write_bytes(content)
    assert [FileStore(tmp_path).usable_fact(path, Note) for _ in range(3)] == [None] * 3
    said = f"{path} is damaged (1 faults): run the day again"
    assert [record.getMessage() for record in caplog.records] == [said]
    with pytest.raises(StoredFileError, match=re.escape(said)):
        FileStore(tmp_path).read_fact(path, Note)


def test_sha256_is_the_published_one() -> None:
    assert sha256_of(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

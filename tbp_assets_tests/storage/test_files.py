"""A file of ours is whole or not there, wherever it lies, and replaced only by who saw what it replaces."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tbp_assets.storage.files import Files, sha256_of
from tbp_assets_tests.storage.days import names_in

KEY = "lake/a b/é+%/file.bin"


def content_of(store: Files, key: str) -> bytes | None:
    found = store.read(key)
    return found.content if found else None


def version_of(store: Files, key: str) -> str | None:
    found = store.read(key)
    return found.version if found else None


def test_written_file_has_its_content_and_leaves_no_temporary_one(store: Files) -> None:
    store.write(KEY, b"content")
    assert content_of(store, KEY) == b"content"
    assert [entry.key for entry in store.list("")] == [KEY]


def test_a_file_that_was_never_written_is_none(store: Files) -> None:
    assert store.read(KEY) is None
    store.write(f"{KEY}.json", b"")
    assert store.read(KEY) is None


def test_failing_write_leaves_nothing(store: Files) -> None:
    def interrupted() -> None:
        with store.writing() as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert names_in(store) == []


def test_failing_write_keeps_the_older_file(store: Files) -> None:
    store.write(KEY, b"old")

    def interrupted() -> None:
        with store.writing() as stream:
            stream.write(b"new")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        interrupted()
    assert content_of(store, KEY) == b"old"


def test_committed_file_is_there_from_its_first_byte(store: Files) -> None:
    with store.writing() as stream:
        stream.write(b"x" * 100_000)
        assert names_in(store) == []
        store.commit(stream, KEY)
        assert content_of(store, KEY) == b"x" * 100_000
    assert [entry.key for entry in store.list("")] == [KEY]


def test_reader_never_sees_half_a_file(store: Files) -> None:
    versions = [bytes([n]) * 200_000 for n in range(4)]
    store.write(KEY, versions[0])
    done = threading.Event()

    def write() -> None:
        for n in range(30):
            store.write(KEY, versions[n % 4])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = {content_of(store, KEY) for _ in iter(done.is_set, True)}
    writer.join()
    assert seen <= set(versions)


def test_several_files_come_in_the_order_asked_for(store: Files) -> None:
    for n in range(0, 20, 2):
        store.write(f"{n}", f"{n}".encode())
    found = store.read_all([f"{n}" for n in range(20)])
    assert [one.content if one else None for one in found] == [
        f"{n}".encode() if n % 2 == 0 else None for n in range(20)
    ]
    assert store.read_all([]) == []


def test_a_file_is_replaced_only_by_who_saw_it(store: Files) -> None:
    assert store.replace(KEY, b"first", None)
    seen = version_of(store, KEY)
    assert not store.replace(KEY, b"another first", None)
    assert store.replace(KEY, b"second", seen)
    assert not store.replace(KEY, b"third", seen)
    assert content_of(store, KEY) == b"second"
    assert [entry.key for entry in store.list("")] == [KEY]


def test_a_file_that_was_removed_meanwhile_is_not_replaced(store: Files) -> None:
    store.write(KEY, b"first")
    seen = version_of(store, KEY)
    store.delete(KEY)
    assert not store.replace(KEY, b"second", seen)
    assert store.read(KEY) is None


def test_of_many_who_replace_a_file_at_once_none_is_lost(store: Files) -> None:
    def add(number: int) -> None:
        while True:
            found = store.read(KEY)
            numbers = [*(found.content.split() if found else []), str(number).encode()]
            if store.replace(KEY, b" ".join(numbers), found.version if found else None):
                return

    store.write(KEY, b"")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(20)))
    assert sorted(map(int, (content_of(store, KEY) or b"").split())) == list(range(20))


def test_a_listing_holds_what_begins_with_the_prefix_and_says_when_it_was_written(store: Files) -> None:
    for key in ("a/2024-01-02.json", "a/2024-01-02.bars.parquet", "a/2024-01-03.json", "ab/x", "a/b/2024-01-02.json"):
        store.write(key, b"")
    found = list(store.list("a/2024-01-02."))
    assert sorted(entry.key for entry in found) == ["a/2024-01-02.bars.parquet", "a/2024-01-02.json"]
    assert all(abs(entry.modified - datetime.now(UTC)) < timedelta(minutes=1) for entry in found)
    assert names_in(store, "nothing/") == []
    assert len(names_in(store)) == 5


def test_a_removed_file_is_gone_and_may_be_removed_again(store: Files) -> None:
    store.write(KEY, b"")
    store.delete(KEY)
    store.delete(KEY)
    assert store.read(KEY) is None


def test_an_address_is_where_a_person_finds_the_file(store: Files) -> None:
    assert store.address("lake/x.json") == f"{store.location}/lake/x.json"


@pytest.mark.unit
def test_sha256_is_the_published_one() -> None:
    assert sha256_of(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

"""Facts come back as they were written, damaged ones are told, and of several writers each sees what it replaces."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tbp_assets.errors import StoredFileError, StoreUnavailableError
from tbp_assets.storage.files import Files
from tbp_assets.storage.manifests import ATTEMPTS, Manifests
from tbp_assets_tests.storage.stores import Deviating, Meanwhile

KEY = "a/note.json"


@dataclass(frozen=True)
class Note:
    text: str
    number: int


def put(store: Files, note: Note) -> Note:
    return Manifests(store, Note).update(KEY, lambda _: note)[1]


def test_fact_comes_back_as_written(store: Files) -> None:
    note = put(store, Note("ä NA ∞", 7))
    assert Manifests(store, Note).read(KEY) == note == Manifests(store, Note).usable(KEY)


def test_fact_that_was_never_written_is_none(store: Files) -> None:
    assert Manifests(store, Note).read(KEY) is None
    assert Manifests(store, Note).all_usable([KEY, "other"]) == [None, None]


@pytest.mark.parametrize("content", [b"", b'{"text": "a"', b'{"text": "a"}', b"[1]", b"\xff\xfe"])
def test_damaged_fact_is_none_and_its_file_is_named_once(
    store: Files, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    store.write(KEY, content)
    notes = Manifests(store, Note)
    assert [notes.usable(KEY), *notes.all_usable([KEY, KEY])] == [None] * 3
    said = f"{store.address(KEY)} is damaged (1 faults): run the day again"
    assert [record.getMessage() for record in caplog.records] == [said]
    with pytest.raises(StoredFileError, match=re.escape(said)):
        notes.read(KEY)


def test_an_update_tells_what_it_replaced(store: Files) -> None:
    first, second = put(store, Note("a", 1)), Note("b", 2)
    assert Manifests(store, Note).update(KEY, lambda _: second) == (first, second)


def test_a_damaged_fact_is_replaced_like_none(store: Files) -> None:
    store.write(KEY, b"{")
    assert Manifests(store, Note).update(KEY, lambda known: Note(repr(known), 1)) == (None, Note("None", 1))
    assert Manifests(store, Note).read(KEY) == Note("None", 1)


def test_an_update_that_somebody_came_before_is_made_of_theirs(store: Files) -> None:
    put(store, Note("a", 1))
    late = Manifests(Meanwhile(store, lambda: put(store, Note("b", 10))), Note)
    replaced, fact = late.update(KEY, lambda known: Note("c", known.number + 1 if known else 0))
    assert (replaced, fact) == (Note("b", 10), Note("c", 11))
    assert Manifests(store, Note).read(KEY) == fact


def test_an_update_that_others_always_come_before_ends_with_a_message(store: Files) -> None:
    class AlwaysLate(Deviating):
        """Files of somebody who is never first."""

        tries = 0

        def replace(self, key: str, content: bytes, version: str | None) -> bool:  # noqa: ARG002
            self.tries += 1
            return False

    files = AlwaysLate(store)
    with pytest.raises(StoreUnavailableError, match=rf"{re.escape(store.address(KEY))}: others replaced it {ATTEMPTS}"):
        Manifests(files, Note).update(KEY, lambda _: Note("a", 1))
    assert files.tries == ATTEMPTS

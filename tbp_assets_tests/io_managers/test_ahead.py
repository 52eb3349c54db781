"""One item is made ahead of the one that is worked on, by one thread, and no more than one."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from typing import cast

import pytest

from tbp_assets.io_managers.ahead import one_ahead

pytestmark = pytest.mark.unit


def test_items_come_in_order_and_all_of_them() -> None:
    assert list(one_ahead(iter(range(100)))) == list(range(100))
    assert list(one_ahead(iter([None, None]))) == [None, None]
    assert list(one_ahead(iter(()))) == []


def test_the_next_is_made_while_the_caller_works_on_the_one_before() -> None:
    made = [threading.Event() for _ in range(4)]

    def items() -> Iterator[int]:
        for n, event in enumerate(made):
            event.set()
            yield n

    for n in one_ahead(items()):
        assert made[min(n + 1, 3)].wait(60)
        assert not any(event.is_set() for event in made[n + 2 :])


def test_what_the_iterator_raises_is_raised_in_its_turn() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    seen = list[int]()
    with pytest.raises(OSError, match="the disk is gone"):
        seen.extend(one_ahead(items()))
    assert seen == [1]


def test_a_caller_that_stops_leaves_no_thread_behind() -> None:
    stream = one_ahead(iter(range(10)))
    assert next(stream) == 0
    assert any("one-ahead" in thread.name for thread in threading.enumerate())
    cast("Generator[int]", stream).close()
    assert not any("one-ahead" in thread.name for thread in threading.enumerate())

"""Overlap of two stages of a stream: the next day is made while the one before is stored."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

T = TypeVar("T")


class _End:
    """What comes after the last item."""


END: Final = _End()


def one_ahead(items: Iterator[T]) -> Iterator[T]:
    """Give the items of an iterator, each made by a thread of its own while the caller works on the one before.

    No more than one is made ahead, so memory does not grow with the stream. What the iterator raises is raised here, in
    its turn; where the caller stops early, the item that is being made is waited for and dropped.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="one-ahead") as worker:
        coming = worker.submit(next, items, END)
        while not isinstance(item := coming.result(), _End):
            coming = worker.submit(next, items, END)
            yield item

"""Files of both kinds for the same tests: a directory, and a bucket of a real S3 server in another process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO
from uuid import uuid4

import pytest

from tbp_assets.storage.files import Entry, Files, Followed, Stored
from tbp_assets.storage.local_files import LocalFiles
from tbp_assets.storage.s3_files import S3Files
from tbp_assets_tests.providers.conftest import client_of, s3_endpoint

__all__ = ["s3_endpoint"]

KINDS = [pytest.param("local", marks=pytest.mark.unit), pytest.param("s3", marks=pytest.mark.integration)]


def bucket_files(endpoint: str, prefix: str = "research/tbp/") -> S3Files:
    """Return files in a new bucket, which ends with the server."""
    name, client = f"lake-{uuid4().hex[:12]}", client_of(endpoint)
    client.create_bucket(Bucket=name)
    return S3Files(client, name, prefix, connections=4)


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    """Files of each kind, none there yet."""
    if request.param == "local":
        return LocalFiles(tmp_path / "store")
    return bucket_files(request.getfixturevalue("s3_endpoint"))


class Deviating:
    """Files that do what others do, but for what a test overrides."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.location = files.location

    def address(self, key: str) -> str:
        return self.files.address(key)

    def read(self, key: str) -> Stored | None:
        return self.files.read(key)

    def read_all(self, keys: Sequence[str]) -> list[Stored | None]:
        return self.files.read_all(keys)

    def write(self, key: str, content: bytes) -> None:
        self.files.write(key, content)

    def replace(self, key: str, content: bytes, version: str | None) -> bool:
        return self.files.replace(key, content, version)

    def writing(self) -> AbstractContextManager[IO[bytes]]:
        return self.files.writing()

    def commit(self, stream: IO[bytes], key: str) -> None:
        self.files.commit(stream, key)

    def append(self, key: str, line: bytes) -> None:
        self.files.append(key, line)

    def follow(self, key: str) -> Followed:
        return self.files.follow(key)

    def list(self, prefix: str) -> Iterator[Entry]:
        return self.files.list(prefix)

    def delete(self, key: str) -> None:
        self.files.delete(key)

    def sweep(self) -> None:
        self.files.sweep()


class Meanwhile(Deviating):
    """Files of a process that is interrupted right before it replaces a manifest, once, by what others do."""

    def __init__(self, files: Files, others: Callable[[], object]) -> None:
        super().__init__(files)
        self.others: Callable[[], object] | None = others

    def replace(self, key: str, content: bytes, version: str | None) -> bool:
        others, self.others = self.others, None
        if others:
            others()
        return super().replace(key, content, version)

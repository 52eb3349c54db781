"""Files in an S3 bucket, AWS's or another's: an object is there once its PUT is answered, and whole or not at all."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_hex
from typing import IO, TYPE_CHECKING, Any, Final

from tbp_assets.errors import StorageError, StoreUnavailableError
from tbp_assets.s3_protocol.guard import ForeignAnswerError, guard
from tbp_assets.s3_protocol.listing import pages
from tbp_assets.storage.files import Entry, Followed, Stored
from tbp_assets.storage.s3_errors import AbsentError, ChangedError, translated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

NOT_APART: Final = (
    "this store takes no notice of conditions (If-None-Match, If-Match), so two writers of a day are not kept apart: "
    "let one process at a time write to it (no --jobs, no second machine), or take another store"
)
logger = logging.getLogger(__name__)
_tried: Final[set[str]] = set()


@dataclass(frozen=True, slots=True)
class S3Files:
    """A bucket, or what is below a prefix of it.

    Args:
        client: botocore client; its own retry mode handles throttling and network faults inside a request.
        bucket: Bucket name.
        prefix: Of every key: empty, or ending with a slash.
        connections: How many small files are read at once.
        tried: Whether the first write of a process tries whether the store keeps two writers apart.
    """

    client: S3Client
    bucket: str
    prefix: str
    connections: int
    tried: bool = False

    def __post_init__(self) -> None:
        guard(self.client, "the bucket")

    @property
    def location(self) -> str:
        """s3:// URL of the prefix."""
        return self.address("").rstrip("/")

    def address(self, key: str) -> str:
        """Return the s3:// URL of a file."""
        return f"s3://{self.bucket}/{self.prefix}{key}"

    def read(self, key: str) -> Stored | None:
        """Return an object, or None where there is none."""
        try:
            with self._translated(key):
                answer = self.client.get_object(Bucket=self.bucket, Key=self.prefix + key)
                return Stored(answer["Body"].read(), self._etag(key, answer))
        except AbsentError:
            return None

    def read_all(self, keys: Sequence[str]) -> list[Stored | None]:
        """Return several objects, as many at once as there are connections."""
        with ThreadPoolExecutor(self.connections, thread_name_prefix="s3-read") as pool:
            return list(pool.map(self.read, keys))

    def write(self, key: str, content: bytes) -> None:
        """Write an object, over what bears the name."""
        self._put(key, content)

    def replace(self, key: str, content: bytes, version: str | None) -> bool:
        """Write an object if what bears the name is still of this version; None: if nothing does.

        A PUT that was done, and whose answer was lost, is repeated by the client and told to be another's.
        """
        if self.tried:
            self._warn_once()
        condition = {"IfMatch": version} if version else {"IfNoneMatch": "*"}
        try:
            self._put(key, content, **condition)
        except (AbsentError, ChangedError):
            return False
        return True

    def keeps_writers_apart(self) -> bool:
        """Whether the store refuses a write whose condition does not hold; tried with a file of no meaning.

        Raises:
            ConfigError: It says itself that it knows no conditions.
        """
        key = f"probe-{token_hex(8)}"
        try:
            self._put(key, b"1", IfNoneMatch="*")
            for condition in ({"IfNoneMatch": "*"}, {"IfMatch": '"0123456789abcdef0123456789abcdef"'}):
                try:
                    self._put(key, b"2", **condition)
                except (AbsentError, ChangedError):
                    continue
                return False
        finally:
            self.delete(key)
        return True

    def _warn_once(self) -> None:
        """Say at the first write of a process that the store keeps no two writers apart."""
        place = f"{self.client.meta.endpoint_url} {self.location}"
        if place not in _tried:
            _tried.add(place)
            if not self.keeps_writers_apart():
                logger.warning("%s: %s", self.location, NOT_APART)

    @contextmanager
    def writing(self) -> Generator[IO[bytes]]:
        """Open a temporary file on this machine, which nobody else sees; it disappears with its process, too."""
        try:
            with tempfile.TemporaryFile() as stream:
                yield stream
        except OSError as error:
            place = tempfile.gettempdir()
            raise StorageError(f"{place}: {error.strerror}. Make room there or set TMPDIR elsewhere") from error

    def commit(self, stream: IO[bytes], key: str) -> None:
        """Send a file opened by `writing`, replacing what bears the name."""
        stream.seek(0)
        self._put(key, stream)

    def append(self, key: str, line: bytes) -> None:
        """Add a line to a journal: as an object of its own, for objects do not grow."""
        self.write(f"{key}/{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{token_hex(4)}", line)

    def follow(self, key: str) -> Followed:
        """Return a journal to be read from its start."""
        return _GrowingPrefix(self, f"{key}/")

    def list(self, prefix: str) -> Iterator[Entry]:
        """Give every object whose key starts with the prefix; one request a thousand objects."""
        with self._translated(prefix):
            for page in pages(self.client, self.bucket, self.prefix + prefix):
                for item in page.get("Contents", []):
                    yield self._entry(item)

    def delete(self, key: str) -> None:
        """Remove an object, if it is there."""
        with suppress(AbsentError), self._translated(key):
            self.client.delete_object(Bucket=self.bucket, Key=self.prefix + key)

    def sweep(self) -> None:
        """Do nothing: a PUT that broke off leaves nothing, and temporary files have no name."""

    def _entry(self, item: ObjectTypeDef) -> Entry:
        found: Any = item
        if lacking := [name for name in ("Key", "LastModified", "Size", "ETag") if name not in found]:
            what = f"listed without {', '.join(lacking)}"
            raise ForeignAnswerError(what=what, whom="the bucket")
        return Entry(found["Key"].removeprefix(self.prefix), found["LastModified"], found["Size"], found["ETag"])

    def _put(self, key: str, content: bytes | IO[bytes], **condition: str) -> None:
        place = {"Bucket": self.bucket, "Key": self.prefix + key}
        with self._translated(key):
            answer = self.client.put_object(**place, Body=content, **condition)  # pyright: ignore[reportArgumentType]  # all but the content is text
        self._etag(key, answer)

    def _etag(self, key: str, answer: Mapping[str, object]) -> str:
        if "ETag" not in answer:
            raise StoreUnavailableError(
                f"{self.address(key)}: not an answer of S3 (no ETag); is something between here and the bucket?"
            )
        return str(answer["ETag"])

    def _translated(self, key: str) -> AbstractContextManager[None]:
        return translated(self.address(key), self.bucket)


@dataclass(slots=True)
class _GrowingPrefix:
    """A journal whose lines are objects, each read once."""

    files: S3Files
    prefix: str
    given: set[str] = field(default_factory=set[str])

    def more(self) -> tuple[list[bytes], bool]:
        """Return the lines that were not given yet."""
        there = sorted(entry.key for entry in self.files.list(self.prefix))
        new = not self.given <= set(there)
        if new:
            self.given = set()
        added = [key for key in there if key not in self.given]
        found = self.files.read_all(added)
        self.given.update(key for key, line in zip(added, found, strict=True) if line)
        return [line.content.rstrip(b"\n") for line in found if line], new

"""The fake provider as tests and demonstrations hold it: fill the bucket, inject faults, ask what was asked."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Self

from tbp_assets.datasets import US_STOCKS_DAY_AGGS, Dataset
from tbp_assets.embedded.market import SyntheticMarket
from tbp_assets.embedded.provider.bucket import ACCESS_KEY, HOST, NAME, Bucket
from tbp_assets.embedded.provider.deafness import Deafness
from tbp_assets.embedded.provider.faults import Fault, Method
from tbp_assets.embedded.provider.proxy import Proxy
from tbp_assets.embedded.provider.recording import Record, Request

_SECRET_KEY: Final = "fake-provider-secret"  # noqa: S105  # opens nothing


@dataclass(frozen=True, slots=True)
class FakeProvider:
    """A bucket of day files on this machine, with faults on demand.

    `with FakeProvider.start() as provider:` ends it; killed, the process that started it takes its server along. Keys
    are not checked: refused ones are a fault, `bad_key`. moto keeps what was published through a fault or `heal`.
    """

    access_key: str
    secret_key: str = field(repr=False)
    _bucket: Bucket = field(repr=False)
    _proxy: Proxy = field(repr=False)
    _record: Record = field(repr=False)
    _former: dict[str, bytes] = field(repr=False)
    _deafness: Deafness = field(repr=False)
    _open: ExitStack = field(repr=False)

    @classmethod
    def start(cls) -> Self:
        """Start a provider with an empty bucket, in about 2 s.

        Raises:
            EmbeddedServerError: moto is not installed or does not start.
        """
        with ExitStack() as stack:
            bucket = Bucket.start()
            stack.callback(bucket.stop)
            record, former = Record(), dict[str, bytes]()
            proxy = Proxy(bucket, record, former)
            stack.callback(proxy.close)
            proxy.serve()
            deafness = Deafness(proxy)
            stack.callback(deafness.end)
            return cls(ACCESS_KEY, _SECRET_KEY, bucket, proxy, record, former, deafness, stack.pop_all())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the proxy and the bucket; a second time does nothing."""
        self._open.close()

    @property
    def endpoint_url(self) -> str:
        """Address of the provider."""
        return f"http://{HOST}:{self._proxy.server_port}"

    @property
    def server_pid(self) -> int:
        """Process id of the bucket's server, leader of its own process group."""
        return self._bucket.process.pid

    @property
    def ports(self) -> tuple[int, int]:
        """Ports of the proxy and of the bucket behind it."""
        return self._proxy.server_port, self._bucket.port

    def environment(self) -> dict[str, str]:
        """Return the variables with which a command takes its day files from here."""
        return {
            "TBP_FLAT_FILES_URL": f"s3://{NAME}",
            "TBP_S3_ENDPOINT_URL": self.endpoint_url,
            "POLYGON_S3_ACCESS_KEY": self.access_key,
            "POLYGON_S3_SECRET_KEY": self.secret_key,
        }

    def publish(self, day: date, content: bytes, *, dataset: Dataset = US_STOCKS_DAY_AGGS) -> str:
        """Put a day's file into the bucket, in place of one that is there, and return its key."""
        key = dataset.key(day)
        former = self._bucket.listed(key)
        self._bucket.put(key, content)
        if former is not None:
            self._former[key] = former
        return key

    def replace(self, day: date, content: bytes, *, dataset: Dataset = US_STOCKS_DAY_AGGS) -> str:
        """Restate a day: `publish` under the name by which it reads best."""
        return self.publish(day, content, dataset=dataset)

    def publish_market(self, market: SyntheticMarket, days: Iterable[date]) -> list[date]:
        """Publish an invented market's files and return the days that have one."""
        published = [day for day in days if market.has_file(day)]
        for day in published:
            self.publish(day, market.day_file(day))
        return published

    def withdraw(self, day: date, *, dataset: Dataset = US_STOCKS_DAY_AGGS) -> None:
        """Take a day's file out of the bucket."""
        self._bucket.delete(dataset.key(day))
        self._former.pop(dataset.key(day), None)

    def clear(self) -> None:
        """Make it as after `start`: no files, no faults, no requests."""
        self.heal()
        self._bucket.empty()
        self._former.clear()
        self.forget()

    def forget(self) -> None:
        """Forget the requests so far."""
        self._record.requests.clear()

    @property
    def requests(self) -> list[Request]:
        """Requests answered so far, in the order in which their answers began."""
        return list(self._record.requests)

    def count(self, method: Method, on: date | str | None = None) -> int:
        """Count the requests of a kind for a day, for keys or listings that begin so, or for anything."""
        wanted = Fault("not_found", on=on, methods=(method,))
        return sum(wanted.strikes(request.method, request.key) for request in self.requests)

    def inject(self, fault: Fault) -> None:
        """Let a fault strike. Of several, the first injected strikes first; all faults of listings strike together."""
        if fault.kind == "connect_timeout":
            self._deafness.begin(fault.seconds)
        else:
            self._record.inject(fault)

    def heal(self) -> None:
        """End all faults."""
        self._deafness.end()
        self._record.heal()

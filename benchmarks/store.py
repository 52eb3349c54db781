"""Landing zone and lake in a directory and in a bucket: `python -m benchmarks.store --days 21`.

The bucket is that of TBP_LAKE_URL (with TBP_LAKE_*), below a prefix of its own, else one of a moto server on this
machine: it shows the requests and what they cost us, not the way to a real store. Milliseconds a day, medians; L is the
landed bytes alone, written and synced under their names, and read back.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import BinaryIO
from uuid import uuid4

from benchmarks.day_files import sessions, synthetic
from benchmarks.load_path import LIMITS
from tbp_assets.bars.facts import Listed
from tbp_assets.bars.validation import ValidatedDay, validate
from tbp_assets.config_loader import ConfigLoader
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.resources.store import StoreResource
from tbp_assets.settings import PROJECT_ROOT
from tbp_assets.storage.files import Files
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.local_files import LocalFiles
from tbp_assets.storage.s3_files import S3Files
from tbp_assets_tests.providers.conftest import free_port

PARTS = ("land", "validated day written", "day read", "20 x manifests of all days")
Timed = dict[str, float]


def main() -> None:
    """Print a table: a line for each place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=21)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    days = sessions(options.days)
    with tempfile.TemporaryDirectory(prefix="tbp-bench-") as root, _bucket() as bucket:
        mirror = synthetic(Path(root) / "mirror", days)
        contents = [(day, (mirror / US_STOCKS_DAY_AGGS.key(day)).read_bytes()) for day in days]
        validated = _validated(LocalFiles(Path(root) / "first"), contents)
        for n in range(options.repeats):
            places = {"directory": LocalFiles(Path(root) / f"{n}"), bucket.location: _below(bucket, f"{n}/")}
            print("repeat", n, f"L {_limit(Path(root) / f'plain{n}', [c for _, c in contents]):.1f}")
            for name, files in places.items():
                timed = _timed(files, contents, validated)
                print(f"  {name:40}", *(f"{part}: {ms:.1f}" for part, ms in timed.items()), sep="  ")


@contextmanager
def _bucket() -> Generator[S3Files]:
    if os.environ.get("TBP_LAKE_URL", "").startswith("s3:"):
        yield _below(_opened(os.environ), f"bench-{uuid4().hex[:8]}/")
        return
    port = free_port()
    keys = {"TBP_LAKE_ACCESS_KEY": "bench", "TBP_LAKE_SECRET_KEY": "bench", "TBP_LAKE_REGION": "us-east-1"}
    place = {"TBP_LAKE_URL": "s3://bench", "TBP_LAKE_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:  # noqa: S603
        try:
            files = _opened({**os.environ, **keys, **place})
            time.sleep(5)
            files.client.create_bucket(Bucket="bench")
            yield files
        finally:
            server.terminate()


def _opened(environment: Mapping[str, str]) -> S3Files:
    os.environ.update(environment)
    files = StoreResource.from_settings(ConfigLoader(PROJECT_ROOT / "config").load()).files()
    if not isinstance(files, S3Files):
        raise TypeError(f"{files.location} is no bucket")
    return files


def _below(files: S3Files, prefix: str) -> S3Files:
    return S3Files(files.client, files.bucket, files.prefix + prefix, files.connections)


def _sent(content: bytes) -> Callable[[BinaryIO], Listed]:
    def send(stream: BinaryIO) -> Listed:
        stream.write(content)
        return Listed("key", "v1", len(content), datetime.now(UTC))

    return send


def _zones(files: Files) -> tuple[LandingZone, Lake]:
    return LandingZone(files, US_STOCKS_DAY_AGGS, "polygon", LIMITS), Lake(files, US_STOCKS_DAY_AGGS, "polygon")


def _validated(files: Files, contents: Sequence[tuple[date, bytes]]) -> list[ValidatedDay]:
    landing, _ = _zones(files)
    made: list[ValidatedDay] = []
    for day, content in contents:
        file = landing.land(day, _sent(content), "benchmark").file
        if file is None:
            raise AssertionError(f"{day} did not land")
        made.append(
            validate(content, file, landing.dataset, day, data_source="polygon", max_rejected_share=1, limits=LIMITS)
        )
    return made


def _timed(files: Files, contents: Sequence[tuple[date, bytes]], validated: Sequence[ValidatedDay]) -> Timed:
    landing, lake = _zones(files)
    days = [day for day, _ in contents]
    acts: tuple[Callable[[int], object], ...] = (
        lambda n: landing.land(contents[n][0], _sent(contents[n][1]), "benchmark"),
        lambda n: lake.write(validated[n]),
        lambda n: lake.bars(lake.fact(days[n])),
    )
    found = {part: _median(act, len(days)) for part, act in zip(PARTS, acts, strict=False)}
    started = time.perf_counter()
    for _ in range(20):
        landing.facts(days)
        lake.facts(days)
    return found | {PARTS[3]: 1000 * (time.perf_counter() - started) / len(days)}


def _median(act: Callable[[int], object], count: int) -> float:
    def one(n: int) -> float:
        started = time.perf_counter()
        act(n)
        return 1000 * (time.perf_counter() - started)

    return median(one(n) for n in range(count))


def _limit(root: Path, contents: Sequence[bytes]) -> float:
    root.mkdir()

    def write(n: int) -> None:
        with (root / str(n)).open("wb") as stream:
            stream.write(contents[n])
            os.fsync(stream.fileno())
        (root / str(n)).read_bytes()

    return _median(write, len(contents))


if __name__ == "__main__":
    main()

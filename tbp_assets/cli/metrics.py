"""`tbp metrics`: what Prometheus is told, once as text or for every scrape over HTTP.

Dagster is not imported, so that a look each minute costs little.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import NoReturn

from tbp_assets.cli.output import err, out
from tbp_assets.config_loader import load_settings
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.errors import UsageError
from tbp_assets.metrics.collector import TbpCollector
from tbp_assets.metrics.serving import exposition, is_loopback, served
from tbp_assets.metrics.source import Source
from tbp_assets.resources.stand_ins import refuse_stand_ins
from tbp_assets.storage.files import write_whole

SECONDS_OF_A_DAY = 86_400


def once(output: Path | None, *, seconds: float) -> int:
    """Run `tbp metrics` and return its exit code: 0 where a part could not be read, too, since the metrics say so.

    Raises:
        StorageError: The file cannot be written.
        UsageError: It is a directory.
    """
    if output is not None and output.is_dir():
        raise UsageError(f"{output} is a directory: name a file, for node_exporter one that ends in .prom")
    with _collector(seconds) as collector:
        text = exposition(collector)
    if output is None:
        sys.stdout.write(text.decode())
    else:
        write_whole(output.absolute(), text)
    return 0


def serve(host: str, port: int, *, seconds: float) -> NoReturn:
    """Run `tbp metrics serve` until it is interrupted or terminated."""
    with _collector(seconds) as collector, served(collector, host, port):
        if not is_loopback(host):
            err.print(f"{host}: there is no login, whoever reaches this address reads the metrics", markup=False)
        shown = f"[{host}]" if ":" in host else host
        out.print(f"metrics on http://{shown}:{port}/metrics (Ctrl-C ends it)")
        sys.stdout.flush()
        collector.begin()
        while True:
            # Not a lock: with the handler of SIGINT that polars sets, waiting for one would go on after Ctrl-C.
            sleep(SECONDS_OF_A_DAY)


@contextmanager
def _collector(seconds: float) -> Generator[TbpCollector]:
    settings = load_settings()
    refuse_stand_ins(settings)
    source = Source(settings, US_STOCKS_DAY_AGGS, seconds=seconds)
    try:
        yield TbpCollector(source, seconds=seconds, tell=lambda words: err.print(words, markup=False))
    finally:
        source.close()

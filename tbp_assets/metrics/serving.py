"""Metrics as text, and over HTTP."""

from __future__ import annotations

import ipaddress
from collections.abc import Generator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.exposition import generate_latest

from tbp_assets.errors import UsageError
from tbp_assets.metrics.collector import TbpCollector


def exposition(collector: TbpCollector) -> bytes:
    """Return what one scrape gives, in Prometheus's text format."""
    return generate_latest(_registry(collector))


@contextmanager
def served(collector: TbpCollector, host: str, port: int) -> Generator[None]:
    """Serve /metrics until the end of the block.

    Raises:
        UsageError: The address cannot be used.
    """
    try:
        server, thread = start_http_server(port, host, _registry(collector))
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"cannot serve on {host}:{port}: {reason}. Choose --port or --host") from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host name or address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _registry(collector: TbpCollector) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(collector)
    return registry

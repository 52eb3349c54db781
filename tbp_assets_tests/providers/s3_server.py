"""A moto server that answers one request after the other: `python -m tbp_assets_tests.providers.s3_server PORT`.

S3 replaces an object at once; moto's own server looks at a condition and writes in two steps, others in between.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def in_turn(application: Application) -> Application:
    """Return an application that does nothing while it is doing something."""
    lock = Lock()

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with lock:
            return list(application(environ, start_response))

    return answer


if __name__ == "__main__":
    run_simple("127.0.0.1", int(sys.argv[1]), in_turn(DomainDispatcherApplication(create_backend_app)), threaded=True)

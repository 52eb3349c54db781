"""The process that is S3: `python -m …bucket_process` serves moto on a free port and says which on standard output.

It ends when its standard input does, hence with the process that started it, however that one dies.
"""

from __future__ import annotations

import sys
from threading import Thread

POLL_SECONDS = 0.05


def main() -> int:
    """Serve until nobody holds the other end of standard input."""
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415  # a development dependency, 1.5 s
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server  # noqa: PLC0415

    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)

    def end_with_parent() -> None:
        while sys.stdin.buffer.read(1):
            pass
        server.shutdown()

    Thread(target=end_with_parent, daemon=True).start()
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    server.serve_forever(POLL_SECONDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())

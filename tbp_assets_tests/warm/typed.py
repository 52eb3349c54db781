"""`tbp` as a shell finds it on its PATH: asks the server for a process, and ends as that does.

`python -IS typed.py SOCKET SCRIPT WORDS...`, with nothing imported that takes time.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import sys
from pathlib import Path


def main() -> int:
    """Return the exit code of the command; of one that a signal ended, the one that a shell makes of it."""
    address, *words = sys.argv[1:]
    deaf = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    request = {"words": words, "env": dict(os.environ), "cwd": str(Path.cwd()), "waited": True, "deaf": deaf}
    body = json.dumps(request).encode()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        socket.send_fds(connection, [struct.pack("!I", len(body))], [0, 1, 2])
        connection.sendall(body)
        answer = connection.recv(4)
    if not answer:
        print("the server of warm processes is gone", file=sys.stderr)
        return 1
    (code,) = struct.unpack("!i", answer)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())

"""The process that stops a server nobody uses any more: `python -m …watcher <instance directory> <lock descriptor>`.

It sleeps on the lease until the last holder is gone, however it went, leaves some grace for the next command, and stops
the server while it holds the lease alone: whoever comes then waits, and starts the server anew.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from tbp_assets.embedded.postgres.instance import Instance
from tbp_assets.embedded.postgres.locks import exclusive, is_file_at, try_lock, wait_until_free
from tbp_assets.embedded.postgres.postmaster import stop
from tbp_assets.errors import TbpError

GRACE_SECONDS = 2.0
_CONTROL_SECONDS = 180.0


def watch(instance: Instance, own_lock: int) -> None:
    """Stop the instance's server once its lease has been free for the length of the grace."""
    lease = os.open(instance.lease, os.O_RDWR)
    while True:
        wait_until_free(lease)
        # A short command may come and go within the grace; the time of its lease shows that it was there.
        last_taken = os.fstat(lease).st_mtime_ns
        time.sleep(GRACE_SECONDS)
        # Removed and made anew: the server there now belongs to others, and to their watcher.
        if not is_file_at(lease, instance.lease):
            return
        if os.fstat(lease).st_mtime_ns == last_taken and try_lock(lease):
            break
    with exclusive(instance.control, within=_CONTROL_SECONDS):
        stop(instance)
    # Before the lease: whoever gets the lease next must find that there is no watcher.
    os.close(own_lock)
    os.close(lease)


def main(arguments: list[str]) -> int:
    """Run the watcher; what it has to say goes to the server's log."""
    try:
        watch(Instance(Path(arguments[0])), int(arguments[1]))
    except (TbpError, OSError) as error:
        sys.stderr.write(f"tbp watcher: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

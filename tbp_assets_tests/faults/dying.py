"""`tbp` that is killed, as by `kill -9`, when it comes to a place for the n-th time.

python -m tbp_assets_tests.faults.dying MODULE:NAME before|after N COMMAND...
"""

from __future__ import annotations

import functools
import importlib
import itertools
import os
import signal
import sys
from typing import Any

from tbp_assets.cli.app import main


def die_at(place: str, when: str, times: int) -> None:
    """Make the process kill itself before or after a function is called for the n-th time."""
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner: Any = functools.reduce(getattr, owners, importlib.import_module(module))
    function, calls = getattr(owner, name), itertools.count(1)

    @functools.wraps(function)
    def dying(*args: Any, **options: Any) -> Any:
        last = next(calls) == times
        if last and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **options)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, dying)


if __name__ == "__main__":
    die_at(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    sys.argv = ["tbp", *sys.argv[4:]]
    main()

"""Times what comes before the first row, and one day with everything warm: `python -m benchmarks.startup`.

Definitions and configuration are loaded in processes of their own, five times; days are materialized in this one, a run
each, through the asset graph with its checks.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter

from benchmarks.day_files import sessions, synthetic
from benchmarks.servers import own_home

REPEATS = 5
PROBE = "import time; {before}; began = time.perf_counter(); {work}; print(time.perf_counter() - began)"
PROBES = {
    "import tbp_assets.definitions": ("pass", "import tbp_assets.definitions"),
    "load_settings()": ("from tbp_assets.config_loader import load_settings", "load_settings()"),
}


def probe(before: str, work: str) -> float:
    """Return the seconds of some work in a fresh process."""
    command = [sys.executable, "-c", PROBE.format(before=before, work=work)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603


def warm_days(days: list[date]) -> list[float]:
    """Return the seconds that each day takes, one run a day, in this process."""
    from tbp_assets.cli.backfill_jobs import workers  # noqa: PLC0415  # what it reads from the environment is set by now
    from tbp_assets.cli.instance import open_instance  # noqa: PLC0415
    from tbp_assets.cli.session import Session  # noqa: PLC0415
    from tbp_assets.defs.jobs import DAY_BARS_JOB  # noqa: PLC0415

    session, seconds = Session.start(), list[float]()
    with open_instance(session) as instance, workers(1, session, instance, {}) as run:
        for day in days:
            started = perf_counter()
            outcome = run(DAY_BARS_JOB, [day], lambda: None)
            seconds.append(perf_counter() - started)
            if outcome.faults or outcome.open:
                raise AssertionError(f"{day}: {outcome.faults or outcome.open}")
    return seconds


def main() -> None:
    """Run it."""
    for name, (before, work) in PROBES.items():
        show(name, [probe(before, work) for _ in range(REPEATS)])
    days = sessions(REPEATS + 1)
    with own_home() as home, tempfile.TemporaryDirectory() as files:
        os.environ |= {
            "TBP_HOME": str(home), "TBP_FLAT_FILES_URL": synthetic(Path(files), days).as_uri(), "TBP_UNIVERSE": "all",
            "DB_HOST": "",
        }  # fmt: skip
        show("one day of the whole market, warm, run to commit", warm_days(days)[1:])


def show(name: str, seconds: list[float]) -> None:
    """Print the median, best and worst."""
    print(f"{name:50} {statistics.median(seconds):6.3f} s  (best {min(seconds):.3f}, worst {max(seconds):.3f})")


if __name__ == "__main__":
    main()

"""Times each command beside an interpreter that does nothing: `python -m benchmarks.commands`.

Each runs in a process of its own, in turns, in a home that holds two weeks of the invented market and whose server is
up. Processor time is the process's own (user and system), without the database server's.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.servers import own_home
from tbp_assets.embedded.postgres import ensure_server

TBP = str(Path(sys.executable).with_name("tbp"))
NOTHING = "python -c pass"
MARKET = "synthetic://market?seed=7&tickers=10400"
COMMANDS: Mapping[str, Sequence[str]] = {
    NOTHING: (sys.executable, "-c", "pass"),
    **{
        f"tbp {words}": (TBP, *words.split())
        for words in (
            "--help", "--version", "config check", "config show", "status", "quarantine list", "quarantine show",
            "restatements", "failures", "quality days", "quality tickers", "quality flags", "logs", "metrics",
            "migrate", "alerts", "doctor",
        )
    },
    "tbp query": (TBP, "query", "SELECT count(*) FROM market_data_raw"),
    # In another home, where nothing runs: the server of the first is still needed.
    "tbp stop": (TBP, "stop"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took, in seconds."""

    processor: float
    wall: float


def cost_of(command: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """Run a command to its end, whatever its exit code, and return what it took."""
    began = perf_counter()
    process = subprocess.Popen(  # noqa: S603
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return Cost(usage.ru_utime + usage.ru_stime, perf_counter() - began)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="Turns that each command has.")
    parser.add_argument("--only", default="", help="Only commands whose words hold this text.")
    given = parser.parse_args()
    chosen = {name: words for name, words in COMMANDS.items() if name == NOTHING or given.only in name}
    costs: dict[str, list[Cost]] = {name: [] for name in chosen}
    with own_home() as home, own_home() as elsewhere:
        environment = {**os.environ, "TBP_HOME": str(home), "DB_HOST": "", "TBP_FLAT_FILES_URL": MARKET}
        # A warm machine has bytecode.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        subprocess.run([TBP, "demo"], env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        # Held by this process: each command finds it running.
        ensure_server(home)
        for _ in range(given.repeats):
            for name, words in chosen.items():
                place = elsewhere if name == "tbp stop" else home
                costs[name].append(cost_of(words, {**environment, "TBP_HOME": str(place)}))
    print(f"{'':20} {'processor':>9} {'(best)':>8} {'wall':>8} {'(best)':>8}  seconds, medians of {given.repeats}")
    for name, found in costs.items():
        processor, wall = [each.processor for each in found], [each.wall for each in found]
        numbers = (statistics.median(processor), min(processor), statistics.median(wall), min(wall))
        print(f"{name:20} " + " ".join(f"{number:8.2f}" for number in numbers))


if __name__ == "__main__":
    main()

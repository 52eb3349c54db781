"""Run tests on other dates: `python -m tbp_assets_tests.dates [DATE ...] [-- PYTEST ARGUMENTS]`.

A library that is loaded into every process of a test, PostgreSQL among them, moves the date; it is compiled for each.
Dates are moments in UTC. Linux with a C compiler is needed; elsewhere it says so and exits with 77.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

SOURCE = Path(__file__).with_name("moved_clock.c")
# A holiday week, its Saturday, Christmas, New Year, both changes of the clock, a leap day, and a year that ends on a
# weekend; noon in New York, but for some of the hours around midnight there and in UTC.
DATES = (
    "2026-11-26T17:00", "2026-11-28T17:00", "2026-12-25T17:00", "2027-01-01T04:30", "2027-01-01T17:00",
    "2026-11-01T05:30", "2027-03-14T06:30", "2028-02-29T17:00", "2028-12-30T17:00", "2029-01-01T00:10",
)  # fmt: skip
CANNOT = 77


def moved_clock(moment: datetime, directory: Path, compiler: str) -> Path:
    """Compile the library that makes a moment of now, and return where it is."""
    seconds = round((moment - datetime.now(UTC)).total_seconds())
    library = directory / f"{moment:%Y%m%dT%H%M}.so"
    words = ["-shared", "-fPIC", "-O1", f"-DMOVED_BY=({seconds}L)", "-o", library, SOURCE, "-ldl"]
    subprocess.run([compiler, *words], check=True)
    return library


def main(words: list[str]) -> int:
    """Run the tests on each date, and return 0 if they passed on all."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        print("NOT RUN: the tests on other dates need Linux and a C compiler", file=sys.stderr)
        return CANNOT
    at = words.index("--") if "--" in words else len(words)
    dates, arguments = words[:at] or list(DATES), words[at + 1 :]
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as directory:
        # The database's own account reads it, too.
        Path(directory).chmod(0o755)
        for date in dates:
            library = moved_clock(datetime.fromisoformat(date).replace(tzinfo=UTC), Path(directory), compiler)
            print(f"== on {date} UTC", flush=True)
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
            if subprocess.run(command, env={**os.environ, "LD_PRELOAD": str(library)}, check=False).returncode:
                failed.append(date)
    print(f"failed on: {', '.join(failed)}" if failed else f"passed on {len(dates)} dates")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

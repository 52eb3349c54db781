"""Is there memory left, on the machine or in the container that limits us?"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import psutil

from tbp_assets.health.finding import Finding
from tbp_assets.health.installation import Installation

MEMORY: Final = "memory"
CGROUP: Final = Path("/sys/fs/cgroup")
GB: Final = 1_000_000_000


def memory(installation: Installation, cgroup: Path = CGROUP) -> Finding:
    """Compare the share in use with the limit; the tighter of machine and container counts."""
    total, available = min(machine(), container(cgroup) or machine(), key=lambda found: found[1] / found[0])
    share, most = 1 - available / total, installation.limits.max_memory_share
    seen = f"{share:.0%} of {total / GB:,.1f} GB in use, {available / GB:,.1f} GB available"
    if share > most:
        todo = "end what else runs, or lower download.max_workers and --jobs; "
        return Finding(MEMORY, "failed", seen, f"{todo}health.max_memory_share of pipeline.yml is {most:g}")
    return Finding(MEMORY, "ok", seen)


def machine() -> tuple[int, int]:
    """Return total and available bytes of the machine."""
    found = psutil.virtual_memory()
    return found.total, found.available


def container(cgroup: Path) -> tuple[int, int] | None:
    """Return total and available bytes of the container (cgroup v2), or None where nothing limits us."""
    try:
        limit, used = (int((cgroup / name).read_text()) for name in ("memory.max", "memory.current"))
        lines = (cgroup / "memory.stat").read_text().splitlines()
    except (OSError, ValueError):
        # Not there, or "max".
        return None
    # The kernel gives pages of files back before it refuses memory.
    cached = sum(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))
    return limit, max(0, limit - used + cached)

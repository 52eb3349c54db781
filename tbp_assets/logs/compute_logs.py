"""What runs print, as dagster.yaml keeps it: that of runs in Dagster's own processes, in files that the UI shows.

The runs of a command print to its terminal. To copy that, Dagster would start two `tail` for each run and a program
that watches each, all of which Ctrl-C reaches as well.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, Self

# Not exported by dagster 1.13; the first is the class that dagster.yaml names by default.
from dagster._core.storage.compute_log_manager import CapturedLogContext
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager

from tbp_assets.logs.starting import is_of_dagster


class ComputeLogs(LocalComputeLogManager):
    """Files below a directory, one for each stream of a run."""

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> Self:
        """Make it as dagster.yaml configures it."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def capture_logs(self, log_key: Sequence[str]) -> Generator[CapturedLogContext]:
        """Keep what is printed meanwhile."""
        if not is_of_dagster():
            yield CapturedLogContext(log_key)
            return
        with super().capture_logs(log_key) as context:
            yield context

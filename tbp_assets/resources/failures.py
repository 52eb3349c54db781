"""How the project's errors reach Dagster: transient ones go to the retry policy, the others end the step at once."""

import dagster as dg

from tbp_assets.errors import TbpError, TransientError


def as_failure(error: TbpError) -> Exception:
    """Return what to raise in a step: the error itself where a retry can help, else a Failure without retries."""
    return error if isinstance(error, TransientError) else dg.Failure(description=str(error), allow_retries=False)

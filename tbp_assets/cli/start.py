"""Where the program `tbp` begins: it can be interrupted from the first moment on, also while it is still imported."""

# ruff: noqa: PLC0415
import gc

from tbp_assets.cli.ending import begin
from tbp_assets.interrupts import interrupted


def collect_garbage_seldom() -> None:
    """Let Python look for circles of objects once in 20,000 new ones rather than in 700.

    What a process imports and sets up stays until its end, and to look through it all the time takes an eighth of the
    processor time of a command.
    """
    gc.set_threshold(20_000, 20, 20)


def main() -> None:
    """Run `tbp`. Exit codes: 0 done, 1 something failed (named), 2 usage or configuration, 130 Ctrl-C, 143 SIGTERM."""
    collect_garbage_seldom()
    ending = begin()
    try:
        from tbp_assets.cli.app import main as typed

        typed()
    except BaseException:
        if not interrupted():
            raise
    finally:
        # What is left is Python's own end.
        ending.be_gracious(gracious=False)
    if interrupted():
        # However the command came to its end: what was interrupted was not done.
        ending.end()

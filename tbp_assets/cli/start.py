"""Where the program `tbp` begins: it can be interrupted from the first moment on, also while it is still imported."""

# ruff: noqa: PLC0415
from tbp_assets.cli.ending import begin
from tbp_assets.interrupts import interrupted


def main() -> None:
    """Run `tbp`. Exit codes: 0 done, 1 something failed (named), 2 usage or configuration, 130 Ctrl-C, 143 SIGTERM."""
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

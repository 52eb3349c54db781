"""Says where the UI is once it answers: `python -m …announcing <address> <descriptor of a pipe>`, beside the UI.

A process of its own, since the one that starts the UI becomes it. Nobody waits for it, and it ends with the UI: the
other end of the pipe is open for as long as the UI's process lives.
"""

import select
import subprocess
import sys
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

LOOK_SECONDS = 0.5
ANSWER_SECONDS = 5.0


def announce(url: str, pipe: int) -> None:
    """Start the process that says so.

    Args:
        url: Of the UI.
        pipe: Its other end stays with the process that becomes the UI.
    """
    command = [sys.executable, "-m", "tbp_assets.cli.announcing", url, str(pipe)]
    # Through a shell's `&`, so that it is init's child: the UI would never take notice of its end.
    subprocess.run(  # noqa: S603 (nothing is spelled into the shell's command)
        ["/bin/sh", "-c", '"$@" &', "sh", *command],
        check=True,
        stdin=subprocess.DEVNULL,
        pass_fds=(pipe,),
        start_new_session=True,
    )


def _answers(url: str) -> bool:
    try:
        with build_opener(ProxyHandler({})).open(f"{url}/server_info", timeout=ANSWER_SECONDS):
            return True
    except HTTPError:
        # Somebody is there, and particular about who asks.
        return True
    except OSError:
        return False


def main(url: str, pipe: int) -> None:
    """Look until the UI answers, or is gone."""
    while not _answers(url):
        if select.select([pipe], [], [], LOOK_SECONDS)[0]:
            return
    sys.stdout.write(f"UI on {url} (Ctrl-C or `tbp stop` ends it)\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

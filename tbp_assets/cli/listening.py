"""Where the UI listens: on this machine alone, unless a person says that they know what more than that means."""

import ipaddress
import socket

from tbp_assets.errors import UsageError

LOOPBACK = "127.0.0.1"
WITHOUT_LOGIN = "--without-login"
WHAT_IT_MEANS = (
    "Dagster's UI has no login: whoever reaches the port can read everything, start and end runs, and delete their "
    "records"
)


def require_guarded(host: str, *, without_login: bool) -> None:
    """Raise where the UI would be open to other machines and nobody said that this is meant.

    Raises:
        UsageError: It would be, or the host is none.
    """
    open_to = [address for _, address in _addresses(host) if not ipaddress.ip_address(address).is_loopback]
    if open_to and not without_login:
        raise UsageError(
            f"--host {host} is open to other machines. {WHAT_IT_MEANS}. Leave --host out and use an SSH tunnel or a "
            f"proxy with a login (docs/security.md), or add {WITHOUT_LOGIN} where the network itself is guarded"
        )


def require_free(host: str, port: int) -> None:
    """Raise unless a port of a host can be listened on.

    Raises:
        UsageError: It is in use, or the host is not this machine's.
    """
    for family, address in _addresses(host):
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                raise UsageError(
                    f"port {port} of {_shown(host)} cannot be listened on ({error.strerror}): "
                    "choose another with --port, or a host of this machine with --host"
                ) from None


def url_of(host: str, port: int) -> str:
    """Return where a browser on this machine finds the UI."""
    everywhere = {"0.0.0.0", "::"}  # noqa: S104  # compared, not listened on
    name = "localhost" if host in everywhere or host == LOOPBACK else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _addresses(host: str) -> list[tuple[socket.AddressFamily, str]]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise UsageError(f"--host {host!r} is no name or address of this machine") from None
    # A link-local address carries the interface: fe80::1%eth0.
    return [(family, str(place[0]).split("%", 1)[0]) for family, _, _, _, place in found]


def _shown(host: str) -> str:
    return "localhost" if host == LOOPBACK else host

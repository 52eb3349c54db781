"""The guard of the UI: its own pages and programs pass, pages of other sites do not."""

from __future__ import annotations

import pytest
from starlette.types import Scope

from tbp_assets.web import Guard

pytestmark = pytest.mark.unit
CHANGE = b"query=mutation%20%7B%20startSchedule%20%7D"


async def nothing(*_: object) -> None:
    """Answer nothing."""


def fault(
    method: str = "GET", *, query: bytes = b"", kind: str = "http", host: str = "localhost:3000", **headers: str
) -> str:
    """Return why a request is refused."""
    named = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope: Scope = {
        "type": kind, "method": method, "path": "/graphql", "query_string": query, "server": ("10.1.2.3", 3000),
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }  # fmt: skip
    return Guard(nothing, hosts=["ui.example"]).fault(scope)


@pytest.mark.parametrize(
    "host", ["localhost:3000", "127.0.0.1:3000", "[::1]:3000", "LOCALHOST", "ui.example", "10.1.2.3:3000"]
)
def test_known_hosts_are_answered(host: str) -> None:
    assert not fault(host=host)
    assert not fault("POST", host=host, content_type="application/json; charset=utf-8", origin=f"http://{host}")


@pytest.mark.parametrize(
    "host", ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:3000", "10.9.9.9"]
)
def test_a_name_that_points_here_for_a_moment_is_not_answered(host: str) -> None:
    assert "TBP_UI_HOSTS" in fault(host=host)
    assert "TBP_UI_HOSTS" in fault(kind="websocket", host=host, origin=f"http://{host}")


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "", "http://localhost:3001", "http://127.0.0.1:3000"]
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_page_of_another_site_is_refused(origin: str, kind: str) -> None:
    assert (
        fault("POST", kind=kind, origin=origin, content_type="application/json") == f"a page of {origin} asks for this"
    )


@pytest.mark.parametrize(
    "kind", ["text/plain", "text/plain; application/json", "application/x-www-form-urlencoded", "application/graphql"]
)
def test_what_a_form_can_send_changes_nothing(kind: str) -> None:
    assert "application/json" in fault("POST", content_type=kind)
    assert "application/json" in fault("POST", query=CHANGE)


def test_a_mutation_by_get_is_refused_and_a_query_is_not() -> None:
    assert fault(query=CHANGE) == "a mutation is sent by POST"
    assert fault(query=b"query=%7Bversion%7D&" + CHANGE) == "a mutation is sent by POST"
    assert not fault(query=b"query=%7Bversion%7D")
    assert not fault(kind="websocket", origin="http://localhost:3000")
    assert not fault(kind="websocket")
    assert not fault("POST", host="127.0.0.1:3000", origin="https://ui.example", content_type="application/json")

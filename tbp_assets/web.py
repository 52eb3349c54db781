"""What stands before Dagster's UI: pages of other sites, which a browser opens beside it, can neither read nor change.

Dagster's webserver executes mutations that come by GET or as a form, whatever site they come from. So only hosts that
are known are answered, against names that point to this machine for a moment (DNS rebinding); a request that names
another site as its origin is refused; and what changes something is a POST of JSON, which no page sends unasked.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

HOSTS_VARIABLE: Final = "TBP_UI_HOSTS"
LOCAL: Final = ("localhost", "127.0.0.1", "::1")
READING: Final = {"GET", "HEAD", "OPTIONS"}
WEBSERVER: Final = "dagster_webserver.webserver"


class Guard:
    """An ASGI app that passes on what comes from its own pages, and refuses the rest."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str] = ()) -> None:
        """Guard an app.

        Args:
            app: What is guarded.
            hosts: Names under which it is reached, beside those of this machine.
        """
        self.app, self.hosts = app, frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or open a websocket."""
        if scope["type"] not in {"http", "websocket"} or not (fault := self.fault(scope)):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(1008)(scope, receive, send)
        else:
            await PlainTextResponse(f"{fault}\n", 403)(scope, receive, send)

    def fault(self, scope: Scope) -> str:
        """Return why a request is refused, or nothing."""
        headers = Headers(scope=scope)
        host, port = _host(f"//{headers.get('host', '')}")
        reached = (scope.get("server") or ("",))[0]
        if not host or host not in {*LOCAL, *self.hosts, reached}:
            return f"the UI is not known as {host or 'a host without a name'}: name it in {HOSTS_VARIABLE}"
        origin = headers.get("origin")
        if origin is not None:
            its_host, its_port = _host(origin)
            if (its_host, its_port) != (host, port) and its_host not in self.hosts:
                return f"a page of {origin} asks for this"
        if scope["type"] == "http" and scope["method"] not in READING:
            kinds = {kind.split(";")[0].strip().lower() for kind in headers.getlist("content-type")}
            return "" if kinds == {"application/json"} else "what changes something is sent as application/json"
        return _changing(scope) if scope["type"] == "http" else ""


def _host(url: str) -> tuple[str, int | None]:
    """Return host and port of an address; none where it cannot be read."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return host, parts.port or {"http": 80, "https": 443}.get(parts.scheme, 80)
    except ValueError:
        return "", None


def _changing(scope: Scope) -> str:
    queries = [text for name, text in parse_qsl(scope["query_string"].decode("latin-1")) if name == "query"]
    return "a mutation is sent by POST" if any(map(_is_more_than_a_query, queries)) else ""


def _is_more_than_a_query(text: str) -> bool:
    try:
        operations = [node for node in parse(text).definitions if isinstance(node, OperationDefinitionNode)]
    except GraphQLError:
        return False  # nothing is executed of it
    return any(operation.operation != OperationType.QUERY for operation in operations)


def guard_webserver() -> None:
    """Put the guard before Dagster's UI, where this process serves one.

    Dagster's storage is opened before the UI is made, in every process of it, however it was started.
    """
    module: Any = sys.modules.get(WEBSERVER)
    if module is None or getattr(module.DagsterWebserver, "guarded", False):
        return
    unguarded: Callable[[Any], list[Middleware]] = module.DagsterWebserver.build_middleware
    hosts = [name.strip() for name in os.environ.get(HOSTS_VARIABLE, "").split(",") if name.strip()]

    def guarded(webserver: object) -> list[Middleware]:
        return [Middleware(Guard, hosts=hosts), *unguarded(webserver)]

    module.DagsterWebserver.build_middleware = guarded
    module.DagsterWebserver.guarded = True

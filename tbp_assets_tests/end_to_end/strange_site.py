"""A site of somebody else, on another port: its page tries to make the UI do things in the browser that opens it."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import quote

from typing_extensions import override

PAGE: Final = """<!doctype html><html lang="en"><title>Somebody else's page</title>
<img src="{ui}/graphql?query={quoted}" alt="">
<form action="{ui}/graphql" method="post" target="frame"><input name="query" value="{escaped}"></form>
<iframe name="frame" title="what a form gets"></iframe>
<script>
  const send = (kind, mode) => fetch("{ui}/graphql", {{
    method: "POST", mode, headers: {{"Content-Type": kind}}, body: {body},
  }}).then((answer) => answer.text());
  const socket = () => new Promise((done) => {{
    const opened = new WebSocket("{socket}/graphql", "graphql-ws");
    opened.onopen = () => done("open");
    opened.onerror = () => done("refused");
  }});
  document.querySelector("iframe").addEventListener("load", () => {{
    document.body.dataset.frames = Number(document.body.dataset.frames || 0) + 1;
  }});
  document.forms[0].submit();
  window.tried = Promise.all([
    send("text/plain", "no-cors"), send("application/json", "cors"), send("application/json", "no-cors"),
    fetch("{ui}/graphql?query={{__typename}}").then((answer) => answer.text()), socket(),
  ].map((each) => each.catch((fault) => `${{fault}}`)));
</script></html>
"""


@contextmanager
def strange_site(ui: str, mutation: str) -> Generator[str]:
    """Serve the page on a port of its own, and give its address.

    Args:
        ui: Address of the UI, as the page knows it.
        mutation: What the page tries to have done, by GET, by a form and by scripts.
    """
    page = PAGE.format(
        ui=ui, socket=ui.replace("http", "ws", 1), quoted=quote(mutation), escaped=escape(mutation),
        body=json.dumps(json.dumps({"query": mutation})),
    ).encode()  # fmt: skip

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()

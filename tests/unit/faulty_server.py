"""A local HTTP server that can be told to misbehave, for the tests of fetch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    """What is served (``files``), the faults to come (``faults``: one per request), what was asked."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.faults: list[Callable[[Handler, bytes], bool]] = []
        self.requests: list[tuple[str, str | None]] = []
        self.ranges = True
        self.url = ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.state.requests.append((self.path, asked))
        body = self.state.files.get(self.path)
        if body is None:
            self.answer(404, b"")
            return
        if self.state.faults and self.state.faults.pop(0)(self, body):
            return
        if asked and self.state.ranges:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            if start >= len(body):
                self.answer(416, b"")
            else:
                span = f"bytes {start}-{len(body) - 1}/{len(body)}"
                self.answer(206, body[start:], {"Content-Range": span})
            return
        self.answer(200, body)

    def answer(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, *, length: int | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("ETag", '"one"')
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if length is not None and length > len(body):  # promised more: cut the line
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def cut_after(count: int) -> Callable[[Handler, bytes], bool]:
    """Promise the whole body, send ``count`` bytes, close."""

    def fault(handler: Handler, body: bytes) -> bool:
        handler.answer(200, body[:count], length=len(body))
        return True

    return fault


def status(code: int) -> Callable[[Handler, bytes], bool]:
    """Answer ``code`` and nothing."""

    def fault(handler: Handler, body: bytes) -> bool:
        handler.answer(code, b"")
        return True

    return fault


def stall(
    seconds: float, after: int = 0, until: threading.Event | None = None
) -> Callable[[Handler, bytes], bool]:
    """Promise the whole body, send ``after`` bytes, be silent that long or until the event, close."""

    def fault(handler: Handler, body: bytes) -> bool:
        handler.answer(200, body[:after], length=len(body))
        (until or threading.Event()).wait(seconds)
        return True

    return fault


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Say nothing when a client hangs up: that is what is tested."""


@contextmanager
def serving() -> Iterator[Server]:
    state = Server()
    server = _Listener(("127.0.0.1", 0), type("Bound", (Handler,), {"state": state}))
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

from __future__ import annotations

import http.server
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from lamsach.esign import fetching
from lamsach.esign.fetching import FetchError, fetch_http


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "/good?x=1")
            self.end_headers()
        elif self.path == "/torn":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        elif self.path in {"/slow", "/slow-header"}:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if self.path == "/slow" else b"X: "))
            with suppress(OSError):  # the other side has had enough
                for _ in range(200):
                    self.wfile.write(b"x")
                    time.sleep(0.05)
        elif self.path == "/nonsense":
            self.wfile.write(b"hello\r\n\r\n")
        else:
            body = b"x" * 2000 if self.path == "/large" else self.path.encode()
            self.send_response(200 if self.path != "/missing" else 404)
            self.end_headers()
            self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.headers["Content-Type"].encode() + b":" + body)

    def log_message(self, *_: Any) -> None:
        """Say nothing on standard error."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_addresses_are_asked_and_answers_given_back(address: str) -> None:
    assert fetch_http(f"{address}/good?x=1") == b"/good?x=1"
    assert fetch_http(address) == b"/"
    assert fetch_http(f"{address}/", b"question", "text/plain") == b"text/plain:question"


@pytest.mark.parametrize("path", ["/missing", "/elsewhere", "/torn", "/nonsense"])
def test_what_is_no_good_answer_is_an_error(address: str, path: str) -> None:
    with pytest.raises(FetchError, match=path):
        fetch_http(address + path)


def test_an_answer_without_end_is_cut_off(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_LARGEST_ANSWER", 1000)
    with pytest.raises(FetchError, match="too large"):
        fetch_http(f"{address}/large")


@pytest.mark.parametrize("path", ["/slow", "/slow-header"])
def test_an_answer_that_trickles_is_cut_off(
    address: str, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(fetching, "_SECONDS_IN_ALL", 0.2)
    begun = time.monotonic()
    with pytest.raises(FetchError, match=path):
        fetch_http(address + path)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "ftp://example.org/",
        "ldap://example.org/",
        "http://",
        "http://host:99999/",
        "http://[::1",
        "nonsense",
        "",
        "http://127.0.0.1:9/\r\nX: y",
    ],
)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(FetchError):
        fetch_http(address)

"""Asking an authority's address over HTTP, with bounds on time and size.

This room moves bytes; it knows no certificates. Redirects are not followed and proxies not used:
callers who need them bring a `Fetch` of their own.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

__all__ = ["Fetch", "FetchError", "fetch_http", "is_safe_address"]

_SECONDS = 10
_SECONDS_IN_ALL = 60  # someone on the way could let one byte through every nine seconds
_LARGEST_ANSWER = 32 << 20  # the lists of large authorities have some megabytes


class FetchError(Exception):
    """An address that did not answer as it should: which and why."""


class Fetch(Protocol):
    """How addresses are asked."""

    def __call__(self, address: str, body: bytes | None = None, kind: str = "") -> bytes:
        """The answer of `address` to a GET, or to a POST of `body` of the media type `kind`.

        Raises `FetchError`.
        """


def fetch_http(
    address: str,
    body: bytes | None = None,
    kind: str = "",
    *,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Ask an http or https address: at most 10 seconds a step, 60 in all and 32 MiB an answer.

    >>> fetch_http("file:///etc/hostname")
    Traceback (most recent call last):
    lamsach.esign.fetching.FetchError: file:///etc/hostname is no http address
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise FetchError(f"{address} is no http address") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise FetchError(f"{address} is no http address")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(
            parts.hostname, port, timeout=_SECONDS, context=context
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname, port, timeout=_SECONDS)
    try:
        connection.connect()
        with _cut_off(connection.sock) as late:
            connection.request(
                "GET" if body is None else "POST",
                target,
                body=body,
                headers={**(headers or {}), **({"Content-Type": kind} if kind else {})},
            )
            answer = connection.getresponse()
            content = answer.read(_LARGEST_ANSWER + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FetchError(f"{address} did not answer ({type(error).__name__})") from error
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise FetchError(f"{address} answered with status {answer.status}")
    if late.is_set():
        raise FetchError(f"the answer of {address} took too long")
    if len(content) > _LARGEST_ANSWER:
        raise FetchError(f"the answer of {address} is too large")
    if answer.length:
        raise FetchError(f"{address} broke off its answer")
    return content


def is_safe_address(address: str) -> bool:
    """Whether nobody on the way can read along: https, or http that does not leave the machine.

    >>> is_safe_address("http://127.0.0.1:8000/"), is_safe_address("http://example.org/")
    (True, False)
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        here = host == "localhost" or (parts.scheme == "http" and ip_address(host).is_loopback)
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and here))


@contextmanager
def _cut_off(connected: socket.socket) -> Iterator[threading.Event]:
    """End a connection that lasts too long; the event says whether that happened."""
    late = threading.Event()

    def cut() -> None:
        late.set()
        with suppress(OSError):  # it has just ended by itself
            connected.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(_SECONDS_IN_ALL, cut)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()

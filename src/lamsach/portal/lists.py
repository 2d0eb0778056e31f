"""The two lists that a verdict rests on, read from where this site publishes them for all.

Whom to trust and what is revoked, each with the time it was issued and until when it may be used.
They are asked for at their public addresses, as any verifier does: the server has no better lists
than a border post. This room judges no certificate.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from django.http import Http404, HttpRequest
from django.urls import Resolver404, resolve

from lamsach.hcert.errors import HcertError
from lamsach.hcert.revocation import RevocationList
from lamsach.hcert.revocation.batch import parse_time
from lamsach.hcert.trust import TrustList

__all__ = ["REVOCATIONS", "TRUST", "Dated", "Lists", "published_lists"]

TRUST: Final = "/passports/trust-list.json"
REVOCATIONS: Final = "/passports/revocations.json"

_Content = TypeVar("_Content")


@dataclass(frozen=True, slots=True)
class Dated(Generic[_Content]):
    """A list with its times."""

    content: _Content
    issued: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Lists:
    """Both lists; None for one that cannot be had."""

    trust: Dated[TrustList] | None
    revocations: Dated[RevocationList] | None

    @property
    def trusted(self) -> TrustList:
        """Whom to trust; nobody without a list."""
        return TrustList([]) if self.trust is None else self.trust.content


def published_lists() -> Lists:
    """The lists as they are published now."""
    return Lists(
        _read(TRUST, "keys", TrustList.from_bytes),
        _read(REVOCATIONS, "batches", RevocationList.load),
    )


def _read(address: str, name: str, read: Callable[[bytes], _Content]) -> Dated[_Content] | None:
    data = _fetch(address)
    return None if data is None else _parse(data, name, read)


def _fetch(address: str) -> bytes | None:
    """What the address answers within this site; None without a good answer."""
    request = HttpRequest()
    request.method = "GET"
    request.path = request.path_info = address
    try:
        match = resolve(address)
        response = match.func(request, *match.args, **match.kwargs)
    except (Resolver404, Http404):
        return None
    if response.status_code != 200:
        return None
    return b"".join(response) if response.streaming else response.content


@lru_cache(maxsize=4)
def _parse(data: bytes, name: str, read: Callable[[bytes], Any]) -> Dated[Any] | None:
    """A list of these bytes; None if it is none. Kept, because reading keys takes a while."""
    try:
        document = json.loads(data)
        issued = parse_time(document["issued"], "issued")
        until = parse_time(document["valid_until"], "valid_until")
        return Dated(read(json.dumps(document[name]).encode()), issued, until)
    except (HcertError, ValueError, TypeError, KeyError, RecursionError):
        return None

"""The two lists that a verdict rests on, read from where this site publishes them for all.

Whom to trust and what is revoked, and the statement over both: their digests, when they were made
and until when they may be used. They are asked for at their public addresses, as any verifier
does: the server has no better lists than a border post. This room judges no certificate.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final

from django.http import Http404, HttpRequest
from django.urls import Resolver404, resolve

from lamsach.hcert.errors import HcertError
from lamsach.hcert.revocation import RevocationList
from lamsach.hcert.revocation.batch import parse_time
from lamsach.hcert.trust import TrustList

__all__ = ["REVOCATIONS", "STATEMENT", "TRUST", "Lists", "published_lists"]

STATEMENT: Final = "/passports/lists.json"
TRUST: Final = "/passports/trust-list.json"
REVOCATIONS: Final = "/passports/revocations.json"


@dataclass(frozen=True, slots=True)
class Lists:
    """Both lists, when they were made, and until when they may be relied on."""

    trust: TrustList
    revocations: RevocationList
    issued: datetime
    valid_until: datetime


def published_lists() -> Lists | None:
    """The lists as they are published now; None when there are none that fit together."""
    texts = [_fetch(address) for address in (STATEMENT, TRUST, REVOCATIONS)]
    statement, trust, revocations = texts
    if statement is None or trust is None or revocations is None:
        return None
    return _read(statement, trust, revocations)


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
    return response.content if response.status_code == 200 else None


@lru_cache(maxsize=2)
def _read(statement: bytes, trust: bytes, revocations: bytes) -> Lists | None:
    """The lists of these texts; None if they are none. Kept, because reading keys takes a while."""
    try:
        stated = json.loads(statement)
        for address, content in ((TRUST, trust), (REVOCATIONS, revocations)):
            if stated["lists"][address.rsplit("/", 1)[1]] != sha256(content).hexdigest():
                return None
        return Lists(
            TrustList.from_bytes(trust),
            RevocationList.load(revocations),
            parse_time(stated["made_at"], "made_at"),
            parse_time(stated["valid_until"], "valid_until"),
        )
    except (HcertError, ValueError, TypeError, KeyError):
        return None

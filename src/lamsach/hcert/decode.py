"""Reading a certificate without judging it: what is in the envelope, as JSON shows it.

Nothing here is verified; `verify` decides whether it may be believed.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any

from lamsach.hcert.cbor import Simple, Tag
from lamsach.hcert.contents import content_of
from lamsach.hcert.envelope import Envelope, open_envelope

__all__ = ["as_json", "body_of", "decode"]

_TAGS_OF_TIME = frozenset({0, 1})


def as_json(value: Any) -> Any:
    """A CBOR value as JSON can hold it: bytes in base64, integer keys as text, times untagged.

    >>> as_json({4: b"x", "sc": Tag(0, "2022-01-26T13:01:32Z")})
    {'4': 'eA==', 'sc': '2022-01-26T13:01:32Z'}
    """
    if isinstance(value, str | bool | int) or value is None:
        return value
    if isinstance(value, Tag):
        inner = as_json(value.value)
        return inner if value.number in _TAGS_OF_TIME else {"tag": value.number, "value": inner}
    if isinstance(value, Simple):
        return None
    if isinstance(value, Mapping):
        made: dict[str, Any] = {}
        for key, item in value.items():
            name = key if isinstance(key, str) else str(as_json(key))
            while name in made:  # 1 and "1" are two keys in CBOR
                name += "'"
            made[name] = as_json(item)
        return made
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if math.isfinite(value) else str(value)


def body_of(envelope: Envelope) -> Mapping[Any, Any] | None:
    """The body of the first content that is known, else of the first there is."""
    known = content_of(envelope.contents)
    if known is not None:
        return known[1]
    return next(iter(envelope.contents.values()), None)


def decode(text: str) -> dict[str, Any]:
    """An HC1 text as JSON: headers, claims (by their COSE and CWT labels) and the certificate.

    Labels: 1 algorithm (-7 ES256, -37 PS256) and 4 key identifier in the headers; 1 issuer,
    4 expires, 6 issued, -260 certificates in the claims. Raises `Refused`.
    """
    envelope = open_envelope(text)
    return {
        "protected": as_json(envelope.message.protected),
        "unprotected": as_json(envelope.message.unprotected),
        "claims": as_json(envelope.claims),
        "certificate": as_json(body_of(envelope)),
    }

"""The door's messages as JSON, and how each side proves to the other that it knows the secret.

A request bears the shared secret and a nonce; the reply a keyed digest of the nonce and its own
bytes, so that neither side speaks to a stranger. This room opens no connection.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from lamsach.population.messages import Candidate, Proposal, Reply

__all__ = [
    "ASKER",
    "NONCE",
    "PROOF",
    "dump",
    "file_proof",
    "proof",
    "proposal_from",
    "proposal_to",
    "reply_from",
    "reply_to",
]

NONCE: Final = "X-Lamsach-Nonce"
PROOF: Final = "X-Lamsach-Proof"
ASKER: Final = "X-Lamsach-Asker"  # who asks for a run, whose body is a file
_BLOCK: Final = 1 << 20
_BINARY: Final = ("statement", "signature", "salt")


def dump(value: Any) -> bytes:
    """A value as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def proof(secret: str, nonce: str, body: bytes) -> str:
    """What shows that a reply is the other side's, and to this request."""
    return hmac.digest(
        secret.encode(), nonce.encode() + b"\n" + sha256(body).digest(), sha256
    ).hex()


def file_proof(secret: str, nonce: str, file: Path) -> str:
    """The same of a file, read block by block."""
    digest = sha256()
    with file.open("rb") as source:
        while block := source.read(_BLOCK):
            digest.update(block)
    return _keyed(secret, nonce, digest.digest())


def _keyed(secret: str, nonce: str, digest: bytes) -> str:
    return hmac.digest(secret.encode(), nonce.encode() + b"\n" + digest, sha256).hex()


def reply_to(reply: Reply) -> dict[str, Any]:
    """A reply as JSON has it."""
    told = asdict(reply)
    for name in _BINARY:
        if told[name] is not None:
            told[name] = b64encode(told[name]).decode()
    return told


def reply_from(told: Mapping[str, Any]) -> Reply:
    """A reply from JSON."""
    read = {name: b64decode(told[name]) if told[name] is not None else None for name in _BINARY}
    return Reply(told["reference"], told["kind"], ground=told.get("ground", ""), **read)


def proposal_to(proposal: Proposal) -> dict[str, Any]:
    """A proposal as JSON has it."""
    return asdict(proposal)


def proposal_from(told: Mapping[str, Any]) -> Proposal:
    """A proposal from JSON."""
    candidates = tuple(
        Candidate(**{**one, "differences": tuple(one["differences"])}) for one in told["candidates"]
    )
    return Proposal(**{**told, "candidates": candidates})

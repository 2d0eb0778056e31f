"""The door as a network call: the health side's half, when REGISTER_GATEWAY_URL names the other.

The same functions as the register's own, over HTTPS with a secret that both sides hold
(REGISTER_GATEWAY_SECRET). What goes wrong on the way is a `GatewayError` that a job tries again;
nothing of a message stands in it.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
import shutil
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from http.client import HTTPException
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from lamsach.population.messages import (
    BulkResult,
    ConfirmedFields,
    Overview,
    Proposal,
    Question,
    QuestionError,
    Reply,
    Version,
)
from lamsach.population.wire import (
    ASKER,
    NONCE,
    PROOF,
    dump,
    file_proof,
    proof,
    proposal_from,
    reply_from,
)

__all__ = [
    "GatewayError",
    "ask",
    "ask_in_bulk",
    "confirm",
    "identity_keys_pem",
    "overview",
    "proposals",
    "register_version",
]

_PATIENCE: Final = 60  # seconds
_PATIENCE_OF_RUNS: Final = 12 * 60 * 60


class GatewayError(Exception):
    """The register's side could not be asked; it may answer later."""


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        """A door does not move: the secret goes to the address that was configured."""


_opener = build_opener(_NoRedirect)


def _address(name: str) -> str:
    base: str = settings.REGISTER_GATEWAY_URL
    parts = urlsplit(base)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(parts.hostname or "")):
        raise ImproperlyConfigured("REGISTER_GATEWAY_URL must be https (http on this machine only)")
    return f"{base.rstrip('/')}/gateway/v1/{name}"


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _secret() -> str:
    secret: str = settings.REGISTER_GATEWAY_SECRET
    if len(secret) < 32:
        raise ImproperlyConfigured("REGISTER_GATEWAY_SECRET must have 32 characters or more")
    return secret


def _open(name: str, body: Any, headers: Mapping[str, str], patience: float) -> Any:
    request = Request(  # noqa: S310 - the scheme is checked in _address
        _address(name),
        data=body,
        headers={**headers, "Authorization": f"Bearer {_secret()}"},
        method="POST",
    )
    try:
        return _opener.open(request, timeout=patience)
    except HTTPError as error:
        with error:
            if error.code == 400:
                raise QuestionError("the register's side does not take the question") from None
            if error.code == 404:
                raise LookupError("the register's side knows nothing of it (any more)") from None
            raise GatewayError(f"the register's side answers {error.code}") from None
    except (OSError, HTTPException) as error:
        raise GatewayError(
            f"the register's side is out of reach ({type(error).__name__})"
        ) from None


def _call(name: str, message: Mapping[str, Any]) -> Any:
    nonce = secrets.token_hex(16)
    headers = {"Content-Type": "application/json", NONCE: nonce}
    try:
        with _open(name, dump(message), headers, _PATIENCE) as answer:
            body: bytes = answer.read()
            told = answer.headers.get(PROOF, "")
    except (OSError, HTTPException) as error:
        raise GatewayError(f"the answer broke off ({type(error).__name__})") from None
    if not hmac.compare_digest(told, proof(_secret(), nonce, body)):
        raise GatewayError("the answer is not the register side's")
    return json.loads(body)


def ask(
    questions: Sequence[Question], *, actor: str, office: str, purpose: str, job: str
) -> list[Reply]:
    """See `gateway.ask`."""
    who = {"actor": actor, "office": office, "purpose": purpose, "job": job}
    told = _call("ask", {"questions": [asdict(one) for one in questions], **who})
    return [reply_from(one) for one in told]


def ask_in_bulk(
    persons: Path, answers: Path, *, actor: str, office: str, purpose: str, job: str
) -> BulkResult:
    """See `gateway.ask_in_bulk`."""
    who = {"actor": actor, "office": office, "purpose": purpose, "job": job}
    nonce = secrets.token_hex(16)
    headers = {
        "Content-Type": "application/vnd.apache.parquet",
        "Content-Length": str(persons.stat().st_size),
        NONCE: nonce,
        ASKER: b64encode(dump(who)).decode(),
    }
    beside = answers.with_name(f".{answers.name}.new")
    try:
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as target, persons.open("rb") as body:
            try:
                with _open("bulk", body, headers, _PATIENCE_OF_RUNS) as answer:
                    shutil.copyfileobj(answer, target)
                    told = answer.headers.get(PROOF, "")
                    said = json.loads(answer.headers.get(ASKER, "{}"))
            except (OSError, HTTPException) as error:
                raise GatewayError(f"the answer broke off ({type(error).__name__})") from None
        if not hmac.compare_digest(told, file_proof(_secret(), nonce, beside)):
            raise GatewayError("the answer is not the register side's")
        beside.replace(answers)
    finally:
        beside.unlink(missing_ok=True)
    return BulkResult(said.get("counts", {}), said.get("ground", ""))


def proposals(
    references: Sequence[str], *, officer: str, office: str, units: Sequence[str]
) -> Mapping[str, Proposal]:
    """See `gateway.proposals`."""
    told = _call("proposals", _viewed(references, officer, office, units))
    return {reference: proposal_from(one) for reference, one in told.items()}


def overview(
    references: Sequence[str], *, officer: str, office: str, units: Sequence[str]
) -> Mapping[str, Overview]:
    """See `gateway.overview`."""
    told = _call("overview", _viewed(references, officer, office, units))
    return {reference: Overview(**one) for reference, one in told.items()}


def _viewed(
    references: Sequence[str], officer: str, office: str, units: Sequence[str]
) -> dict[str, Any]:
    return {
        "references": list(references), "officer": officer, "office": office, "units": list(units),
    }  # fmt: skip


def confirm(
    reference: str, candidate: str, *, officer: str, office: str, units: Sequence[str]
) -> ConfirmedFields:
    """See `gateway.confirm`."""
    message = {"reference": reference, "candidate": candidate, "officer": officer}
    return ConfirmedFields(**_call("confirm", {**message, "office": office, "units": list(units)}))


def register_version() -> Version:
    """See `gateway.register_version`."""
    return Version(**_call("version", {}))


def identity_keys_pem() -> list[str]:
    """The public keys by which statements are verified."""
    keys: list[str] = _call("keys", {})
    return keys

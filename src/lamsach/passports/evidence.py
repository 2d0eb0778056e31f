"""A passport's chain of evidence in one file: what proves, offline, what it rests on.

From the passport to the doses as their facilities signed them, to those signatures, to the
register's word on the identity, to the public log. Of the identity only name and birth are opened,
which the passport shows anyway; number and sex stay closed. `audit` checks such a file and knows
nothing of this database.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from lamsach.clock import now
from lamsach.esign.batch import Receipt
from lamsach.ledger.actions import Actor, action
from lamsach.ledger.verbs import Verb
from lamsach.passports.audit import KIND, OPENED
from lamsach.passports.log_keeper import origin_and_key, proof_of
from lamsach.passports.models import LogKind, Passport
from lamsach.passports.queries import doses_under
from lamsach.population.statements import field_salt

__all__ = ["evidence_of"]


def evidence_of(passport: Passport, *, actor: Actor) -> dict[str, Any]:
    """The evidence for a passport, to be written as JSON; giving it out is recorded."""
    with action() as act:
        act.record(Verb.PASSPORT_READ, actor=actor, subject=("passport", passport.public_id))
    statements = [one.statement for one in doses_under(passport)]
    batches = {str(one.batch.public_id): one.batch for one in statements}
    return {
        "kind": KIND,
        "made_at": now().isoformat(timespec="seconds"),
        "passport": {
            "hc1": passport.hc1,
            "nationality": passport.nationality,
            "signer": _text(passport.signer.certificate),
        },
        "doses": [
            {
                "statement": _text(one.statement),
                "receipt": Receipt(one.index, bytes(one.salt), bytes(one.proof)).value(),
                "batch": str(one.batch.public_id),
            }
            for one in statements
        ],
        "batches": {
            name: {
                "manifest": _text(batch.manifest),
                "signature": _text(batch.signature),
                "certificate": _text(batch.certificate.certificate) if batch.certificate else None,
            }
            for name, batch in batches.items()
        },
        "identity": _identity(passport),
        "log": _log(passport),
    }


def _identity(passport: Passport) -> dict[str, Any]:
    answer = passport.answer
    told: dict[str, Any] = {"answer": answer.kind, "at": answer.at.isoformat(timespec="seconds")}
    if answer.statement is None:
        return told
    told |= {"statement": _text(answer.statement), "signature": _text(answer.signature)}
    values = {"full_name": passport.full_name, "birth_date": passport.birth_date}
    told["opened"] = {
        name: {"value": values[name], "salt": _text(field_salt(bytes(answer.salt), name))}
        for name in OPENED
        if answer.salt is not None
    }
    return told


def _log(passport: Passport) -> dict[str, Any] | None:
    """The entry's place in the log and its proof, under the checkpoint that is published now."""
    entry = passport.log_entries.filter(kind=LogKind.ISSUED).first()
    found = None if entry is None else proof_of(entry)
    if entry is None or found is None:
        return None
    note, proof = found
    origin, key = origin_and_key()
    return {
        "origin": origin,
        "key": key,
        "checkpoint": note,
        "index": entry.position,
        "salt": _text(entry.salt),
        "proof": _text(proof),
    }


def _text(data: bytes | memoryview | None) -> str:
    return b64encode(bytes(data or b"")).decode()

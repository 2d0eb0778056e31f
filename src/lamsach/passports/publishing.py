"""What verifiers fetch: the trust list, the revocations, and until when the two may be relied on.

`trust-list.json` maps key identifiers to certificates; `revocations.json` is an array of batches in
the EU gateway's form; `lists.json` states the digest of both and `valid_until`, after which a
verifier that could fetch no newer ones says that it cannot tell. The lists are made anew by the
clock, so that a revocation whose 72 hours are over appears by itself.
"""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from django.db import connection

from lamsach.clock import now
from lamsach.hcert.revocation import HashType
from lamsach.hcert.revocation.batch import MOST_ENTRIES, Batch, format_time
from lamsach.hcert.revocation.hashes import parse_kid
from lamsach.ledger.actions import action
from lamsach.ledger.verbs import Verb
from lamsach.passports.desk import SYSTEM
from lamsach.passports.log_keeper import origin_and_key
from lamsach.passports.models import PassportSigner, PublishedFile

__all__ = ["LISTS", "REVOCATIONS", "TRUST_LIST", "VALID_FOR", "publish_lists"]

TRUST_LIST: Final = "trust-list.json"
REVOCATIONS: Final = "revocations.json"
LISTS: Final = "lists.json"
VALID_FOR: Final = timedelta(hours=48)

# The passports that no longer count, by signer and the month in which they would have ended
# anyway: a batch lives until then, so that nothing in it counts again too early.
_REVOKED: Final = """
    select s.kid, s.country,
        date_trunc('month', q.expires_at at time zone 'UTC') + interval '1 month' as until,
        array_agg(q.signature_hash order by q.signature_hash)
    from passports_passport q join passports_passportsigner s on s.id = q.signer_id
    where q.revocation_effective_at <= %(now)s and q.expires_at > %(now)s
    group by 1, 2, 3 order by 1, 3"""


def publish_lists() -> bool:
    """Make the lists anew; whether what verifiers should know has changed."""
    moment = now()
    with action() as act:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtextextended('passports lists', 0))")
        revocations = _revocations(moment)
        contents = {TRUST_LIST: _trust_list(), REVOCATIONS: _json(revocations)}
        changed = [_put(name, content, moment) for name, content in contents.items()]
        _put(LISTS, _json(_statement(contents, moment)), moment)
        if any(changed):
            count = sum(len(one["entries"]) for one in revocations)
            act.record(Verb.REVOCATIONS_PUBLISH, actor=SYSTEM, facts={"revoked": count})
    return any(changed)


def _trust_list() -> bytes:
    signers = PassportSigner.objects.filter(distrusted_at=None).order_by("id")
    return _json({one.kid: [b64encode(bytes(one.certificate)).decode()] for one in signers})


def _revocations(moment: datetime) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_REVOKED, {"now": moment})
        groups = cursor.fetchall()
    batches = []
    for kid, country, until, hashes in groups:
        for start in range(0, len(hashes), MOST_ENTRIES):
            batch = Batch(
                country=country,
                expires=until.replace(tzinfo=UTC),
                kid=parse_kid(kid),
                hash_type=HashType.SIGNATURE,
                entries=tuple(map(bytes, hashes[start : start + MOST_ENTRIES])),
            )
            batches.append(batch.as_json())
    return batches


def _statement(contents: dict[str, bytes], moment: datetime) -> dict[str, Any]:
    origin, key = origin_and_key()
    return {
        "made_at": format_time(moment),
        "valid_until": format_time(moment + VALID_FOR),
        "lists": {name: sha256(content).hexdigest() for name, content in contents.items()},
        "log": {"origin": origin, "key": key},
    }


def _put(name: str, content: bytes, moment: datetime) -> bool:
    """Publish a list; whether it differs from the one before."""
    digest = sha256(content).hexdigest()
    known = PublishedFile.objects.filter(name=name).defer("content").first()
    if known is not None and known.digest == digest:
        known.made_at, known.valid_until = moment, moment + VALID_FOR
        known.save(update_fields=["made_at", "valid_until"])
        return False
    PublishedFile.objects.update_or_create(
        name=name,
        defaults={
            "content": content,
            "digest": digest,
            "changed_at": moment,
            "made_at": moment,
            "valid_until": moment + VALID_FOR,
        },
    )
    return True


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()

"""Two judges of one certificate: the library, and the page's modules under Node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hcert_making import NOW, Dsc, signed_payload

from lamsach.hcert.errors import Code
from lamsach.hcert.revocation import Batch, RevocationList
from lamsach.hcert.trust import CertificateError, TrustedKey, TrustList
from lamsach.hcert.verify import verify

__all__ = ["FIELDS", "Judges", "body_of"]

Keys = Mapping[bytes, Sequence[bytes]]


def trust_of(keys: Keys) -> TrustList:
    found = []
    for kid, ders in keys.items():
        for der in ders:
            try:
                found.append(TrustedKey.from_der(der, kid))
            except CertificateError:
                continue
    return TrustList(found)


class Judges:
    """Both judges; `alike` asserts that they agree and says what they said."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.verdicts: Counter[Code | None] = Counter()

    def both(
        self, text: str, keys: Keys, at: datetime = NOW, batches: Sequence[Batch] | None = None
    ) -> tuple[Code | None, str | None]:
        revoked = None if batches is None else RevocationList(batches)
        ours = verify(text, trust_of(keys), at=at, revocations=revoked)
        wired = None if batches is None else [batch.as_json() for batch in batches]
        theirs = self.page(text, keys, at, wired)
        # Nothing is shown of what nobody known signed.
        assert not theirs["shown"] or ours.certificate is not None
        return ours.code, theirs["code"]

    def alike(self, text: str, *signers: Dsc, **more: Any) -> Code | None:
        keys = {signer.kid: [signer.der] for signer in signers}
        ours, theirs = self.both(text, keys, **more)
        assert theirs == ours, text[:200]
        self.verdicts[ours] += 1
        return ours


FIELDS = {"v": "tg vp mp ma dn sd dt co is ci", "t": "tg tt nm ma sc tr tc co is ci",
          "r": "tg fr co is df du ci"}  # fmt: skip


def body_of(group: str) -> dict[str, Any]:
    event: dict[str, Any] = dict.fromkeys(FIELDS[group].split(), "text")
    event |= {"co": "VN"}
    event |= {name: "2021-10-01" for name in ("dt", "sc", "fr", "df", "du") if name in event}
    event |= {name: 1 for name in ("dn", "sd") if name in event}
    body = signed_payload()
    del body["v"]
    return body | {group: [event]}

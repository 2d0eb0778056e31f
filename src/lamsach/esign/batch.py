"""Many records, one signature: a station head consents once and each record keeps its proof.

The records become salted leaves of a Merkle tree; a manifest names the tree's root, its size and
what the signer states; the manifest is stored, then signed once. A record is verified from
itself, its receipt and the signed manifest, without any other record. This room knows manifests
and receipts; it must not know keys nor the form of the signature.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from lamsach.esign.canonical import Json, canonical, parse
from lamsach.esign.errors import ESignError, Sentence
from lamsach.esign.merkle import (
    HASH_BYTES,
    SALT_BYTES,
    MerkleTree,
    leaf_hash,
    salted,
    verify_inclusion,
)

__all__ = ["Batch", "Manifest", "ManifestStore", "Receipt", "sign_batch", "verify_record"]

_KIND = "lamsach.batch.1"
_TREE = "RFC9162-SHA256-salt128"
_FIELDS = {"count", "created", "kind", "root", "statement", "tree"}
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_LARGEST_COUNT = 2**53 - 1
_PROOFS_AT_ONCE = 1 << 16

Signature = TypeVar("Signature")


class ManifestStore(Protocol):
    """Where what will be signed is kept before it is signed."""

    def keep(self, manifest: bytes) -> None:
        """Keep exactly these bytes durably (committed, synced) before returning.

        The place to keep the batch's receipts as well: the salts exist only in the `Batch`, and
        after a crash nothing can prove a record of a signed batch whose salts are lost.
        Whatever it raises stops the signing: nothing is signed that was not kept.
        """


@dataclass(frozen=True)
class Manifest:
    """What is signed: the root over the records, how many, when, and the signer's statement.

    `statement` is the caller's: what the signer confirms by signing (purpose, facility, period,
    counts), in plain JSON without identifiers of persons.
    """

    root: bytes
    count: int
    created: datetime
    statement: Mapping[str, Any]

    def __bytes__(self) -> bytes:
        """The bytes that are signed: canonical JSON (RFC 8785)."""
        return canonical(
            {
                "count": self.count,
                "created": self.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "kind": _KIND,
                "root": _text(self.root),
                "statement": self.statement,
                "tree": _TREE,
            }
        )

    @classmethod
    def read(cls, manifest: bytes) -> Manifest:
        """Read signed bytes back; `ESignError` MANIFEST_INVALID when they are no manifest."""
        try:
            value = parse(manifest)
            if set(value) != _FIELDS or (value["kind"], value["tree"]) != (_KIND, _TREE):
                raise ValueError("other fields")
            if not _TIME.fullmatch(value["created"]) or not isinstance(value["statement"], dict):
                raise ValueError("other values")
            if type(value["count"]) is not int or not 0 < value["count"] <= _LARGEST_COUNT:
                raise ValueError("no count")
            return cls(
                root=_bytes(value["root"], HASH_BYTES),
                count=value["count"],
                created=datetime.fromisoformat(value["created"]),
                statement=value["statement"],
            )
        except (ESignError, ValueError, TypeError) as error:
            raise ESignError(
                "MANIFEST_INVALID",
                Sentence(
                    vi="Đây không phải là bản kê lô ký số của lamsach",
                    en=f"this is not a manifest of the kind {_KIND}",
                ),
            ) from error


@dataclass(frozen=True)
class Receipt:
    """A record's place under a manifest: its index, its salt and the hashes beside its path.

    Destroying the salt unlinks the record from the tree for good, as erasure wants it.
    """

    index: int
    salt: bytes
    proof: bytes

    def value(self) -> dict[str, Json]:
        """The receipt in JSON.

        >>> Receipt(0, bytes(16), b"").value()
        {'index': 0, 'salt': 'AAAAAAAAAAAAAAAAAAAAAA', 'proof': ''}
        """
        return {"index": self.index, "salt": _text(self.salt), "proof": _text(self.proof)}

    @classmethod
    def read(cls, value: Any) -> Receipt:
        """Read a receipt back; `ESignError` RECEIPT_INVALID when it is none."""
        try:
            index = value["index"]
            if set(value) != {"index", "salt", "proof"} or type(index) is not int:
                raise ValueError("other fields")
            return cls(index, _bytes(value["salt"], SALT_BYTES), _bytes(value["proof"]))
        except (ValueError, TypeError, KeyError) as error:
            raise ESignError(
                "RECEIPT_INVALID",
                Sentence(
                    vi="Giấy chứng nhận vị trí trong lô không đọc được",
                    en="this is not a receipt: an index, a salt and a proof",
                ),
            ) from error


class Batch:
    """Records made ready to be signed with one signature.

    >>> batch = Batch([{"dose": "a"}, {"dose": "b"}], {"purpose": "test"})
    >>> verify_record({"dose": "b"}, batch.receipt(1), batch.manifest)
    True
    >>> verify_record({"dose": "c"}, batch.receipt(1), batch.manifest)
    False
    """

    def __init__(
        self,
        records: Sequence[Json | bytes],
        statement: Mapping[str, Json],
        *,
        created: datetime | None = None,
    ) -> None:
        """Records are JSON values, or bytes that are taken as they are.

        Raises ValueError without a record and `ESignError` JSON_INVALID as `canonical` does.
        """
        if not records:
            raise ValueError("a batch needs at least one record")
        self._salts, hashes = salted(map(_leaf_data, records))
        self._tree = MerkleTree(hashes)
        self.manifest = Manifest(
            root=self._tree.root,
            count=self._tree.size,
            created=(created or datetime.now(UTC)).replace(microsecond=0),
            statement=statement,
        )

    def receipt(self, index: int) -> Receipt:
        """The receipt of record `index`, from 0."""
        return Receipt(index, self._salt(index), self._tree.inclusion(index))

    def receipts(self) -> Iterator[Receipt]:
        """The receipts of all records, in order."""
        for start in range(0, self._tree.size, _PROOFS_AT_ONCE):
            proofs = self._tree.inclusions(start, start + _PROOFS_AT_ONCE)
            for row in range(len(proofs)):
                yield Receipt(start + row, self._salt(start + row), proofs[row])

    def _salt(self, index: int) -> bytes:
        return self._salts[index * SALT_BYTES : (index + 1) * SALT_BYTES]


def sign_batch(
    batch: Batch, sign: Callable[[bytes], Signature], store: ManifestStore
) -> tuple[bytes, Signature]:
    """Keep the manifest, then sign it: the manifest's bytes and what `sign` made of them.

    `sign` is any way to sign bytes, such as `lamsach.esign.signatures.Signer.cms`. It is called
    once, and only after `store.keep` has returned.
    """
    manifest = bytes(batch.manifest)
    store.keep(manifest)
    return manifest, sign(manifest)


def verify_record(record: Json | bytes, receipt: Receipt, manifest: Manifest) -> bool:
    """Whether this record, unchanged, is the one the manifest's tree holds at its place.

    The signature on the manifest is verified apart (`lamsach.esign.signatures`).
    """
    leaf = leaf_hash(_leaf_data(record), receipt.salt)
    return len(receipt.salt) == SALT_BYTES and verify_inclusion(
        leaf, receipt.index, manifest.count, receipt.proof, manifest.root
    )


def _leaf_data(record: Json | bytes) -> bytes:
    return record if isinstance(record, bytes) else canonical(record)


def _text(data: bytes) -> str:
    """base64url without padding, as in JOSE (RFC 7515, 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str, length: int | None = None) -> bytes:
    """The bytes of base64url; ValueError unless the text is the one way to write them."""
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _text(data) != text or (length is not None and len(data) != length):
        raise ValueError("not base64url, or of another length")
    return data

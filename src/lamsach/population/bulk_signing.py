"""Many statements signed: in another process when there are many, with the key in memory only.

Knows no table and no framework beyond what the statement itself says.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lamsach.population.statements import FIELDS, Signer, statement_text

__all__ = ["Signed", "Signing", "signing"]

#: Statements, signatures, salts.
Signed = tuple[pa.Array, pa.Array, pa.Array]

_PROCESSES: Final = 2
_TOGETHER: Final = 2_000
_MANY: Final = 5 * _TOGETHER
_WANTED: Final = ("reference", "salt", "version", "at", *FIELDS)


def _sign(secret: bytes, wanted: pa.RecordBatch, purpose: str) -> tuple[list[bytes], list[bytes]]:
    signer = Signer(Ed25519PrivateKey.from_private_bytes(secret))
    columns = [column.to_pylist() for column in wanted.columns]
    texts = [
        statement_text(
            signer.key_id,
            reference=reference,
            salt=bytes.fromhex(salt),
            values=values,
            purpose=purpose,
            register_version=version,
            at=at,
        )
        for reference, salt, version, at, *values in zip(*columns, strict=True)
    ]
    # One step for all before the next step: a signature drives all else from the cache.
    return texts, list(map(signer.key.sign, texts))


@dataclass
class Signing:
    """Signs lists of statements; the processes start with the first long one."""

    signer: Signer
    _pool: list[ProcessPoolExecutor] = field(default_factory=list)

    def begin(self, rows: pa.Table, purpose: str) -> Callable[[], Signed]:
        """Begin to sign; what is returned waits for the statements, in the order of `rows`.

        Columns of `rows`: reference, salt (in hexadecimal digits), version, at, and FIELDS.
        """
        secret = self.signer.key.private_bytes_raw()
        batches = rows.select(_WANTED).combine_chunks().to_batches(max_chunksize=_TOGETHER)
        # in this process when a helper's start would take longer
        run = map if rows.num_rows < _MANY else self._helpers().map
        made = run(_sign, [secret] * len(batches), batches, [purpose] * len(batches))
        salts = pa.array(map(bytes.fromhex, rows["salt"].to_pylist()), pa.binary())

        def signed() -> Signed:
            texts, signatures = [], []
            for some_texts, some_signatures in made:
                texts += some_texts
                signatures += some_signatures
            return pa.array(texts, pa.binary()), pa.array(signatures, pa.binary()), salts

        return signed

    def _helpers(self) -> ProcessPoolExecutor:
        if not self._pool:
            context = multiprocessing.get_context("spawn")
            self._pool.append(ProcessPoolExecutor(_PROCESSES, mp_context=context))
        return self._pool[0]

    def close(self) -> None:
        """End the processes."""
        for pool in self._pool:
            pool.shutdown()


@contextmanager
def signing(signer: Signer) -> Iterator[Signing]:
    """Signs inside; its processes end with it."""
    many = Signing(signer)
    try:
        yield many
    finally:
        many.close()

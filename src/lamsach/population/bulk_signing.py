"""Many statements signed: columns in, columns out.

Knows no table and no framework. One process: a signature takes what three statements take to make,
and helpers took more of the processors than they gave back.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from lamsach.population.statements import FIELDS, Signer, statement_text

__all__ = ["Signed", "sign_many"]

#: Statements, signatures, salts.
Signed = tuple[pa.Array, pa.Array, pa.Array]

_WANTED: Final = ("reference", "salt", "version", "at", *FIELDS)


def sign_many(signer: Signer, rows: pa.Table, purpose: str) -> Signed:
    """The statement of each row, what `statements.sign` makes of it.

    Columns of `rows`: reference, salt (in hexadecimal digits), version, at (as statements say it),
    and FIELDS.
    """
    columns = [rows[name].to_pylist() for name in _WANTED]
    salts = columns[1] = [bytes.fromhex(salt) for salt in columns[1]]
    texts = [
        statement_text(
            signer.key_id,
            reference=reference,
            salt=salt,
            values=values,
            purpose=purpose,
            register_version=version,
            at=at,
        )
        for reference, salt, version, at, *values in zip(*columns, strict=True)
    ]
    # One step for all before the next step: a signature drives all else from the cache.
    signatures = list(map(signer.key.sign, texts))
    return (
        pa.array(texts, pa.binary()),
        pa.array(signatures, pa.binary()),
        pa.array(salts, pa.binary()),
    )

"""Keyed digests of whole columns, in the engine: the bytes of `keys.keyed`, a million at a time.

HMAC-SHA256 is two hashes, each behind a pad made of the key. The pads are secret: they go to the
engine as parameters of a statement and stand in no text of one, so neither in its errors.
"""

from __future__ import annotations

from typing import Any, Final

from lamsach.population.keys import pads
from lamsach.population.statements import SALT_BYTES

__all__ = ["fields_digest_sql", "keyed_sql", "number_sql", "secrets", "statement_salt_sql"]

_LENGTHS: Final = [length.to_bytes(4) for length in range(256)]
_SHORTENED: Final = 2 * SALT_BYTES  # hexadecimal digits


def secrets() -> dict[str, Any]:
    """The parameters of a statement in which one of these expressions stands."""
    inner, outer = pads()
    return {"inner": inner, "outer": outer, "lengths": _LENGTHS}


def keyed_sql(purpose: bytes, *parts: str) -> str:
    """`keys.keyed` of expressions that are texts, in hexadecimal digits."""
    said = [_blob(purpose + b"\0")]
    for part in parts:
        said += (_length(part), f"encode({part})")
    return f"sha256($outer || unhex(sha256($inner || {' || '.join(said)})))"


def number_sql(digest: str) -> str:
    """What `keys.keyed_number` makes of a digest: its first 64 bits with a sign, and 1 for 0.

    `digest`: a column of digests, for it is named more than once.
    """
    bits = f"cast('0x' || substr({digest}, 1, 16) as hugeint)"
    return (
        f"cast(case when substr({digest}, 1, 16) = '{'0' * 16}' then 1"
        f" when substr({digest}, 1, 1) >= '8' then {bits} - {1 << 64} else {bits} end as bigint)"
    )


def fields_digest_sql(*fields: str) -> str:
    """`keys.fields_digest`, in hexadecimal digits."""
    return f"substr({keyed_sql(b'fields', *fields)}, 1, {_SHORTENED})"


def statement_salt_sql(job: str, reference: str) -> str:
    """`keys.statement_salt`, in hexadecimal digits."""
    return f"substr({keyed_sql(b'salt', job, reference)}, 1, {_SHORTENED})"


def _length(text: str) -> str:
    """A text's length in bytes, in four of them."""
    length = f"strlen({text})"
    return (
        f"case when {length} < {len(_LENGTHS)} then $lengths[{length} + 1]"
        f" else unhex(format('{{:08x}}', {length})) end"
    )


def _blob(value: bytes) -> str:
    return "'" + "".join(f"\\x{one:02x}" for one in value) + "'::blob"

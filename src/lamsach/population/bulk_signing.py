"""Many statements signed: in two processes when there are many, each with the key in memory only.

Knows no table and no framework beyond what the statement itself says.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lamsach.population.statements import FIELDS, Signer, sign

__all__ = ["Signed", "Signing", "Wanted", "signing"]

#: What a statement is made of: reference, salt, the four fields (in the order of FIELDS), purpose,
#: the register's version, when.
Wanted = tuple[str, bytes, tuple[str, ...], str, str, datetime]
#: Statement, signature, salt.
Signed = tuple[bytes, bytes, bytes]

_PROCESSES: Final = 2
_TOGETHER: Final = 2_000
_MANY: Final = 5 * _TOGETHER


def _sign(secret: bytes, wanted: Sequence[Wanted]) -> list[Signed]:
    signer = Signer(Ed25519PrivateKey.from_private_bytes(secret))
    made = []
    for reference, salt, fields, purpose, version, at in wanted:
        text, signature = sign(
            signer,
            reference=reference,
            salt=salt,
            fields=dict(zip(FIELDS, fields, strict=True)),
            purpose=purpose,
            register_version=version,
            at=at,
        )
        made.append((text, signature, salt))
    return made


@dataclass
class Signing:
    """Signs lists of statements; the processes start with the first long one."""

    signer: Signer
    _pool: list[ProcessPoolExecutor] = field(default_factory=list)

    def begin(self, wanted: Sequence[Wanted]) -> Callable[[], list[Signed]]:
        """Begin to sign; what is returned waits for the statements, in the order of `wanted`."""
        secret = self.signer.key.private_bytes_raw()
        if len(wanted) < _MANY:
            return lambda: _sign(secret, wanted)
        if not self._pool:
            context = multiprocessing.get_context("spawn")
            self._pool.append(ProcessPoolExecutor(_PROCESSES, mp_context=context))
        parts = [wanted[i : i + _TOGETHER] for i in range(0, len(wanted), _TOGETHER)]
        made = self._pool[0].map(_sign, [secret] * len(parts), parts)
        return lambda: [one for part in made for one in part]

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

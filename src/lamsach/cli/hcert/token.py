"""A key in a token as a signer of certificates: what joins `esign` to `hcert`.

The two packages do not know each other; this room of the command knows both.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lamsach.esign.errors import ESignError
from lamsach.esign.keys import SigningKey, open_key
from lamsach.identity.errors import InputError

__all__ = ["TokenSigner", "token_signer"]


class TokenSigner:
    """A signing key of `esign` with the one algorithm that the certificate's key has."""

    def __init__(self, key: SigningKey, algorithm: str) -> None:
        self._key = key
        self.algorithm = algorithm

    def sign(self, data: bytes) -> bytes:
        """Sign data as COSE wants it."""
        return self._key.sign(data, self.algorithm)


@contextmanager
def token_signer(uri: str, algorithm: str, pin: str | None) -> Iterator[TokenSigner]:
    """Open the key that a PKCS#11 URI (RFC 7512) names; raises `InputError` with what to do."""
    try:
        with open_key(uri, pin=pin) as key:
            yield TokenSigner(key, algorithm)
    except ESignError as error:
        raise InputError(f"{error.code}: {error}") from error

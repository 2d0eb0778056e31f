"""Signing keys: PKCS#12 files and PKCS#11 tokens behind one interface.

`open_key` takes a path or a PKCS#11 URI and gives a `SigningKey`. The package knows nothing of
documents, manifests or health certificates; whoever signs brings the bytes.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from cryptography import x509

from lamsach.esign.errors import ESignError, Sentence
from lamsach.esign.keys.files import open_file_key
from lamsach.esign.keys.model import Algorithm, SigningKey
from lamsach.esign.keys.uris import TokenAddress, is_token_address

__all__ = ["Algorithm", "SigningKey", "is_token_address", "open_key"]


def open_key(
    where: str | Path,
    *,
    pin: str | None = None,
    sessions: int = 1,
    module: Path | None = None,
    certificates: Sequence[x509.Certificate] = (),
) -> SigningKey:
    """Open a signing key: a PKCS#12 file by its path, a key in a token by its PKCS#11 URI.

    `pin` is the token's PIN or the file's passphrase: from a prompt, a file or the environment,
    never from the command line. A URI may name a file with it (`?pin-source=file:/run/pin`) and
    the token's library (`?module-path=/usr/lib/…so`, else `module`, else PKCS11_MODULE_PATH); a
    URI that holds the PIN itself is refused. `sessions` of a token sign side by side in threads.
    `certificates` are looked through for the signer's own and those above it where the file or
    the token lacks them. The key is a context manager; closing it logs the token out.

    Raises `ESignError`, among others with the codes FILE_UNREADABLE, PASSPHRASE_INCORRECT,
    ADDRESS_INVALID, PACKAGE_MISSING, MODULE_UNUSABLE, TOKEN_NOT_FOUND, PIN_INCORRECT,
    PIN_FINAL_TRY, PIN_LOCKED, KEY_NOT_FOUND, KEY_AMBIGUOUS.

    >>> open_key("pkcs11:object=a?pin-value=1234")
    Traceback (most recent call last):
    lamsach.esign.errors.ESignError: the address holds a PIN (pin-value), which others on this \
machine can see: take it out, give the PIN when asked or use pin-source=file:…; better change \
this PIN
    """
    if sessions < 1:
        raise ValueError("sessions must be at least 1")
    if not (isinstance(where, str) and is_token_address(where)):
        return open_file_key(Path(where), passphrase=pin, certificates=certificates)
    address = TokenAddress.parse(where)
    try:
        token = importlib.import_module("lamsach.esign.keys.token")
    except ModuleNotFoundError as error:
        if error.name != "pkcs11":
            raise
        raise ESignError(
            "PACKAGE_MISSING",
            Sentence(
                vi="Ký bằng thiết bị cần gói python-pkcs11; hãy cài: pip install 'lamsach[token]'",
                en="signing with a token needs python-pkcs11; install it: "
                "pip install 'lamsach[token]'",
            ),
        ) from error
    return cast(
        SigningKey,
        token.open_token_key(
            address, pin=pin, sessions=sessions, module=module, certificates=certificates
        ),
    )

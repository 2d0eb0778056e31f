"""The ministry's key: opened from where the environment says, with the certificate that goes along.

The key is a PEM file, a PKCS#12 file or in a token. This room opens it and keeps on record which
certificates have signed; it issues nothing.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.utils.functional import Promise, lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lamsach.clock import now
from lamsach.esign.certificates import read_certificates
from lamsach.esign.errors import ESignError
from lamsach.esign.keys import SigningKey, is_token_address, open_key
from lamsach.hcert.errors import IssueError
from lamsach.hcert.issue import Issuer
from lamsach.hcert.signer import KeySigner
from lamsach.hcert.trust import CertificateError, TrustedKey
from lamsach.passports.models import PassportSigner

__all__ = ["NoIssuerError", "open_issuer", "signer_of"]

_PKCS12: Final = (".p12", ".pfx")


class NoIssuerError(Exception):
    """The ministry's key cannot be used now: a sentence for who keeps it."""

    def __init__(self, sentence: str | Promise) -> None:
        self.sentence = sentence
        super().__init__("the key to issue passports with cannot be used")


class _HeldKey:
    """A key of `esign` as `hcert` wants its signers; the two do not know each other."""

    def __init__(self, key: SigningKey, algorithm: str) -> None:
        self._key = key
        self.algorithm = algorithm

    def sign(self, data: bytes) -> bytes:
        """Sign data as COSE wants it."""
        return self._key.sign(data, self.algorithm)


@contextmanager
def open_issuer() -> Iterator[Issuer]:
    """The ministry's key with its certificate, checked, open while it is used.

    Raises `NoIssuerError`.
    """
    where: str = settings.PASSPORT_KEY
    secret: str = settings.PASSPORT_KEY_SECRET
    try:
        if not is_token_address(where) and not Path(where).exists():
            raise NoIssuerError(
                _("There is no key to issue passports with. Set LAMSACH_ISSUER_KEY.")
            )
        if is_token_address(where) or where.endswith(_PKCS12):
            with open_key(where, pin=secret or None) as key:
                der = _certificate(key.certificate)
                algorithm = TrustedKey.from_der(der).algorithm_name
                yield _issuer(_HeldKey(key, algorithm), der)
            return
        passphrase = secret.encode() or None
        signer = KeySigner.from_pem(Path(where).read_bytes(), passphrase)
        yield _issuer(signer, _certificate(None))
    except ESignError as error:
        raise NoIssuerError(_said(error.sentence.vi, error.sentence.en)) from error
    except IssueError as error:
        raise NoIssuerError(_said(error.vi, error.en)) from error
    except (CertificateError, OSError) as error:
        raise NoIssuerError(
            _("The key or the certificate to issue passports with cannot be read.")
        ) from error


def _issuer(signer: KeySigner | _HeldKey, certificate: bytes) -> Issuer:
    return Issuer(signer, certificate, allow_test_certificate=settings.PASSPORT_TEST_CERTIFICATES)


def _certificate(beside: x509.Certificate | None) -> bytes:
    """The certificate in DER: the file's that the environment names, else the one with the key."""
    path = Path(settings.PASSPORT_CERTIFICATE)
    if beside is None or path.exists():
        beside = read_certificates(path)[0]
    return beside.public_bytes(Encoding.DER)


def signer_of(issuer: Issuer) -> PassportSigner:
    """The record of an issuer's certificate, made at its first use.

    Raises `NoIssuerError` for a key that the ministry no longer trusts.
    """
    key = issuer.key
    found, _made = PassportSigner.objects.get_or_create(
        kid=b64encode(key.kid).decode(),
        defaults={
            "certificate": key.der,
            "algorithm": key.algorithm_name,
            "country": issuer.country,
            "valid_from": datetime.fromtimestamp(key.starts, UTC),
            "valid_until": datetime.fromtimestamp(key.ends, UTC),
            "added_at": now(),
        },
    )
    if found.distrusted_at is not None:
        raise NoIssuerError(
            _("The key to issue passports with is no longer trusted. Put another in its place.")
        )
    return found


def _pick(vi: str, en: str) -> str:
    return vi if (get_language() or "").startswith("vi") else en


#: A library's sentence, in the language in which it is read.
_said = lazy(_pick, str)

"""Keys in PKCS#12 files (RFC 7292): .p12 or .pfx, as certificate authorities hand them out.

This room reads the file, finds the private key and its certificates, and signs. It does not know
tokens, nor whether the certificate may be used: that is for lamsach.esign.certificates.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from lamsach.esign.errors import ESignError, Sentence
from lamsach.esign.keys.model import (
    Algorithm,
    algorithms_of,
    chosen,
    in_order,
    pss,
    public_key_of,
    raw_signature,
)

__all__ = ["FileKey", "open_file_key"]

_LARGEST_FILE = 1 << 20


class FileKey:
    """A private key held in memory; made by `open_file_key`."""

    def __init__(
        self,
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
        certificate: x509.Certificate | None,
        others: Sequence[x509.Certificate] = (),
    ) -> None:
        self._key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = key
        self.certificate = certificate
        self.chain = in_order(certificate, others)
        self.algorithms = algorithms_of(key)

    def sign(self, data: bytes, algorithm: str, *, der: bool = False) -> bytes:
        """Sign `data`; see `lamsach.esign.keys.SigningKey`."""
        key, named = self._key, chosen(algorithm, self.algorithms)
        if key is None:
            raise ESignError(
                "KEY_CLOSED",
                Sentence(vi="Khóa đã được đóng", en="the key was closed; open it anew"),
            )
        if isinstance(key, ec.EllipticCurvePrivateKey):
            signature = key.sign(data, ec.ECDSA(hashes.SHA256()))
            return signature if der else raw_signature(signature)
        scheme = pss() if named is Algorithm.PS256 else padding.PKCS1v15()
        return key.sign(data, scheme, hashes.SHA256())

    def close(self) -> None:
        """Forget the key."""
        self._key = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def open_file_key(
    path: Path, *, passphrase: str | None = None, certificates: Sequence[x509.Certificate] = ()
) -> FileKey:
    """Open a PKCS#12 file; `certificates` are others that may stand above the signer's.

    Raises `ESignError`: FILE_UNREADABLE, PASSPHRASE_MISSING, PASSPHRASE_INCORRECT (or the file
    is damaged: the format cannot tell), KEY_NOT_FOUND, KEY_UNSUITABLE, CERTIFICATE_MISMATCH.
    """
    key, own, others = _content(path, passphrase)
    if key is None:
        raise ESignError(
            "KEY_NOT_FOUND",
            Sentence(
                vi=f"Tệp {path} không có khóa bí mật; hãy dùng tệp .p12 có khóa",
                en=f"{path} holds no private key; use the .p12 file that holds one",
            ),
        )
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) or not algorithms_of(
        key
    ):
        raise ESignError(
            "KEY_UNSUITABLE",
            Sentence(
                vi=f"Khóa trong {path} không dùng được: cần ECDSA P-256 hoặc RSA từ 2048 bit",
                en=f"the key in {path} cannot be used: ECDSA P-256 or RSA of at least 2048 bits",
            ),
        )
    everything = [*others, *certificates]
    if own is None:
        own = next((one for one in everything if public_key_of(one) == key.public_key()), None)
    elif public_key_of(own) != key.public_key():
        raise ESignError(
            "CERTIFICATE_MISMATCH",
            Sentence(
                vi=f"Chứng thư số trong {path} không phải của khóa bí mật trong tệp",
                en=f"the certificate in {path} does not belong to the private key in it",
            ),
        )
    return FileKey(key, own, everything)


def _content(
    path: Path, passphrase: str | None
) -> tuple[object | None, x509.Certificate | None, list[x509.Certificate]]:
    """What the file holds: the key, its certificate, the others."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise _unreadable(
            path, f"không đọc được ({error.strerror})", f"cannot be read ({error.strerror})"
        ) from error
    if len(content) > _LARGEST_FILE:
        raise _unreadable(path, "quá lớn so với tệp khóa", "is too large for a key file")
    if content.lstrip().startswith(b"-----BEGIN"):
        raise _unreadable(
            path,
            "là PEM; hãy đổi sang PKCS#12 bằng openssl pkcs12 -export",
            "is PEM; turn it into PKCS#12 with openssl pkcs12 -export",
        )
    # Both forms of "no passphrase" exist in the wild: none at all, and the empty text.
    forms = [None, b""] if not passphrase else [passphrase.encode()]
    problem: Exception | None = None
    for form in forms:
        try:
            key, own, others = pkcs12.load_key_and_certificates(content, form)
        except UnsupportedAlgorithm as error:
            raise _unreadable(
                path,
                "dùng mã hóa đã cũ; hãy xuất lại bằng openssl pkcs12 -legacy",
                "uses outdated encryption; export it anew with openssl pkcs12 -legacy",
            ) from error
        except ValueError as error:
            problem = error
        else:
            return key, own, others
    if content[:1] != b"\x30":
        raise _unreadable(path, "không phải là tệp PKCS#12", "is not a PKCS#12 file")
    if not passphrase:
        raise ESignError(
            "PASSPHRASE_MISSING",
            Sentence(
                vi=f"Cần mật khẩu của tệp {path}",
                en=f"{path} needs its passphrase",
            ),
        )
    raise ESignError(
        "PASSPHRASE_INCORRECT",
        Sentence(
            vi=f"Mật khẩu của {path} không đúng, hoặc tệp bị hỏng",
            en=f"the passphrase of {path} is wrong, or the file is damaged",
        ),
    ) from problem


def _unreadable(path: Path, vi: str, en: str) -> ESignError:
    return ESignError("FILE_UNREADABLE", Sentence(vi=f"{path} {vi}", en=f"{path} {en}"))

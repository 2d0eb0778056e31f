"""What signs a certificate: any key behind two lines, and the one that lies in a PEM file.

A token's key fits the same two lines; this package does not know tokens.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Protocol, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from lamsach.hcert import cose
from lamsach.hcert.errors import IssueError

__all__ = ["KeySigner", "Signer"]

_COORDINATE = 32


class Signer(Protocol):
    """A signing key: `algorithm` is `ES256` or `PS256`."""

    algorithm: str

    def sign(self, data: bytes) -> bytes:
        """Sign data (whole, not its digest): r||s of 64 bytes, or RSASSA-PSS with salt 32."""
        ...


class KeySigner:
    """A private key in this process.

    >>> signer = KeySigner(ec.generate_private_key(ec.SECP256R1()))
    >>> signer.algorithm, len(signer.sign(b"what is signed"))
    ('ES256', 64)
    """

    def __init__(self, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
        label = cose.algorithm_of(key.public_key())
        if label is None:
            raise IssueError(
                "key.kind",
                "the signing key is neither on the curve P-256 nor RSA of 2048 bits or more",
                "khóa ký không phải khóa đường cong P-256, cũng không phải RSA từ 2048 bit trở lên",
            )
        self._key = key
        self._label = label
        self.algorithm = cose.ALGORITHM_NAMES[label]

    @classmethod
    def from_pem(cls, pem: bytes, passphrase: bytes | None = None) -> KeySigner:
        """Read a private key (PKCS#8 or traditional PEM); raises `IssueError`."""
        try:
            key = load_pem_private_key(pem, passphrase)
        except TypeError as error:
            needs = passphrase is None
            raise IssueError(
                "key.passphrase",
                "the key file is encrypted: give its passphrase"
                if needs
                else "the key file is not encrypted: leave the passphrase out",
                "tệp khóa có mật khẩu: hãy cung cấp mật khẩu"
                if needs
                else "tệp khóa không có mật khẩu: hãy bỏ mật khẩu",
            ) from error
        except (ValueError, UnsupportedAlgorithm) as error:
            raise IssueError(
                "key.unreadable",
                "the key file is no PEM private key, or its passphrase is wrong",
                "tệp khóa không phải khóa riêng dạng PEM, hoặc sai mật khẩu",
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise IssueError(
                "key.kind",
                "the signing key is neither EC nor RSA",
                "khóa ký không phải khóa EC hoặc RSA",
            )
        return cls(key)

    def sign(self, data: bytes) -> bytes:
        """Sign data as COSE wants it."""
        if self._label == cose.PS256:
            return cast(rsa.RSAPrivateKey, self._key).sign(data, cose.PSS, cose.SHA_256)
        key = cast(ec.EllipticCurvePrivateKey, self._key)
        return _raw(key.sign(sha256(data).digest(), cose.ECDSA))


def _raw(signature: bytes) -> bytes:
    """r||s of 64 bytes from DER: a sequence, below 128 bytes, of two integers.

    >>> _raw(bytes.fromhex("3006020105020107")) == bytes(31) + b"\x05" + bytes(31) + b"\x07"
    True
    """
    end = 4 + signature[3]
    r, s = signature[4:end], signature[end + 2 :]
    # An integer with its highest bit set has a zero before it, a small one has fewer bytes.
    return r[-_COORDINATE:].rjust(_COORDINATE, b"\0") + s[-_COORDINATE:].rjust(_COORDINATE, b"\0")

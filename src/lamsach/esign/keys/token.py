"""Keys in PKCS#11 tokens: USB tokens, smart cards, hardware security modules.

This room opens sessions, finds the key and the certificates beside it, and signs; the private key
never leaves the token. It does not know what is signed nor whether the certificate may be used.
It needs the extra `lamsach[token]` (python-pkcs11). A PKCS#11 library does not survive `fork`:
open keys in the process that signs.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Self

import pkcs11
from cryptography import x509
from pkcs11 import MGF, Attribute, KeyType, ObjectClass
from pkcs11 import Mechanism as Kind

from lamsach.esign.errors import ESignError, Sentence
from lamsach.esign.keys.beside import Beside
from lamsach.esign.keys.cryptoki import (
    CONTEXT_SPECIFIC,
    Mechanism,
    PssParameters,
    error_of,
)
from lamsach.esign.keys.faults import device_fault
from lamsach.esign.keys.login import Login
from lamsach.esign.keys.model import (
    Algorithm,
    PublicKey,
    algorithms_of,
    chosen,
    der_signature,
    in_order,
    verify,
)
from lamsach.esign.keys.uris import TokenAddress

__all__ = ["TokenKey", "open_token_key"]

_Key = Any  # python-pkcs11 mixes in at run time what a key can do; its types do not say so

_MODULE_VARIABLE = "PKCS11_MODULE_PATH"
_LARGEST_SIGNATURE = 1024
# The DigestInfo of SHA-256 (RFC 8017, 9.2 note 1), for tokens that pad but do not hash.
_SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


class _Way:
    """How a token makes one kind of signature: the mechanism, and what it is given."""

    def __init__(self, kind: int, given: Callable[[bytes], bytes], pss: bool = False) -> None:
        self.kind = kind
        self.given = given
        self._parameters = PssParameters(Kind.SHA256, MGF.SHA256, 32) if pss else None
        self._mechanism = Mechanism(kind)
        if self._parameters is not None:
            self._mechanism.parameter = ctypes.addressof(self._parameters)
            self._mechanism.length = ctypes.sizeof(self._parameters)
        self.address = ctypes.addressof(self._mechanism)


def _digest(data: bytes) -> bytes:
    return sha256(data).digest()


def _digest_info(data: bytes) -> bytes:
    return _SHA256_INFO + sha256(data).digest()


def _whole(data: bytes) -> bytes:
    return data


# Hashing here comes first: a document need not travel into a slow token.
_WAYS: dict[Algorithm, tuple[_Way, ...]] = {
    Algorithm.ES256: (_Way(Kind.ECDSA, _digest), _Way(Kind.ECDSA_SHA256, _whole)),
    Algorithm.RS256: (_Way(Kind.RSA_PKCS, _digest_info), _Way(Kind.SHA256_RSA_PKCS, _whole)),
    Algorithm.PS256: (
        _Way(Kind.RSA_PKCS_PSS, _digest, pss=True),
        _Way(Kind.SHA256_RSA_PKCS_PSS, _whole, pss=True),
    ),
}


class _Seat:
    """A session with the key in it and room for one signature."""

    def __init__(self, session: int, key: int) -> None:
        self.session = session
        self.key = key
        self.output = ctypes.create_string_buffer(_LARGEST_SIGNATURE)
        self.length = ctypes.c_ulong()
        self.length_at = ctypes.addressof(self.length)


class TokenKey:
    """A private key in a token, with a pool of sessions; made by `open_token_key`.

    Threads may sign at the same time, as many as there are sessions; others wait their turn.
    """

    def __init__(
        self,
        login: Login,
        sessions: Sequence[pkcs11.Session],
        keys: Sequence[_Key],
        beside: Beside,
        pin: str | None,
    ) -> None:
        self.certificate = beside.certificate
        self.chain = in_order(beside.certificate, beside.others)
        self._public_key = beside.public_key
        self._label = login.label
        self._turn = login.turn()
        self._login: Login | None = login
        self._sessions = tuple(sessions)
        # A key that wants the PIN at each signature gets it (PKCS#11, CKA_ALWAYS_AUTHENTICATE):
        # the person's consent is to the batch, not to each of ten thousand records.
        each_time = pin is not None and keys[0][Attribute.ALWAYS_AUTHENTICATE]
        self._pin = pin.encode() if pin is not None and each_time else None
        self._functions = login.functions
        self._free: SimpleQueue[_Seat] = SimpleQueue()
        for key in keys:
            self._free.put(_Seat(key.session.handle, key.handle))
        self._proved = beside.public_key is None
        self._ways = _ways(keys[0], beside.public_key, login)
        self.algorithms = tuple(Algorithm(name) for name in self._ways)

    def sign(self, data: bytes, algorithm: str, *, der: bool = False) -> bytes:
        """Sign `data`; see `lamsach.esign.keys.SigningKey`.

        The first signature is verified before it is handed out, so that a certificate that
        belongs to another key shows at once (CERTIFICATE_MISMATCH).
        """
        way = self._ways.get(algorithm)
        if way is None:
            way = self._ways[chosen(algorithm, self.algorithms)]
        given = way.given(data)
        seat = self._free.get()
        try:
            if self._login is None:
                raise ESignError(
                    "KEY_CLOSED",
                    Sentence(vi="Khóa đã được đóng", en="the key was closed; open it anew"),
                )
            with self._turn:
                code, signature = self._made(seat, way, given)
        finally:
            self._free.put(seat)
        if code:
            raise device_fault(self._label, error_of(code))
        if not self._proved:
            self._prove(signature, data, Algorithm(algorithm))
        return der_signature(signature) if der and algorithm == Algorithm.ES256 else signature

    def _made(self, seat: _Seat, way: _Way, given: bytes) -> tuple[int, bytes]:
        """The return code and, when it is 0, the signature."""
        functions, session = self._functions, seat.session
        code = functions.sign_init(session, way.address, seat.key)
        if not code and self._pin is not None:
            code = functions.login(session, CONTEXT_SPECIFIC, self._pin, len(self._pin))
        if code:
            return code, b""
        seat.length.value = _LARGEST_SIGNATURE
        code = functions.sign(session, given, len(given), seat.output, seat.length_at)
        return code, b"" if code else ctypes.string_at(seat.output, seat.length.value)

    def _prove(self, signature: bytes, data: bytes, algorithm: Algorithm) -> None:
        if self._public_key is not None and not verify(
            self._public_key, signature, data, algorithm
        ):
            raise ESignError(
                "CERTIFICATE_MISMATCH",
                Sentence(
                    vi=f"Chứng thư số trong thiết bị {self._label} không phải của khóa này",
                    en=f"the certificate in the token {self._label} does not belong to this key",
                ),
            )
        self._proved = True

    def close(self) -> None:
        """Close the sessions and log out, unless another key of the token is still open.

        Threads that are signing finish first; those that wait for their turn get KEY_CLOSED.
        """
        login, self._login = self._login, None
        if login is None:
            return
        # A session closed under a signature may stand for another key when its number comes again.
        seats = [self._free.get() for _ in self._sessions]
        self._pin = None
        _close(self._sessions, login)
        for seat in seats:
            self._free.put(seat)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<TokenKey in {self._label}>"


def open_token_key(
    address: TokenAddress,
    *,
    pin: str | None,
    sessions: int,
    module: Path | None,
    certificates: Sequence[x509.Certificate],
) -> TokenKey:
    """Open a key in a token; see `lamsach.esign.keys.open_key`."""
    library = address.module_path or module or _module_of_environment()
    pin = address.pin() if pin is None else pin
    login = Login.obtain(library, address, pin)
    opened: list[pkcs11.Session] = []
    try:
        for _ in range(sessions):
            opened.append(login.session())
        first = _private_key(opened[0], address, login)
        key_id = first[Attribute.ID]
        keys = [first]
        for session in opened[1:]:
            keys.append(_only(session, {Attribute.LABEL: first.label, Attribute.ID: key_id}, first))
        beside = Beside.of(opened[0], first, key_id, certificates)
        return TokenKey(login, opened, keys, beside, pin)
    except pkcs11.PKCS11Error as error:
        _close(opened, login)
        raise device_fault(login.label, error) from error
    except BaseException:
        _close(opened, login)
        raise


def _close(sessions: Sequence[pkcs11.Session], login: Login) -> None:
    for session in sessions:
        with suppress(pkcs11.PKCS11Error), login.turn():  # one of a token that is gone is closed
            session.close()
    login.release()


def _module_of_environment() -> Path:
    path = os.environ.get(_MODULE_VARIABLE)
    if path:
        return Path(path)
    raise ESignError(
        "MODULE_MISSING",
        Sentence(
            vi="Chưa biết thư viện PKCS#11 của thiết bị; hãy thêm ?module-path=/đường/dẫn.so vào "
            f"địa chỉ hoặc đặt biến môi trường {_MODULE_VARIABLE}",
            en="the token's PKCS#11 library is not known; add ?module-path=/path.so to the address "
            f"or set {_MODULE_VARIABLE} in the environment",
        ),
    )


def _only(session: pkcs11.Session, wanted: dict[Attribute, Any], like: _Key) -> _Key:
    """The key of another session that is the one already chosen."""
    wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.KEY_TYPE: like.key_type} | wanted
    return next(one for one in session.get_objects(wanted) if one[Attribute.SIGN])


def _private_key(session: pkcs11.Session, address: TokenAddress, login: Login) -> _Key:
    """The one private key that the address means and that signs."""
    wanted: dict[Attribute, Any] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
    if address.key_label is not None:
        wanted[Attribute.LABEL] = address.key_label
    if address.key_id is not None:
        wanted[Attribute.ID] = address.key_id
    found: list[_Key] = [key for key in session.get_objects(wanted) if key[Attribute.SIGN]]
    if not found:
        raise ESignError(
            "KEY_NOT_FOUND",
            Sentence(
                vi=f"Thiết bị {login.label} không có khóa ký nào khớp ({address}); "
                "hãy kiểm tra object= và id=",
                en=f"no signing key in the token {login.label} fits ({address}); "
                "check object= and id=",
            ),
        )
    if len(found) > 1:
        names = ", ".join(f"{key.label} (id {key[Attribute.ID].hex()})" for key in found[:8])
        raise ESignError(
            "KEY_AMBIGUOUS",
            Sentence(
                vi=f"Thiết bị {login.label} có nhiều khóa ký: {names}; hãy ghi rõ object= và id=",
                en=f"the token {login.label} holds several signing keys: {names}; "
                "say which by object= and id=",
            ),
        )
    return found[0]


def _ways(key: _Key, public_key: PublicKey | None, login: Login) -> dict[str, _Way]:
    """How this token signs with this key, for each algorithm both can."""
    possible = login.token.slot.get_mechanisms()
    if public_key is not None:
        fitting = algorithms_of(public_key)
    elif key.key_type == KeyType.EC:
        fitting = (Algorithm.ES256,)
    else:
        fitting = (Algorithm.RS256, Algorithm.PS256)
    ways: dict[str, _Way] = {}
    for algorithm in fitting:
        way = next((one for one in _WAYS[algorithm] if one.kind in possible), None)
        if way is not None:
            ways[algorithm] = way
    if not ways:
        raise ESignError(
            "KEY_UNSUITABLE",
            Sentence(
                vi=f"Khóa trong thiết bị {login.label} không dùng được: "
                "cần ECDSA P-256 hoặc RSA từ 2048 bit",
                en=f"the key in the token {login.label} cannot be used: "
                "ECDSA P-256 or RSA of at least 2048 bits",
            ),
        )
    return ways

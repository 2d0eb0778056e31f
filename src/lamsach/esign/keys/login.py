"""One login into one token, shared by all keys this process has open in it.

PKCS#11 logs a whole process in and out of a token (v2.40, 5.6), so this room counts who still
needs it: two keys of one token do not log each other out, and a second one with a wrong PIN is
not let in by the first one's login. It finds tokens and opens sessions; it knows no keys.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from contextlib import suppress
from pathlib import Path

import pkcs11
from pkcs11 import PROTECTED_AUTH, TokenFlag, exceptions

from lamsach.esign.errors import ESignError, Sentence
from lamsach.esign.keys.faults import device_fault, pin_fault, refuse_to_try
from lamsach.esign.keys.libraries import Library
from lamsach.esign.keys.uris import TokenAddress

__all__ = ["Login"]

_open: dict[tuple[str, int], Login] = {}
_lock = threading.Lock()
_secret = secrets.token_bytes(32)


class Login:
    """A login into a token; `obtain` and `release` come in pairs."""

    def __init__(
        self, place: tuple[str, int], library: Library, token: pkcs11.Token, pin: str | None
    ) -> None:
        self.token = token
        self.turn = library.turn
        self.functions = library.functions
        self.label = token.label
        self._place = place
        self._mark = _marked(pin)
        self._users = 0
        self._session = _log_in(token, pin)

    @classmethod
    def obtain(cls, module: Path, address: TokenAddress, pin: str | None) -> Login:
        """Log in, or join the login there is. Raises `ESignError` with what to do."""
        library = Library(module)
        token = _find(library, address)
        place = (str(module), token.slot.slot_id)
        with _lock:
            login = _open.get(place)
            if login is not None and not login._alive():
                del _open[place]
                login = None
            if login is None:
                login = _open[place] = cls(place, library, token, pin)
            elif not hmac.compare_digest(login._mark, _marked(pin)):
                raise pin_fault(token.label, exceptions.PinIncorrect(), _flags(token))
            login._users += 1
            return login

    def session(self) -> pkcs11.Session:
        """One more session; PKCS#11 counts it as logged in."""
        try:
            return self.token.open()
        except pkcs11.PKCS11Error as error:
            raise device_fault(self.label, error) from error

    def release(self) -> None:
        """One user less; the last one logs out."""
        with _lock:
            self._users -= 1
            if self._users == 0:
                if _open.get(self._place) is self:
                    del _open[self._place]
                with suppress(pkcs11.PKCS11Error), self.turn():  # one that is gone is logged out
                    self._session.close()

    def _alive(self) -> bool:
        """Whether the token is still there and logged in."""
        try:
            self._session.generate_random(8)
        except pkcs11.PKCS11Error as error:
            return device_fault(self.label, error).code != "TOKEN_REMOVED"
        return True


def _marked(pin: str | None) -> bytes:
    """What tells two PINs apart without keeping them."""
    return hmac.digest(_secret, b"" if pin is None else b"\1" + pin.encode(), "sha256")


def _flags(token: pkcs11.Token) -> int:
    """The token's flags as they are now; the object holds those of when it was found."""
    try:
        return int(token.slot.get_token().flags)
    except pkcs11.PKCS11Error:
        return 0


def _find(library: Library, address: TokenAddress) -> pkcs11.Token:
    """The one token the address means."""
    found: list[pkcs11.Token] = []
    for slot in library.slots:
        with suppress(pkcs11.PKCS11Error):  # an empty reader beside the right one
            token = slot.get_token()
            if token.flags & TokenFlag.TOKEN_INITIALIZED and _is_meant(token, address):
                found.append(token)
    if not found:
        raise ESignError(
            "TOKEN_NOT_FOUND",
            Sentence(
                vi=f"Không thấy thiết bị ký số ({address}); hãy cắm thiết bị và kiểm tra tên",
                en=f"no such token ({address}); plug it in and check its name",
            ),
        )
    if len(found) > 1:
        names = ", ".join(f"{one.label} (slot-id {one.slot.slot_id})" for one in found[:8])
        raise ESignError(
            "TOKEN_AMBIGUOUS",
            Sentence(
                vi=f"Có nhiều thiết bị khớp: {names}; hãy ghi rõ token=, serial= hoặc slot-id=",
                en=f"several tokens fit: {names}; say which by token=, serial= or slot-id=",
            ),
        )
    return found[0]


def _is_meant(token: pkcs11.Token, address: TokenAddress) -> bool:
    serial = token.serial.decode("utf-8", "replace") if token.serial else ""
    wanted = [
        (address.token, token.label),
        (address.manufacturer, token.manufacturer_id),
        (address.serial, serial),
        (address.model, token.model),
        (address.slot_id, token.slot.slot_id),
    ]
    return all(one is None or one == other for one, other in wanted)


def _log_in(token: pkcs11.Token, pin: str | None) -> pkcs11.Session:
    """A session that is logged in; at most one try with the PIN."""
    flags = _flags(token)
    refusal = refuse_to_try(token.label, flags)
    if refusal is not None:
        raise refusal
    given: str | object | None = pin
    if pin is None and flags & TokenFlag.LOGIN_REQUIRED:
        if not flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH:
            raise ESignError(
                "PIN_MISSING",
                Sentence(
                    vi=f"Cần mã PIN của thiết bị {token.label}",
                    en=f"the token {token.label} needs its PIN",
                ),
            )
        given = PROTECTED_AUTH  # the token asks on its own keypad
    try:
        return token.open(user_pin=given)
    except exceptions.UserAlreadyLoggedIn:
        # Another part of this process did it, with a PIN the token took.
        return token.open()
    except pkcs11.PKCS11Error as error:
        raise pin_fault(token.label, error, _flags(token)) from error

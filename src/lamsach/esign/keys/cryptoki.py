"""The bare C interface of a PKCS#11 library (v2.40): the few functions that must be quick or exact.

python-pkcs11 finds tokens, keys and certificates; signing through it costs a fifth of what a quick
token can do, and it initialises libraries for one thread only. So those calls go to the library's
own function list. This room moves bytes and codes; it must not know keys by name, nor PINs.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from pkcs11 import PKCS11Error, exceptions

__all__ = ["CALL", "Cryptoki", "Mechanism", "PssParameters", "error_of"]

OK = 0x0
NOT_INITIALIZED = 0x190  # CKR_CRYPTOKI_NOT_INITIALIZED
CONTEXT_SPECIFIC = 2  # CKU_CONTEXT_SPECIFIC
_OS_LOCKING = 0x2  # CKF_OS_LOCKING_OK
_LARGEST_INFO = 256  # CK_INFO has 88 bytes
CALL = Callable[..., int]

# Places in CK_FUNCTION_LIST, behind the version.
_INITIALIZE, _FINALIZE, _GET_INFO, _LOGIN, _SIGN_INIT, _SIGN, _FUNCTIONS = 0, 1, 2, 18, 42, 43, 68

_CODES: dict[int, type[PKCS11Error]] = {
    0x32: exceptions.DeviceRemoved,
    0x30: exceptions.DeviceError,
    0x31: exceptions.DeviceMemory,
    0x60: exceptions.KeyHandleInvalid,
    0x82: exceptions.ObjectHandleInvalid,
    0xA0: exceptions.PinIncorrect,
    0xA4: exceptions.PinLocked,
    0xB0: exceptions.SessionClosed,
    0xB3: exceptions.SessionHandleInvalid,
    0xE0: exceptions.TokenNotPresent,
    0xE1: exceptions.TokenNotRecognised,
    0x101: exceptions.UserNotLoggedIn,
}


class Mechanism(ctypes.Structure):
    """CK_MECHANISM: how to sign."""

    _fields_ = (
        ("kind", ctypes.c_ulong),
        ("parameter", ctypes.c_void_p),
        ("length", ctypes.c_ulong),
    )


class PssParameters(ctypes.Structure):
    """CK_RSA_PKCS_PSS_PARAMS."""

    _fields_ = (("digest", ctypes.c_ulong), ("mask", ctypes.c_ulong), ("salt", ctypes.c_ulong))


class _InitializeArguments(ctypes.Structure):
    """CK_C_INITIALIZE_ARGS."""

    _fields_ = (
        ("create_mutex", ctypes.c_void_p),
        ("destroy_mutex", ctypes.c_void_p),
        ("lock_mutex", ctypes.c_void_p),
        ("unlock_mutex", ctypes.c_void_p),
        ("flags", ctypes.c_ulong),
        ("reserved", ctypes.c_void_p),
    )


class _FunctionList(ctypes.Structure):
    """CK_FUNCTION_LIST: the version, then the functions in the standard's order."""

    _fields_ = (
        ("version", ctypes.c_ubyte * 2),
        ("functions", ctypes.c_void_p * _FUNCTIONS),
    )


class Cryptoki:
    """The functions of one library; raises OSError or AttributeError when it is none."""

    def __init__(self, path: str) -> None:
        self._library = ctypes.CDLL(path)
        listed = ctypes.POINTER(_FunctionList)()
        if self._library.C_GetFunctionList(ctypes.byref(listed)) != OK:
            raise OSError(f"{path} gives no list of functions")
        functions = listed.contents.functions
        number, pointer, text = ctypes.c_ulong, ctypes.c_void_p, ctypes.c_char_p

        def function(place: int, *arguments: type) -> CALL:
            return ctypes.CFUNCTYPE(number, *arguments)(functions[place])

        self.sign_init = function(_SIGN_INIT, number, pointer, number)
        self.sign = function(_SIGN, number, text, number, pointer, pointer)
        self.login = function(_LOGIN, number, number, text, number)
        self._initialize = function(_INITIALIZE, pointer)
        self._finalize = function(_FINALIZE, pointer)
        self._get_info = function(_GET_INFO, pointer)

    def is_initialized(self) -> bool:
        """Whether this process has initialised the library."""
        return self._get_info(ctypes.create_string_buffer(_LARGEST_INFO)) != NOT_INITIALIZED

    def initialize_for_threads(self) -> bool:
        """Initialise the library anew, with locks if it can; whether it can."""
        self._finalize(None)
        arguments = _InitializeArguments(flags=_OS_LOCKING)
        if self._initialize(ctypes.byref(arguments)) == OK:
            return True
        self._initialize(None)  # CKR_CANT_LOCK: one thread at a time
        return False


def error_of(code: int) -> PKCS11Error:
    """What a return code (CKR_…) says, as python-pkcs11's exception.

    >>> type(error_of(0x32)).__name__, str(error_of(0x54))
    ('DeviceRemoved', 'CKR 0x54')
    """
    kind = _CODES.get(code)
    return PKCS11Error(f"CKR {code:#x}") if kind is None else kind()

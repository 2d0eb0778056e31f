"""Loading a token's PKCS#11 library so that threads may use it side by side.

python-pkcs11 initialises a library in the way that promises a single thread (C_Initialize with
NULL; PKCS#11 v2.40, 5.4), and libraries that take the promise at its word crash when two threads
sign. This room initialises it anew with operating-system locks, unless another part of the
process was first; then callers take turns. It needs the extra `lamsach[token]`.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pkcs11

from lamsach.esign.errors import ESignError, Sentence
from lamsach.esign.keys.cryptoki import Cryptoki

__all__ = ["Library"]

_lock = threading.Lock()
_threaded: set[str] = set()
_turns: dict[str, threading.RLock] = {}


class Library:
    """A token's library, and how its callers share it."""

    def __init__(self, path: Path) -> None:
        name = str(path)
        with _lock:
            try:
                self.functions = Cryptoki(name)
                self.slots = _loaded(name, self.functions).get_slots(token_present=True)
            except (pkcs11.PKCS11Error, RuntimeError, OSError, AttributeError) as error:
                raise ESignError(
                    "MODULE_UNUSABLE",
                    Sentence(
                        vi=f"Không dùng được thư viện PKCS#11 {path}; "
                        "hãy cài trình điều khiển của thiết bị và kiểm tra đường dẫn",
                        en=f"the PKCS#11 library {path} cannot be used; "
                        "install the token's driver and check the path",
                    ),
                ) from error
            self._turns = None if name in _threaded else _turns.setdefault(name, threading.RLock())

    def turn(self) -> AbstractContextManager[object]:
        """What to hold while calling the library: nothing when it locks by itself."""
        return nullcontext() if self._turns is None else self._turns


def _loaded(name: str, functions: Cryptoki) -> Any:
    """The library, initialised by us with locks or, when somebody was first, as they did it."""
    fresh = not functions.is_initialized()
    library = pkcs11.lib(name)
    if fresh:
        _threaded.discard(name)
        if functions.initialize_for_threads():
            _threaded.add(name)
    return library

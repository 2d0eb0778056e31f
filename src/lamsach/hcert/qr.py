"""QR symbols of certificates: the error correction and size that a printed square can bear.

The text goes in alphanumeric mode, as the HC1 specification asks. Debian's libqrencode4 makes the
symbol when it is there (about a thousand a second), else the pure library segno (about thirty).
Sources: ISO/IEC 18004 (capacities), HC1 specification 1.0.8 (level Q recommended, 35 to 60 mm
diagonal, square modules). This room knows text and millimetres, no certificates.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, Literal

import numpy as np
import segno

from lamsach.hcert.errors import HcertError
from lamsach.hcert.qr_drawing import QUIET_ZONE, Modules, png, svg

__all__ = [
    "LEVELS",
    "Choice",
    "Level",
    "QrError",
    "Symbol",
    "choose",
    "encode",
    "has_fast_encoder",
    "version_for",
]

Level = Literal["L", "M", "Q", "H"]

LEVELS: Final[tuple[Level, ...]] = ("L", "M", "Q", "H")
"""How much of a symbol may be lost: about 7, 15, 25 and 30 %."""

_ALPHANUMERIC: Final = re.compile(r"[0-9A-Z $%*+\-./:]+", re.ASCII)
_MM_PER_INCH: Final = 25.4
_SPARE_MODULE_MM: Final = 0.33
"""From 13 mil on phones and cheap readers read at once."""

_LEAST_MODULE_MM: Final = 0.25
"""Below 10 mil office printers blur and phones fail."""

_LEAST_DOTS: Final = 2
_SPARE_DOTS: Final = 3
_DIAGONAL_MM: Final = (35.0, 60.0)

_DATA_BYTES: Final[dict[Level, tuple[int, ...]]] = {
    # Data codewords of versions 1 to 40 (ISO/IEC 18004, table 7).
    "L": (
        *(19, 34, 55, 80, 108, 136, 156, 194, 232, 274, 324, 370, 428, 461, 523, 589, 647, 721),
        *(795, 861, 932, 1006, 1094, 1174, 1276, 1370, 1468, 1531, 1631, 1735, 1843, 1955, 2071),
        *(2191, 2306, 2434, 2566, 2702, 2812, 2956),
    ),
    "M": (
        *(16, 28, 44, 64, 86, 108, 124, 154, 182, 216, 254, 290, 334, 365, 415, 453, 507, 563),
        *(627, 669, 714, 782, 860, 914, 1000, 1062, 1128, 1193, 1267, 1373, 1455, 1541, 1631),
        *(1725, 1812, 1914, 1992, 2102, 2216, 2334),
    ),
    "Q": (
        *(13, 22, 34, 48, 62, 76, 88, 110, 132, 154, 180, 206, 244, 261, 295, 325, 367, 397),
        *(445, 485, 512, 568, 614, 664, 718, 754, 808, 871, 911, 985, 1033, 1115, 1171),
        *(1231, 1286, 1354, 1426, 1502, 1582, 1666),
    ),
    "H": (
        *(9, 16, 26, 36, 46, 60, 66, 86, 100, 122, 140, 158, 180, 197, 223, 253, 283, 313),
        *(341, 385, 406, 442, 464, 514, 538, 596, 628, 661, 701, 745, 793, 845, 901),
        *(961, 986, 1054, 1096, 1142, 1222, 1276),
    ),
}


class QrError(HcertError):
    """A text that no symbol can carry, or a square too small for it."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A QR symbol: its level, its version (1 to 40) and its modules, 1 where dark."""

    level: Level
    version: int
    modules: Modules = field(repr=False)

    def svg(self, *, module_mm: float = _SPARE_MODULE_MM) -> str:
        """An SVG document with the quiet zone, in millimetres."""
        return svg(self.modules, module_mm=module_mm)

    def png(self, *, dots: int = 8, module_mm: float = _SPARE_MODULE_MM) -> bytes:
        """A PNG with the quiet zone, so many dots a module; it tells printers its size."""
        if not 1 <= dots <= 64:
            raise QrError("a module is 1 to 64 dots wide")
        return png(self.modules, dots=dots, module_mm=module_mm)


@dataclass(frozen=True, slots=True)
class Choice:
    """The level and size for a square on paper, and what speaks against it (vi and en).

    `modules` counts one side without the quiet zone; `dots` is whole dots of the printer a module,
    None where no printer was named.
    """

    level: Level
    version: int
    modules: int
    module_mm: float
    dots: int | None
    warnings: tuple[dict[str, str], ...]


def version_for(text: str, level: Level) -> int | None:
    """The smallest version (1 to 40) that carries a text at a level; None if none does.

    Raises QrError for a text that alphanumeric mode cannot carry.

    >>> version_for("HC1:" + "A" * 567, "Q"), version_for("HC1:" + "A" * 869, "Q")
    (18, 23)
    """
    length = len(text)
    if not _ALPHANUMERIC.fullmatch(text):
        raise QrError(
            "a certificate's code holds 0-9 A-Z space $ % * + - . / : only: give the HC1 text as it"
            " was issued"
        )
    bits = length // 2 * 11 + length % 2 * 6 + 4
    for version, data in enumerate(_DATA_BYTES[level], start=1):
        count_bits = 9 if version < 10 else 11 if version < 27 else 13
        if bits + count_bits <= 8 * data:
            return version
    return None


def choose(
    text: str,
    *,
    printed_mm: float,
    dpi: int | None = None,
    level: Level | None = None,
) -> Choice:
    """The level for a text in a square of `printed_mm` a side, quiet zone included.

    Level Q is taken where its modules stay readable, else M, else L; `level` asks for just one.
    With `dpi` a module is a whole number of the printer's dots. Raises QrError, with what to do,
    when the modules would be smaller than 0.25 mm or two dots.

    >>> choice = choose("HC1:" + "A" * 567, printed_mm=42, dpi=300)
    >>> choice.level, choice.modules, choice.dots, round(choice.module_mm, 2)
    ('Q', 89, 5, 0.42)
    """
    if not 0 < printed_mm <= 1000 or (dpi is not None and not 50 <= dpi <= 10_000):
        raise QrError("the square is 1 to 1000 mm wide and the printer has 50 to 10000 dpi")
    asked: Sequence[Level] = ("Q", "M", "L") if level is None else (level,)
    options = [option for one in asked if (option := _option(text, one, printed_mm, dpi))]
    if not options:
        raise QrError("the text is too long for any QR symbol: 4,296 characters is the most")
    spare = [option for option in options if not _faults(option, _SPARE_MODULE_MM, _SPARE_DOTS)]
    readable = [option for option in options if not _faults(option, _LEAST_MODULE_MM, _LEAST_DOTS)]
    # The recommended level if it is easily read; else the loosest one that can be read at all.
    chosen = spare[0] if spare else readable[-1] if readable else None
    if chosen is None:
        need = min(_side_mm(option, dpi) for option in options)
        raise QrError(
            f"the code would be too dense to be read: print it at least {need:.0f} mm wide"
            f"{' or on a finer printer' if dpi is not None else ''}, or sign with ES256, whose code"
            " is shorter"
        )
    return replace(chosen, warnings=tuple(_warnings(chosen)))


def _option(text: str, level: Level, printed_mm: float, dpi: int | None) -> Choice | None:
    version = version_for(text, level)
    if version is None:
        return None
    modules = 17 + 4 * version
    module_mm, dots = printed_mm / (modules + 2 * QUIET_ZONE), None
    if dpi is not None:
        dots = int(module_mm * dpi / _MM_PER_INCH + 1e-9)
        module_mm = dots * _MM_PER_INCH / dpi
    return Choice(level, version, modules, module_mm, dots, ())


def _faults(choice: Choice, least_mm: float, least_dots: int) -> bool:
    """Whether the modules are smaller than they may be."""
    return choice.module_mm < least_mm or (choice.dots is not None and choice.dots < least_dots)


def _side_mm(choice: Choice, dpi: int | None) -> float:
    """How wide the square has to be for this symbol to be read."""
    least = _LEAST_MODULE_MM
    if dpi is not None:
        dot = _MM_PER_INCH / dpi
        least = max(_LEAST_DOTS, math.ceil(least / dot)) * dot
    return math.ceil((choice.modules + 2 * QUIET_ZONE) * least)


def _warnings(choice: Choice) -> list[dict[str, str]]:
    found = []
    if _faults(choice, _SPARE_MODULE_MM, _SPARE_DOTS):
        found.append(
            {
                "vi": f"Ô vuông của mã chỉ {choice.module_mm:.2f} mm: máy đọc kém có thể không đọc"
                " được, nên in to hơn.",
                "en": f"The modules are only {choice.module_mm:.2f} mm: poor readers may fail,"
                " print it larger.",
            }
        )
    if choice.level == "L":
        found.append(
            {
                "vi": "Mức sửa lỗi L: mã bẩn hoặc rách sẽ khó đọc, nên in to hơn để dùng mức Q.",
                "en": "Error correction L: a soiled or torn code is hard to read; larger print"
                " allows level Q.",
            }
        )
    diagonal = choice.modules * choice.module_mm * math.sqrt(2)
    if not _DIAGONAL_MM[0] <= diagonal <= _DIAGONAL_MM[1]:
        found.append(
            {
                "vi": f"Đường chéo của mã là {diagonal:.0f} mm, quy định là 35 đến 60 mm.",
                "en": f"The code's diagonal is {diagonal:.0f} mm; the specification asks for 35 to"
                " 60 mm.",
            }
        )
    return found


def encode(text: str, level: Level = "Q") -> Symbol:
    """The smallest symbol for a text at a level, in alphanumeric mode; raises QrError.

    >>> symbol = encode("HC1:" + "A" * 567)
    >>> symbol.version, symbol.modules.shape
    (18, (89, 89))
    """
    version = version_for(text, level)
    if version is None:
        raise QrError(f"the text is too long for a QR symbol at level {level}: take a lower level")
    library = _libqrencode()
    modules = (
        _segno(text, level, version) if library is None else _fast(library, text, level, version)
    )
    return Symbol(level, version, modules)


def has_fast_encoder() -> bool:
    """Whether libqrencode is there; without it `encode` is some thirty times slower."""
    return _libqrencode() is not None


def _segno(text: str, level: Level, version: int) -> Modules:
    code = segno.make(
        text, error=level, version=version, mode="alphanumeric", boost_error=False, micro=False
    )
    rows = b"".join(bytes(row) for row in code.matrix)
    return np.frombuffer(rows, np.uint8).reshape(len(code.matrix), -1)


class _Code(ctypes.Structure):
    """libqrencode's QRcode."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("width", ctypes.c_int),
        ("data", ctypes.POINTER(ctypes.c_ubyte)),
    )


_MODE_ALPHANUMERIC: Final = 1  # QR_MODE_AN


@cache
def _libqrencode() -> Any:
    """The library with the signatures of its functions; None where it is not installed."""
    try:
        library = ctypes.CDLL("libqrencode.so.4")
    except OSError:
        return None
    library.QRinput_new2.restype = ctypes.c_void_p
    library.QRinput_new2.argtypes = (ctypes.c_int, ctypes.c_int)
    library.QRinput_append.argtypes = (
        ctypes.c_void_p,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_char_p,
    )
    library.QRinput_free.argtypes = (ctypes.c_void_p,)
    library.QRinput_free.restype = None
    library.QRcode_encodeInput.restype = ctypes.POINTER(_Code)
    library.QRcode_encodeInput.argtypes = (ctypes.c_void_p,)
    library.QRcode_free.argtypes = (ctypes.POINTER(_Code),)
    library.QRcode_free.restype = None
    return library


def _fast(library: Any, text: str, level: Level, version: int) -> Modules:
    source = library.QRinput_new2(version, LEVELS.index(level))
    if not source:
        raise MemoryError("libqrencode has no memory for a symbol")
    try:
        data = text.encode("ascii")
        failed = library.QRinput_append(source, _MODE_ALPHANUMERIC, len(data), data)
        code = None if failed else library.QRcode_encodeInput(source)
    finally:
        library.QRinput_free(source)
    if not code:
        raise QrError("libqrencode made no symbol of this text")
    try:
        width = code.contents.width
        raw = ctypes.string_at(code.contents.data, width * width)
    finally:
        library.QRcode_free(code)
    return np.frombuffer(raw, np.uint8).reshape(width, width) & np.uint8(1)

"""QR symbols: how many a second on one core, with each library and with the drawing.

Part of `make bench SIZE=certificates`.
"""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable
from unittest import mock

from benchmarks.report import Table, told
from lamsach.hcert import qr

_ASKED = 500  # symbols a second at level Q with libqrencode4
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_LENGTHS = {"ES256": 571, "PS256": 873}  # characters of a certificate, measured
_SECONDS = 0.7


def rate(task: Callable[[], object]) -> float:
    """How often a second, the better of two runs."""
    best = 0.0
    for _ in range(2):
        done, started = 0, time.perf_counter()
        while (spent := time.perf_counter() - started) < _SECONDS / 2:
            task()
            done += 1
        best = max(best, done / spent)
    return best


def drawn(encode: Callable[[], qr.Symbol], form: str) -> Callable[[], object]:
    """Encode a symbol and draw it as svg or png."""

    def draw() -> object:
        symbol = encode()
        return symbol.svg() if form == "svg" else symbol.png()

    return draw


def table() -> Table:
    """Symbols a second: encoded, and encoded and drawn, by signature and level."""
    draw = random.Random(1)
    rows = []
    levels: tuple[qr.Level, ...] = ("Q", "M", "L")
    for name, length in _LENGTHS.items():
        text = "HC1:" + "".join(draw.choices(_LETTERS, k=length - 4))
        for level in levels:
            encode = functools.partial(qr.encode, text, level)
            rates = [0.0, 0.0, 0.0]
            if qr.has_fast_encoder():
                rates = [rate(encode), rate(drawn(encode, "svg")), rate(drawn(encode, "png"))]
            with mock.patch.object(qr, "_libqrencode", return_value=None):
                slow = rate(encode)
            shown = [told(f"{one:,.0f}", one >= _ASKED) for one in rates]
            rows.append((f"{name}, {level}", *shown, f"{slow:,.0f}"))
    header = ("symbols a second", "libqrencode", "and SVG", "and PNG", "segno")
    return Table("QR symbols on one core", header, tuple(rows))

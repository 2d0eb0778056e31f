"""Phone, health insurance and passport numbers: given or not, and shared in families."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from . import tables, text
from .draws import Ints, chance, stream
from .people import CHUNK, Design, People
from .text import Bytes

_ADULT = 16


def phones(plan: Design, people: People, human: Ints, age: Ints) -> Bytes:
    """Ten digits a record: one's own, or the family's (children, and some others)."""
    rng = stream(plan.seed, 4, people.chunk)
    prefixes = np.array([int(r["prefix"]) for r in tables.rows("phone_prefixes")])
    numbers = prefixes[rng.integers(0, len(prefixes), len(people))] * 10_000_000 + rng.integers(
        0, 10_000_000, len(people)
    )
    shares = chance(rng, len(people), 0.35)[human] | (age < _ADULT)
    owner = np.where(shares, people.start[human], human)
    return text.digits(numbers[owner], 12)[:, 2:]


def insurance(plan: Design, people: People, human: Ints) -> Bytes:
    """Ten digits of the social insurance number (mã số BHXH), one's own with few exceptions."""
    rng = stream(plan.seed, 5, people.chunk)
    shares = chance(rng, len(people), 0.02)[human]
    owner = np.where(shares, people.start[human], human)
    counter = people.chunk * 2 * CHUNK + owner.astype(np.int64)
    number = (counter * 7_368_787 + 12_345) % 9_999_999_967
    return text.digits(number, 12)[:, 2:]


def passports(rng: np.random.Generator, n: int) -> pa.Array:
    """Passport numbers of the few citizens who gave one; NULL for all others."""
    made = np.zeros((n, 8), dtype=np.uint8)
    made[:, 0] = np.where(chance(rng, n, 0.5), ord("B"), ord("C"))
    made[:, 1:] = text.digits(rng.integers(0, 10_000_000, n), 9)[:, 2:]
    return text.strings(made, np.where(chance(rng, n, 0.012), 8, 0))

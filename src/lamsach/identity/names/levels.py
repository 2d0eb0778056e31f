"""The levels and codes of a name comparison, and the evidence each level carries.

Must not know how a level is found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

# From best to worst.
NAME_LEVELS: Final[tuple[str, ...]] = (
    "same",
    "accents",
    "damage",
    "spelling",
    "order",
    "missing_part",
    "extra_part",
    "glued",
    "placeholder",
    "one_other",
    "surname_only",
    "different",
)
NAME_CODES: Final[tuple[str, ...]] = (
    "name.encoding",
    "name.typing",
    "name.accents",
    "name.spelling",
    "name.order",
    "name.missing_part",
    "name.extra_part",
    "name.other",
)
# For use without a model: how often each level is seen among pairs that are one person (m; an
# assumption for a list of which a fifth of the names is written otherwise than in the register)
# and among pairs of two people (u; counted in random pairs of names drawn from the frequencies of
# Vietnamese surnames, middle and given names). A placeholder says nothing either way.
_SHARES: Final[dict[str, tuple[float, float]]] = {
    "same": (0.80, 3.4e-5),
    "accents": (0.06, 3.3e-5),
    "damage": (0.02, 3.4e-5),
    "spelling": (0.05, 8.0e-5),
    "order": (0.01, 3.3e-5),
    "missing_part": (0.02, 4.3e-4),
    "extra_part": (0.01, 3.4e-4),
    "glued": (0.005, 3.4e-5),
    "placeholder": (0.005, 0.005),
    "one_other": (0.014, 0.008),
    "surname_only": (0.003, 0.109),
    "different": (0.003, 0.882),
}
LEVEL_WEIGHTS: Final[dict[str, float]] = {
    level: round(math.log2(_SHARES[level][0] / _SHARES[level][1]), 2) for level in NAME_LEVELS
}


@dataclass(frozen=True, slots=True)
class NameComparison:
    """What differs between a typed name and the register's.

    `level` is one of NAME_LEVELS, `codes` the differences in the order of NAME_CODES, `weight`
    the evidence of the level in bits: log2(m / u), m its share among pairs that are one person,
    u among pairs that are not.
    """

    level: str
    codes: tuple[str, ...]
    weight: float

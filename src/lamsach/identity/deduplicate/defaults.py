"""Defaults: what the estimation starts from and is held near where little is seen.

Four kinds of pairs: one person twice; twins; kin (a household, neighbours: whoever shares a
telephone, a card, a number or a home); strangers. The data overrule the figures.
"""

from __future__ import annotations

from typing import Final

from lamsach.identity.engine import defaults as engine
from lamsach.identity.engine.model import Levels

FIELDS: Final = (
    "name",
    "birth",
    "sex",
    "residence",
    "id",
    "phone",
    "insurance",
    "passport",
    "event",
)

_TWIN: Final = engine.LOOKALIKE["twin"]
#: Twins are given names alike: Ánh and Anh, Hùng and Hưng.
_TWIN_NAME: Final = {
    "": {
        "same": 0.0005,
        "accents": 0.004,
        "damage": 0.0005,
        "spelling": 0.005,
        "order": 0.001,
        "missing_part": 0.004,
        "extra_part": 0.004,
        "glued": 0.0005,
        "placeholder": 0.001,
        "one_other": 0.45,
        "surname_only": 0.43,
        "different": 0.0995,
    },
}
_KIN_NAME: Final = {
    "": {
        "same": 0.03,
        "accents": 0.002,
        "damage": 0.001,
        "spelling": 0.002,
        "order": 0.001,
        "missing_part": 0.004,
        "extra_part": 0.004,
        "glued": 0.0005,
        "placeholder": 0.001,
        "one_other": 0.2,
        "surname_only": 0.39,
        "different": 0.364,
    },
}
_GENERATION_SAME: Final = {"generation": 0.0002}
_KEY_SAME: Final = {"": {"same": 0.8, "crowded": 0.02, "differs": 0.18}}
_KEY_KIN: Final = {"": {"same": 0.3, "crowded": 0.02, "differs": 0.68}}
_EVENT_SAME: Final = {"": {"same": 0.4, "same_day": 0.02, "repeats": 0.18, "apart": 0.4}}
_EVENT_KIN: Final = {"": {"same": 0.5, "same_day": 0.02, "repeats": 0.38, "apart": 0.1}}

SAME: Final[dict[str, Levels]] = {
    "name": engine.SAME["name"],
    "birth": {
        form: {**levels, **_GENERATION_SAME} for form, levels in engine.SAME["birth"].items()
    },
    "sex": engine.SAME["sex"],
    "residence": engine.SAME["residence"],
    "id": {
        "own": {"same": 0.9, "crowded": 0.01, "digit": 0.03, "transposed": 0.01, "other": 0.05},
        "borrowed": {"same": 0.6, "crowded": 0.02, "digit": 0.1, "transposed": 0.05, "other": 0.23},
        "former": {"same": 0.85, "crowded": 0.02, "other": 0.13},
        "damaged": {
            "same": 0.1,
            "crowded": 0.01,
            "leading_zero": 0.35,
            "length": 0.3,
            "digit": 0.02,
            "transposed": 0.01,
            "other": 0.21,
        },
    },
    "phone": _KEY_SAME,
    "insurance": _KEY_SAME,
    "passport": _KEY_SAME,
    "event": _EVENT_SAME,
}

TWIN: Final[dict[str, Levels]] = {
    "name": _TWIN_NAME,
    "birth": _TWIN["birth"],
    "sex": _TWIN["sex"],
    "residence": _TWIN["residence"],
    "id": {
        "own": {"same": 0.05, "crowded": 0.01, "digit": 0.15, "transposed": 0.02, "other": 0.77},
        "borrowed": {
            "same": 0.2,
            "crowded": 0.02,
            "digit": 0.02,
            "transposed": 0.01,
            "other": 0.75,
        },
        "former": {"same": 0.1, "crowded": 0.01, "other": 0.89},
        "damaged": {
            "same": 0.05,
            "crowded": 0.01,
            "leading_zero": 0.05,
            "length": 0.05,
            "digit": 0.02,
            "transposed": 0.01,
            "other": 0.81,
        },
    },
    "phone": {"": {"same": 0.6, "crowded": 0.02, "differs": 0.38}},
    "insurance": _KEY_KIN,
    "passport": {"": {"same": 0.05, "crowded": 0.01, "differs": 0.94}},
    "event": {"": {"same": 0.7, "same_day": 0.02, "repeats": 0.26, "apart": 0.02}},
}

KIN: Final[dict[str, Levels]] = {
    "name": _KIN_NAME,
    "birth": {
        "full": {
            "same": 0.003,
            "swapped": 0.0003,
            "day": 0.003,
            "month": 0.003,
            "year": 0.005,
            "two_parts": 0.015,
            "partial": 0.002,
            "other": 0.45,
            "generation": 0.5187,
        },
        "placeholder": {
            "placeholder": 0.04,
            "same": 0.01,
            "year": 0.05,
            "other": 0.5,
            "generation": 0.4,
        },
        "month": {
            "partial": 0.02,
            "same": 0.01,
            "two_parts": 0.05,
            "other": 0.5,
            "generation": 0.4,
        },
        "year": {"year_only": 0.04, "same": 0.02, "other": 0.54, "generation": 0.4},
    },
    "sex": {"close": {"same": 0.8, "differs": 0.2}, "far": {"same": 0.45, "differs": 0.55}},
    "residence": {"": {"commune": 0.85, "district": 0.05, "province": 0.04, "differs": 0.06}},
    "id": {
        "own": {"same": 0.02, "crowded": 0.01, "digit": 0.03, "transposed": 0.005, "other": 0.93},
        "borrowed": {
            "same": 0.3,
            "crowded": 0.05,
            "digit": 0.02,
            "transposed": 0.005,
            "other": 0.6,
        },
        "former": {"same": 0.1, "crowded": 0.02, "other": 0.88},
        "damaged": {
            "same": 0.05,
            "crowded": 0.02,
            "leading_zero": 0.05,
            "length": 0.05,
            "digit": 0.02,
            "transposed": 0.01,
            "other": 0.8,
        },
    },
    "phone": {"": {"same": 0.6, "crowded": 0.02, "differs": 0.38}},
    "insurance": _KEY_KIN,
    "passport": {"": {"same": 0.05, "crowded": 0.01, "differs": 0.94}},
    "event": _EVENT_KIN,
}

CLASSES: Final[dict[str, dict[str, Levels]]] = {"same": SAME, "twin": TWIN, "kin": KIN}

#: How many pairs of each kind a thousand records make, before the data are asked (for twins they
#: are not: one birth in eighty is known, and most of them are never brought together).
PAIRS_OF_A_THOUSAND: Final = {"same": 20.0, "twin": 5.0, "kin": 200.0}

#: Among strangers: levels that are counted elsewhere stand at 1 here.
STRANGERS: Final[dict[str, Levels]] = {
    "sex": {"close": {"same": 0.93, "differs": 0.07}, "far": {"same": 0.5, "differs": 0.5}},
}

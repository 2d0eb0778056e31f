"""Defaults: what the estimation starts from and is held near where little is seen.

Rough figures from the ministry's reports of 2022 and common sense; the data overrule them.
"""

from __future__ import annotations

from typing import Final

_NAME_REST: Final = {
    "order": 0.01,
    "missing_part": 0.03,
    "extra_part": 0.01,
    "glued": 0.005,
    "placeholder": 0.0005,
    "one_other": 0.02,
    "surname_only": 0.002,
    "different": 0.002,
}
_NAME_SAME: Final = {
    "marked": {"same": 0.8, "accents": 0.05, "damage": 0.01, "spelling": 0.08, **_NAME_REST},
    "unmarked": {"same": 0.02, "accents": 0.85, "damage": 0.01, "spelling": 0.04, **_NAME_REST},
    "damaged": {"same": 0.01, "accents": 0.01, "damage": 0.85, "spelling": 0.05, **_NAME_REST},
    "placeholder": {"placeholder": 0.99, "different": 0.01},
    "missing": {"different": 1.0},
}
_NAME_OTHER: Final = {
    "": {
        "same": 0.004,
        "accents": 0.003,
        "damage": 0.003,
        "spelling": 0.01,
        "order": 0.002,
        "missing_part": 0.004,
        "extra_part": 0.002,
        "glued": 0.001,
        "placeholder": 0.001,
        "one_other": 0.12,
        "surname_only": 0.35,
        "different": 0.5,
    },
    "placeholder": {"placeholder": 0.99, "different": 0.01},
    "missing": {"different": 1.0},
}
_BIRTH_SAME: Final = {
    "full": {
        "same": 0.75,
        "swapped": 0.04,
        "day": 0.06,
        "month": 0.05,
        "year": 0.05,
        "two_parts": 0.01,
        "partial": 0.02,
        "other": 0.02,
    },
    "placeholder": {"placeholder": 0.85, "same": 0.1, "year": 0.01, "other": 0.04},
    "month": {"partial": 0.95, "other": 0.05},
    "year": {"year_only": 0.85, "same": 0.1, "other": 0.05},
    "missing": {"missing": 1.0},
}
_BIRTH_OTHER: Final = {
    "full": {
        "same": 0.006,
        "swapped": 0.001,
        "day": 0.004,
        "month": 0.004,
        "year": 0.005,
        "two_parts": 0.03,
        "partial": 0.005,
        "other": 0.945,
    },
    "placeholder": {"placeholder": 0.02, "same": 0.002, "year": 0.01, "other": 0.968},
    "month": {"partial": 0.02, "other": 0.98},
    "year": {"year_only": 0.02, "same": 0.005, "other": 0.975},
    "missing": {"missing": 1.0},
}
_RESIDENCE_SAME: Final = {"": {"commune": 0.8, "district": 0.05, "province": 0.05, "differs": 0.1}}
_RESIDENCE_OTHER: Final = {"": {"commune": 0.65, "district": 0.1, "province": 0.1, "differs": 0.15}}

SAME: Final = {
    "name": _NAME_SAME,
    "birth": _BIRTH_SAME,
    "sex": {
        "close": {"same": 0.97, "differs": 0.03},
        "far": {"same": 0.95, "differs": 0.05},
    },
    "residence": _RESIDENCE_SAME,
    "claim": {"": {"free": 0.95, "claimed": 0.05}},
}
OTHER: Final = {
    "name": _NAME_OTHER,
    "birth": _BIRTH_OTHER,
    "sex": {
        "close": {"same": 0.8, "differs": 0.2},
        "far": {"same": 0.45, "differs": 0.55},
    },
    "residence": _RESIDENCE_OTHER,
    "claim": {"": {"free": 0.4, "claimed": 0.6}},
}

#: P(level of the number | its situation) when the pair found by search is one person.
ID_SAME: Final = {
    "owned": {
        "other": 0.85,
        "digit": 0.08,
        "transposed": 0.03,
        "length": 0.02,
        "previous_id": 0.02,
    },
    "fitting": {
        "other": 0.15,
        "digit": 0.55,
        "transposed": 0.25,
        "length": 0.04,
        "previous_id": 0.01,
    },
    "unknown": {
        "other": 0.4,
        "digit": 0.35,
        "transposed": 0.2,
        "length": 0.04,
        "previous_id": 0.01,
    },
    "former": {
        "previous_id": 0.8,
        "other": 0.12,
        "length": 0.04,
        "digit": 0.03,
        "transposed": 0.01,
    },
    "damaged": {
        "length": 0.5,
        "other": 0.4,
        "digit": 0.05,
        "transposed": 0.03,
        "previous_id": 0.02,
    },
    "missing": {"missing": 1.0},
}

#: Chance that somebody else of one province, sex and year has a number one slip away, or one that
#: differs in its last two digits only: the last six digits are one of 10^6.
NUMBER_SLIPS: Final = {"digit": 54e-6, "transposed": 5e-6, "length": 1e-4}
#: Chance that somebody else of one province has a CMND one slip away: its last seven digits are
#: one of 10^7, of which 63 differ by a digit and six by an exchange.
CMND_SLIPS: Final = {"digit": 6.3e-6, "transposed": 6e-7}

#: A register person who resembles an absent one by more than chance, and how many have one.
LOOKALIKE: Final = {
    "namesake": {
        "name": _NAME_SAME,
        "birth": {
            "full": {
                "same": 0.5,
                "swapped": 0.01,
                "day": 0.05,
                "month": 0.05,
                "year": 0.05,
                "two_parts": 0.15,
                "partial": 0.02,
                "other": 0.17,
            },
            "placeholder": {"placeholder": 0.5, "same": 0.1, "year": 0.1, "other": 0.3},
            "month": {"partial": 0.3, "same": 0.05, "two_parts": 0.35, "other": 0.3},
            "year": {"year_only": 0.6, "same": 0.1, "other": 0.3},
            "missing": {"missing": 1.0},
        },
        "sex": {"close": {"same": 0.95, "differs": 0.05}, "far": {"same": 0.5, "differs": 0.5}},
        "residence": {
            "": {"commune": 0.05, "district": 0.2, "province": 0.35, "differs": 0.4},
        },
        "claim": {"": {"free": 0.6, "claimed": 0.4}},
        "id": {
            "": {
                "other": 0.97,
                "digit": 0.01,
                "transposed": 0.005,
                "length": 0.01,
                "previous_id": 0.005,
            },
            "missing": {"missing": 1.0},
        },
    },
    "twin": {
        "name": {
            "": {
                "same": 0.001,
                "accents": 0.001,
                "damage": 0.001,
                "spelling": 0.02,
                "order": 0.01,
                "missing_part": 0.02,
                "extra_part": 0.02,
                "glued": 0.001,
                "placeholder": 0.001,
                "one_other": 0.45,
                "surname_only": 0.4,
                "different": 0.1,
            },
        },
        "birth": {
            "full": {"same": 0.95, "day": 0.02, "month": 0.01, "year": 0.01, "other": 0.01},
            "placeholder": {"placeholder": 0.5, "same": 0.4, "other": 0.1},
            "month": {"partial": 0.9, "same": 0.05, "other": 0.05},
            "year": {"year_only": 0.8, "same": 0.15, "other": 0.05},
            "missing": {"missing": 1.0},
        },
        "sex": {"close": {"same": 0.8, "differs": 0.2}, "far": {"same": 0.6, "differs": 0.4}},
        "residence": {
            "": {"commune": 0.85, "district": 0.05, "province": 0.05, "differs": 0.05},
        },
        "claim": {"": {"free": 0.4, "claimed": 0.6}},
        "id": {
            "": {
                "other": 0.8,
                "digit": 0.15,
                "transposed": 0.02,
                "length": 0.02,
                "previous_id": 0.01,
            },
            "missing": {"missing": 1.0},
        },
    },
}
LOOKALIKE_SHARE: Final = {"namesake": 0.05, "twin": 0.01}

ABSENT: Final = {
    "owned": 0.4,
    "fitting": 0.2,
    "unknown": 0.1,
    "former": 0.1,
    "damaged": 0.1,
    "missing": 0.1,
}
BORROWED: Final = 0.05

#: Chance of the levels of a name that cannot be counted, before a sample of pairs tells.
NAME_CHANCE: Final = {
    "one_other": 0.01,
    "surname_only": 0.15,
    "different": 0.84,
    "placeholder": 1.0,
}

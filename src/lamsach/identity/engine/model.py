"""Model: what the evidence weighs, as readable numbers in a JSON file.

Fellegi-Sunter evidence (record linkage): for each field the probability of each level among pairs
that are one person (`same`) and among pairs that are not (`chance`). How many people share a name,
a day or a commune is counted in the register itself; the model holds only what cannot be counted.
Weights are integers, in thousandths of a bit, so that every engine sums them alike.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

MODEL_VERSION: Final = "1"

#: Probability of each level by the form in which the field was typed.
Levels = Mapping[str, Mapping[str, float]]

FIELDS: Final = ("name", "birth", "sex", "residence", "claim")


@dataclass(frozen=True, slots=True)
class Owner:
    """Records and the register person whose number they bear: that person, or somebody else.

    `same` and `other`: for each field, P(level | form) when the number is the person's own and
    when it is somebody else's (a parent's, a neighbour's). `borrowed`: P(somebody else's) by the
    decade of birth as typed ('' for all).
    """

    same: Mapping[str, Levels]
    other: Mapping[str, Levels]
    borrowed: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Search:
    """Records and the register persons found by name, birth, residence or a damaged number.

    `same`: for each field, P(level | form) when the pair is one person. `chance`: the same for
    pairs that are not, for what is not counted in the register. `absent`: P(the person is not
    among those found) by what the record's number is (see ID_SITUATIONS). `lookalike`: for each
    of LOOKALIKES, the same tables for a register person who resembles somebody absent by more
    than chance, and `lookalike_share`, how many of the absent have one.
    """

    same: Mapping[str, Levels]
    chance: Mapping[str, Levels]
    absent: Mapping[str, float]
    lookalike: Mapping[str, Mapping[str, Levels]]
    lookalike_share: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Model:
    """All that the engine weighs with; `to_json` and `from_json` round-trip."""

    register_people: int
    owner: Owner
    search: Search
    version: str = MODEL_VERSION

    def to_json(self) -> str:
        """The model as indented JSON."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Model:
        """Read a model; `ValueError` when it is of another version."""
        raw = json.loads(text)
        if raw.get("version") != MODEL_VERSION:
            raise ValueError(
                f"the model is of version {raw.get('version')}, this engine reads {MODEL_VERSION}: "
                "estimate it anew"
            )
        return cls(
            register_people=raw["register_people"],
            owner=Owner(**raw["owner"]),
            search=Search(**raw["search"]),
        )


#: Who resembles an absent person by more than chance: a relative or neighbour named alike, a twin.
LOOKALIKES: Final = ("namesake", "twin")

#: What the number of a record is: it decides how likely its person is among those found.
ID_SITUATIONS: Final = ("owned", "fitting", "unknown", "former", "damaged", "missing")


def millibits(ratio: float) -> int:
    """Evidence in thousandths of a bit.

    >>> millibits(8)
    3000
    """
    return round(1000 * math.log2(ratio))


def owner_weights(owner: Owner) -> list[tuple[str, str, str, int]]:
    """(field, form, level, millibits) for pairs of a record and its number's owner."""
    rows = []
    for name in FIELDS:
        for form, levels in owner.same[name].items():
            for level, probability in levels.items():
                chance = owner.other[name][form][level]
                rows.append((name, form, level, millibits(probability / chance)))
    return rows


def search_weights(search: Search, tables: Mapping[str, Levels]) -> list[tuple[str, str, str, int]]:
    """(field, form, level, millibits) for pairs found by search, without what is counted.

    `tables`: P(level | form) of what the pair is taken for: `search.same`, or a lookalike's.
    """
    rows = []
    for name, forms in tables.items():
        for form, levels in forms.items():
            for level, probability in levels.items():
                chance = search.chance.get(name, {}).get(form, {}).get(level, 1.0)
                rows.append((name, form, level, millibits(probability / chance)))
    return rows


def lookalike_offset(model: Model, kind: str, situation: str) -> int:
    """What "absent, and this is a lookalike" has in advance of the fields, on the same scale."""
    absent = model.search.absent[situation]
    return millibits(model.search.lookalike_share[kind] * absent / (1 - absent))


def absent_weight(model: Model, situation: str) -> int:
    """Weight of "none of those found", on the scale of the candidates' weights."""
    absent = model.search.absent[situation]
    unlike = 1 - sum(model.search.lookalike_share.values())
    return millibits(model.register_people * absent / (1 - absent) * unlike)


def owner_offset(model: Model, decade: str) -> int:
    """What a number's owner has in advance of the fields, on the same scale."""
    absent = model.search.absent["owned"]
    return owner_advance(model.owner, decade, model.register_people) - millibits(1 - absent)


def owner_advance(owner: Owner, decade: str, people: int) -> int:
    """The odds that a number is its bearer's own, over the whole register."""
    borrowed = owner.borrowed.get(decade, owner.borrowed[""])
    return millibits((1 - borrowed) / borrowed * people)

"""Model: what the evidence of a pair weighs, estimated from the pairs themselves without labels.

Fellegi-Sunter evidence with four kinds of pairs (see `defaults`): expectation-maximisation over
counts of agreement patterns splits the pairs found; what strangers share by chance is counted in
the records themselves (`engine.terms`) or among all pairs of records, so that the probability of a
pair accounts for how many records there are. Weights are integers, in thousandths of a bit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lamsach.identity.deduplicate import defaults
from lamsach.identity.engine.estimate import PRIOR_PAIRS, Floats, Patterns, normalise
from lamsach.identity.engine.model import Levels, millibits

MODEL_VERSION: Final = "1"
ROUNDS: Final = 40
#: Relatives' tables are held closer to their defaults: few are seen apart from strangers.
KIN_PRIOR: Final = 5 * PRIOR_PAIRS
#: Of kin, births say what they are: that table stays as given, lest the kinds drift.
DEFINING: Final = {"same": (), "kin": ("birth",)}
#: Fields whose value strangers share as often as is counted among all pairs.
COUNTED_KEYS: Final = ("id", "insurance", "passport")
#: One pair of strangers who share a key, in so many pairs, is taken for seen before any was.
UNSEEN_AMONG: Final = 5e7

Tables = Mapping[str, Mapping[str, Levels]]


@dataclass(frozen=True, slots=True)
class Model:
    """All that pairs are weighed with.

    `pairs`: estimated number of pairs of each kind among all pairs of `records`; `tables`: for each
    kind and field P(level | form); `chance`: the same for strangers, 1 for what is counted in the
    records.
    """

    records: int
    pairs: Mapping[str, float]
    tables: Tables
    chance: Mapping[str, Levels]
    version: str = MODEL_VERSION

    def to_json(self) -> str:
        """The model as indented JSON."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Model:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))

    def advance(self, kind: str) -> int:
        """Millibits that a kind has in advance of the fields, beside strangers."""
        return millibits(self.pairs[kind] / _all_pairs(self.records))

    def weights(self) -> list[tuple[str, str, str, int, int, int]]:
        """(field, form, level, same, twin, kin): millibits of evidence beside strangers."""
        rows = []
        for field in defaults.FIELDS:
            for form, levels in self.tables["same"][field].items():
                for level in levels:
                    chance = self.chance[field][form][level]
                    kinds = (self.tables[kind][field][form][level] for kind in defaults.CLASSES)
                    same, twin, kin = (millibits(p / chance) for p in kinds)
                    rows.append((field, form, level, same, twin, kin))
        return rows


def _all_pairs(records: int) -> float:
    return max(records * (records - 1) / 2, 1.0)


def learn(
    patterns: Patterns,
    counted: Floats,
    chance: Mapping[str, Levels],
    records: int,
    rounds: int = ROUNDS,
) -> Model:
    """Estimate the model from the patterns of all pairs found.

    `counted`: log2 of what is counted as chance for each pattern; `chance`: P(level | form) among
    strangers for what is given (1 for what is counted); that of sex and of shared keys is
    estimated.
    """
    kinds = tuple(defaults.CLASSES)
    pairs = _all_pairs(records)
    thousands = max(records, 1) / 1000
    number = {k: defaults.PAIRS_OF_A_THOUSAND[k] * thousands for k in kinds}
    tables = {k: _tables(patterns, {}, defaults.CLASSES[k], 1.0) for k in kinds}
    strangers = {
        field: _chance(patterns, field, chance, np.zeros(0), pairs) for field in patterns.fields
    }
    for _ in range(rounds):
        odds = {
            k: np.exp2(
                np.clip(
                    np.log2(number[k] / pairs)
                    - counted
                    + sum(
                        _bits(tables[k][f], strangers[f], patterns.codes[f])
                        for f in patterns.fields
                    ),
                    -500,
                    500,
                )
            )
            for k in kinds
        }
        total = 1 + sum(odds.values())
        # Twins are known, not estimated: hardly any are brought together.
        for k, defining in DEFINING.items():
            weight = patterns.counts * odds[k] / total
            number[k] = float(weight.sum()) + 0.5
            prior = PRIOR_PAIRS if k == "same" else KIN_PRIOR
            seen = {f: weight for f in patterns.fields if f not in defining}
            tables[k] = _tables(patterns, seen, defaults.CLASSES[k], prior)
        weight = patterns.counts / total
        strangers = {f: _chance(patterns, f, chance, weight, pairs) for f in patterns.fields}
    return Model(
        records=records,
        pairs=number,
        tables={k: {f: _levels(patterns, f, tables[k][f]) for f in patterns.fields} for k in kinds},
        chance={f: _levels(patterns, f, strangers[f]) for f in patterns.fields},
    )


def _tables(
    patterns: Patterns,
    weights: Mapping[str, Floats],
    default: Mapping[str, Levels],
    prior: float,
) -> dict[str, Floats]:
    result = {}
    for field in patterns.fields:
        cells, codes = patterns.cells[field], patterns.codes[field]
        seen: Floats = np.zeros(len(cells))
        if field in weights:
            given = codes >= 0
            seen += np.bincount(codes[given], weights[field][given], len(cells))
        result[field] = normalise(cells, seen, default[field], prior)
    return result


def _chance(
    patterns: Patterns,
    field: str,
    given: Mapping[str, Levels],
    weight: Floats,
    pairs: float,
) -> Floats:
    """P(level | form) among strangers for the cells of a field."""
    cells, codes = patterns.cells[field], patterns.codes[field]
    if field == "sex":
        seen: Floats = np.zeros(len(cells))
        if len(weight):
            known = codes >= 0
            seen += np.bincount(codes[known], weight[known], len(cells))
        return normalise(cells, seen, defaults.STRANGERS["sex"], PRIOR_PAIRS)
    levels = given.get(field, {})
    result = np.array([levels.get(form, {}).get(level, 1.0) for form, level in cells])
    if field in COUNTED_KEYS:
        # Every pair that shares such a key was found: so chance is a share of all pairs there are.
        for i, (_, level) in enumerate(cells):
            if level in ("same", "leading_zero"):
                mine = float(weight[codes == i].sum()) if len(weight) else 0.0
                result[i] = (mine + 1) / (pairs + UNSEEN_AMONG)
    return result


def _bits(table: Floats, chance: Floats, codes: npt.NDArray[np.int64]) -> Floats:
    ratios = np.append(np.log2(table) - np.log2(chance), 0.0)
    return ratios[codes]  # the index -1 finds the neutral last place


def _levels(patterns: Patterns, field: str, values: Floats) -> dict[str, dict[str, float]]:
    result: dict[str, dict[str, float]] = {}
    for (form, level), value in zip(patterns.cells[field], values, strict=True):
        result.setdefault(form, {})[level] = float(value)
    return result

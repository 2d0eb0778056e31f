"""Estimation: the model's parameters from the data itself, without labels.

Expectation-maximisation over counts of agreement patterns (Fellegi-Sunter, record linkage). A
number that is its bearer's own, and a number borrowed from somebody else, leave two very different
patterns; among the pairs found by search, the register's counts say how likely chance is, and what
remains is estimated in the same way. What is seen seldom is held near a default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamsach.identity.engine.model import Levels

#: How many pairs a default counts for beside what the data say.
PRIOR_PAIRS: Final = 20.0
ROUNDS: Final = 60
SMALLEST: Final = 1e-5

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Patterns:
    """Agreement patterns with how often each occurs.

    `codes[field]` holds, for each pattern, the index of its (form, level) in `cells[field]`, or
    -1 where the field was not compared; `group` the index of its group in `groups`.
    """

    fields: tuple[str, ...]
    cells: Mapping[str, Sequence[tuple[str, str]]]
    codes: Mapping[str, Ints]
    counts: Floats
    groups: Sequence[str]
    group: Ints


def encode(
    fields: Sequence[str],
    columns: Mapping[str, pa.ChunkedArray],
    counts: Floats,
    groups: pa.ChunkedArray,
) -> Patterns:
    """Patterns from columns of text: each field's "form|level", null where it was not compared."""
    cells, codes = {}, {}
    for name in fields:
        encoded = pc.dictionary_encode(columns[name].combine_chunks())
        texts = encoded.dictionary.to_pylist()
        cells[name] = [(form, level) for form, _, level in (t.partition("|") for t in texts)]
        codes[name] = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(int)
    grouped = pc.dictionary_encode(groups.combine_chunks())
    return Patterns(
        fields=tuple(fields),
        cells=cells,
        codes=codes,
        counts=counts,
        groups=grouped.dictionary.to_pylist(),
        group=grouped.indices.to_numpy(zero_copy_only=False).astype(int),
    )


def normalise(
    cells: Sequence[tuple[str, str]], weights: Floats, default: Levels, prior: float = PRIOR_PAIRS
) -> Floats:
    """P(level | form) from weighted counts, held near the default where little was seen."""
    forms = sorted({form for form, _ in cells})
    result = np.empty(len(cells))
    for form in forms:
        index = [i for i, cell in enumerate(cells) if cell[0] == form]
        expected = np.array([_default(default, *cells[i]) for i in index])
        expected = expected / max(expected.sum(), 1.0)
        seen = weights[index]
        result[index] = (seen + prior * expected) / (seen.sum() + prior)
    return np.maximum(result, SMALLEST)


def _default(default: Levels, form: str, level: str) -> float:
    levels = default.get(form) or default.get("") or {}
    return levels.get(level, 0.001)


@dataclass(frozen=True, slots=True)
class TwoClasses:
    """What `two_classes` found: P(level | form) by field for each class, P(second) by group."""

    first: dict[str, dict[str, dict[str, float]]]
    second: dict[str, dict[str, dict[str, float]]]
    share_of_second: dict[str, float]


def two_classes(
    patterns: Patterns,
    first: Mapping[str, Levels],
    second: Mapping[str, Levels],
    share: float,
    rounds: int = ROUNDS,
) -> TwoClasses:
    """Split patterns into two classes (a number's bearer, or somebody else) without labels.

    `first`, `second`: defaults that say which class is which; `share`: of the second at first.
    Returns the estimated tables; `share_of_second` has the key '' for all groups together.
    """
    tables = []
    for default in (first, second):
        table = {}
        for name in patterns.fields:
            cells = patterns.cells[name]
            table[name] = normalise(cells, np.zeros(len(cells)), default[name])
        tables.append(table)
    shares = np.full(len(patterns.groups), share)
    overall = share
    for _ in range(rounds):
        logs = [
            np.sum([_log_of(table[name], patterns.codes[name]) for name in patterns.fields], axis=0)
            for table in tables
        ]
        odds = np.log(shares / (1 - shares))[patterns.group] + logs[1] - logs[0]
        belongs = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
        for k, weight in enumerate((1 - belongs, belongs)):
            for name in patterns.fields:
                codes = patterns.codes[name]
                given = codes >= 0
                seen = _totals(
                    codes[given], (weight * patterns.counts)[given], len(patterns.cells[name])
                )
                levels = (first, second)[k][name]
                tables[k][name] = normalise(patterns.cells[name], seen, levels)
        total = np.bincount(patterns.group, weights=patterns.counts)
        second_of = np.bincount(patterns.group, weights=patterns.counts * belongs)
        overall = float(second_of.sum() / max(total.sum(), 1.0))
        overall = min(max(overall, 1e-5), 0.5)
        shares = (second_of + 50 * overall) / (total + 50)
    names = dict(zip(patterns.groups, shares.tolist(), strict=True))
    names[""] = overall
    return TwoClasses(
        first=_as_levels(patterns, tables[0]),
        second=_as_levels(patterns, tables[1]),
        share_of_second=names,
    )


def _totals(places: Ints, weights: Floats, size: int) -> Floats:
    """The sum of the weights at each place."""
    return np.bincount(places, weights=weights, minlength=size).astype(np.float64)


def _log_of(table: Floats, codes: Ints) -> Floats:
    logs = np.append(np.log(table), 0.0)  # the index -1 finds the neutral last place
    return logs[codes]


def _as_levels(
    patterns: Patterns, tables: Mapping[str, Floats]
) -> dict[str, dict[str, dict[str, float]]]:
    result: dict[str, dict[str, dict[str, float]]] = {}
    for name in patterns.fields:
        forms: dict[str, dict[str, float]] = {}
        for (form, level), value in zip(patterns.cells[name], tables[name], strict=True):
            forms.setdefault(form, {})[level] = float(value)
        result[name] = forms
    return result


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs found by search, in order of record.

    `record`: index of each pair's record; `patterns`: levels of each pair (counts are 1);
    `counted`: log2 of what the register counts as chance (negative) with fixed evidence
    (numbers) added; `fixed`: pairs whose weight is given whole (the number's owner), else nan;
    `situation`: index of each record's situation in `situations`.
    """

    record: Ints
    patterns: Patterns
    counted: Floats
    fixed: Floats
    situation: Ints
    situations: Sequence[str]
    people: int


@dataclass(frozen=True, slots=True)
class Searched:
    """What `search_classes` found (see `model.Search`)."""

    same: dict[str, dict[str, dict[str, float]]]
    chance: dict[str, dict[str, dict[str, float]]]
    absent: dict[str, float]
    lookalike: dict[str, dict[str, dict[str, dict[str, float]]]]
    lookalike_share: dict[str, float]


def search_classes(
    data: Candidates,
    same: Mapping[str, Levels],
    chance: Mapping[str, Levels],
    *,
    estimated_chance: Sequence[str],
    absent: Mapping[str, float],
    lookalike: Mapping[str, Mapping[str, Levels]],
    lookalike_share: Mapping[str, float],
    known: Sequence[str] = (),
    rounds: int = 60,
) -> Searched:
    """Estimate P(level | form) of true pairs and the share of records whose person is not found.

    `same`, `chance`, `lookalike`: defaults; the chance of the fields in `estimated_chance` is
    estimated from the pairs that lose, the others' is counted in the register or given and stays.
    A lookalike's name says nothing that a true pair's does not: its table stays what it is. So
    does P(level | form) of true pairs for the `known` fields, learned elsewhere: who moved must
    not be taken for somebody else's lookalike, nor the other way round.
    """
    patterns = data.patterns
    fields = patterns.fields

    def start(defaults: Mapping[str, Levels]) -> dict[str, Floats]:
        return {
            name: normalise(cells, np.zeros(len(cells)), defaults[name])
            for name, cells in patterns.cells.items()
        }

    def bits(tables: Mapping[str, Floats]) -> Floats:
        weight = np.zeros(kinds.count)
        for name, codes in kinds.codes.items():
            weight += (_log_of(tables[name], codes) - _log_of(chances[name], codes)) / np.log(2)
        return weight[kinds.of] - data.counted

    def tables_of(
        weights: Floats, defaults: Mapping[str, Levels], prior: float, names: Iterable[str] = fields
    ) -> dict[str, Floats]:
        of_kind = _totals(kinds.of[own], weights[own], kinds.count)
        result = {}
        for name in names:
            codes = kinds.codes[name]
            given = codes >= 0
            cells = patterns.cells[name]
            seen = _totals(codes[given], of_kind[given], len(cells))
            result[name] = normalise(cells, seen, defaults[name], prior)
        return result

    kinds = _kinds(patterns)
    own = np.isnan(data.fixed)
    situation = data.situation[data.record]
    records = len(data.situation)
    situations = len(data.situations)
    in_situation = np.bincount(data.situation, minlength=situations).astype(float)
    prior_missing = np.array([absent[s] for s in data.situations])
    missing = prior_missing
    true = start(same)
    alike = {kind: start(tables) for kind, tables in lookalike.items()}
    shares = dict(lookalike_share)
    chances = {}
    for name, cells in patterns.cells.items():
        if name in estimated_chance:
            chances[name] = normalise(cells, np.zeros(len(cells)), chance[name])
        else:
            levels = chance.get(name, {})
            chances[name] = np.array([levels.get(f, {}).get(v, 1.0) for f, v in cells])
    for _ in range(rounds):
        none = np.log2(data.people * (missing / (1 - missing)))[situation]
        found = np.log2(1 - missing)[situation]
        weight = np.where(own, bits(true), data.fixed - found)
        relative = _power(weight - none)
        mimic = {
            kind: np.where(own, _power(bits(alike[kind]) - np.log2(data.people)) * shares[kind], 0)
            for kind in alike
        }
        every = relative + sum(mimic.values())
        unlike = max(1 - sum(shares.values()), SMALLEST)
        total = unlike + np.bincount(data.record, weights=every, minlength=records)
        share = 1 / total[data.record]
        posterior = relative * share
        true = tables_of(posterior, same, PRIOR_PAIRS) | {name: true[name] for name in known}
        lost = np.clip(1 - every * share, 0, 1)
        chances |= tables_of(lost, {**same, **chance}, PRIOR_PAIRS, estimated_chance)
        gone = unlike / total
        for kind, weights in mimic.items():
            name_table = alike[kind]["name"]
            alike[kind] = tables_of(weights * share, lookalike[kind], PRIOR_PAIRS)
            alike[kind]["name"] = name_table
            gone = gone + np.bincount(data.record, weights=weights * share, minlength=records)
        for kind, weights in mimic.items():
            shares[kind] = float(
                ((weights * share).sum() + 50 * lookalike_share[kind]) / (gone.sum() + 50)
            )
        absent_in = np.bincount(data.situation, weights=gone, minlength=situations)
        missing = np.clip((absent_in + 20 * prior_missing) / (in_situation + 20), 1e-4, 0.9)
    return Searched(
        same=_as_levels(patterns, true),
        chance=_as_levels(patterns, chances),
        absent=dict(zip(data.situations, missing.tolist(), strict=True)),
        lookalike={kind: _as_levels(patterns, tables) for kind, tables in alike.items()},
        lookalike_share=shares,
    )


@dataclass(frozen=True, slots=True)
class _Kinds:
    """The pairs by their patterns: `of`, the kind of each pair; `codes[field]` of each kind."""

    of: Ints
    codes: Mapping[str, Ints]
    count: int


def _kinds(patterns: Patterns) -> _Kinds:
    """Pairs agree in a few thousand ways, and what a field weighs is asked once for each."""
    key = np.zeros(len(patterns.counts), np.int64)
    for name in patterns.fields:
        # Numbered anew after each field, so that no product of many fields' cells overflows.
        key = np.unique(
            key * (len(patterns.cells[name]) + 1) + patterns.codes[name] + 1, return_inverse=True
        )[1]
    _, first, of = np.unique(key, return_index=True, return_inverse=True)
    codes = {name: patterns.codes[name][first] for name in patterns.fields}
    return _Kinds(of=of, codes=codes, count=len(first))


def _power(bits: Floats) -> Floats:
    return np.exp2(np.clip(bits, -500, 500))

"""Matcher: one record authenticated at the point of care, with the bulk run's answer.

Rules, blocks, terms, weights and the posterior are the engine's own, run as Python functions; the
model is a run's. The register is asked through a `CandidateSource` and nothing is kept of it here.
This room must not know where the register is, and estimates nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Literal, NamedTuple

from lamsach.identity.births import parse_birth
from lamsach.identity.candidates import (
    BlockKey,
    CandidateSource,
    NumberOwner,
    RegisterPerson,
    Written,
)
from lamsach.identity.engine import decide, persons
from lamsach.identity.engine.compare_names import AT_SIGHT, name_at_sight
from lamsach.identity.engine.dictionary import key60, name_columns
from lamsach.identity.engine.evidence import COLUMNS
from lamsach.identity.engine.learn import FIELDS, FORMS
from lamsach.identity.engine.model import (
    ID_SITUATIONS,
    LOOKALIKES,
    Model,
    absent_weight,
    lookalike_offset,
    owner_offset,
    owner_weights,
    search_weights,
)
from lamsach.identity.engine.register import ends_of
from lamsach.identity.engine.search import BLOCKS, is_near, owner_number
from lamsach.identity.engine.terms import COUNTS, SHARES, TERMS
from lamsach.identity.engine.write import SLIPS
from lamsach.identity.names import compare_names, read_name
from lamsach.identity.rules import (
    BIRTH,
    NUMBER,
    RESIDENCE_COLUMNS,
    SEX,
    birth_form,
    residence_level,
)
from lamsach.identity.sexes import parse_sex

__all__ = ["Answer", "Candidate", "Matcher", "Record"]

Outcome = Literal["authenticated", "correctable", "ambiguous", "unmatched", "exempt"]


@dataclass(frozen=True, slots=True)
class Record:
    """A person as typed: the contract's PERSONS columns, '' for what is not given."""

    personal_id: str = ""
    full_name: str = ""
    birth_date: str = ""
    sex: str = ""
    nationality: str = ""
    province_code: str = ""
    district_code: str = ""
    commune_code: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A register person whom a record may be, as in candidates.parquet.

    `weights`: thousandths of a bit by field, for and against, as in evidence.parquet (full_name,
    birth_date, sex, personal_id, residence, claim); their sum is what was held against the other
    candidates' and that of "none of these".
    """

    personal_id: str
    probability: float
    differences: tuple[str, ...]
    weights: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """A record's row of results.parquet; `candidates` are at most five, best first."""

    outcome: Outcome
    id_status: str
    matched_personal_id: str | None = None
    probability: float | None = None
    differences: tuple[str, ...] = ()
    rivals: int = 0
    candidates: tuple[Candidate, ...] = ()


class _Typed(NamedTuple):
    """A record as the engine reads it: the columns of its table `rest`."""

    raw: str
    canonical: str
    folded: str
    form: str
    damage: str
    sound_key: int
    ends_key: int
    t_year: int
    t_month: int
    t_day: int
    t_sex: str
    t_digits: str
    t_kind: str
    t_province: int
    t_district: int
    t_commune: int


class _Pair(NamedTuple):
    """A record beside a register person: the columns of the engine's table of levels."""

    person: RegisterPerson
    name_codes: tuple[str, ...]
    birth_case: int
    sex_case: int
    id_case: int
    g_commune: int
    name_form: str
    birth_form: str
    name_level: str
    birth_level: str
    sex_level: str
    id_level: str
    residence_level: str
    claim_level: str


class _Weighed(NamedTuple):
    """A candidate's weights by field, and of being a lookalike of somebody absent."""

    pair: _Pair
    weights: dict[str, int]
    alike: tuple[int, ...]


_LEVELS: Final = ("name_level", "birth_level", "residence_level")

_KEYS: Final = [
    (
        block,
        block.only.function(*_Typed._fields),
        [e.function(*_Typed._fields) for e in block.typed],
    )
    for block in BLOCKS
]
_PERSON_KEYS: Final = {
    block.name: [
        key.function("sound_key", "ends_key", *RegisterPerson._fields) for key in block.register
    ]
    for block in BLOCKS
    if not block.near
}
_OWNER_NUMBER: Final = owner_number.function("t_digits")
_AT_SIGHT: Final = name_at_sight.function("t", "g")
_BIRTH_CASE, _BIRTH_FORM = BIRTH.function(), birth_form.function(*BIRTH.columns[:3])
_SEX_CASE, _ID_CASE = SEX.function(), NUMBER.function()
_IS_NEAR: Final = is_near.function(NUMBER.name, *NUMBER.columns, "t_commune", "g_commune")
_RESIDENCE_LEVEL: Final = residence_level.function(*RESIDENCE_COLUMNS)
_FORM_OF: Final = {
    name: FORMS[name].function("situation", *_Pair._fields) for name in (*FIELDS, "id")
}
_SHARES: Final = [share.function("name_level", *COUNTS) for share in SHARES.values()]
_TERM_OF: Final = {name: term.function(*_LEVELS, "people", *SHARES) for name, term in TERMS.items()}
_AGREES: Final = decide.agrees.function(*_Pair._fields)
_SETTLES: Final = decide.settles.function(*_Pair._fields)
_SITUATION: Final = decide.situation.function("has_owner", *_Typed._fields)
_ARE_SIBLINGS: Final = decide.are_siblings.function("o", "f")


class Matcher:
    """Authenticates one record at a time against a register, as the bulk run does.

    `source`: the register; `model`: that of a run (`model.json`) on the same register;
    `threshold`: the probability from which one candidate is proposed.

    >>> from pathlib import Path
    >>> from lamsach.identity.lookup import DuckDBSource
    >>> def answer(lookup: Path, model: Path, record: Record) -> Answer:
    ...     with DuckDBSource(lookup) as source:
    ...         return Matcher(source, Model.from_json(model.read_text())).match(record)
    """

    def __init__(self, source: CandidateSource, model: Model, *, threshold: float = 0.99) -> None:
        self.source, self.model, self.threshold = source, model, threshold
        self._totals = source.totals()
        self._owner = _by_key(owner_weights(model.owner))
        search = model.search
        self._same = _by_key(search_weights(search, search.same))
        self._alike = [_by_key(search_weights(search, search.lookalike[k])) for k in LOOKALIKES]
        self._offsets = [
            {s: lookalike_offset(model, kind, s) for s in ID_SITUATIONS} for kind in LOOKALIKES
        ]
        self._none = {s: absent_weight(model, s) for s in ID_SITUATIONS}

    def match(self, record: Record) -> Answer:
        """The answer for a record. Never raises for what was typed."""
        number = persons.read_number(record.personal_id)
        if persons.is_foreign(record.nationality):
            return Answer("exempt", number.id_status)
        owner = None
        if owned := _OWNER_NUMBER(number.digits):
            written = Written(record.full_name, record.birth_date, record.sex)
            owner = self.source.owner(owned, written)
            if owner and all(written) and _is_as_written(owner, record):
                return _authenticated(owner.person, number.id_status)
        typed = _read(record, number.digits, number.kind)
        pair = self._compare(typed, [owner.person])[0] if owner else None
        if pair and _AGREES(*pair):
            return _authenticated(pair.person, number.id_status)
        found: list[_Pair] = []
        if not (pair and _SETTLES(*pair)):
            keys = _block_keys(typed)
            people = [
                person
                for person in self.source.found(keys)
                if not (pair and person.id == pair.person.id) and _is_brought(typed, keys, person)
            ]
            found = self._compare(typed, people)
        weighed = self._weigh(typed, pair, found)
        situation = _SITUATION(pair is not None, *typed)
        is_taken = pair is not None or _is_former_number(typed, found)
        return self._decide(weighed, self._none[situation], number.id_status, is_taken)

    def _compare(self, typed: _Typed, people: Sequence[RegisterPerson]) -> list[_Pair]:
        """The record beside each of the people: the engine's `compare`."""
        compared = {name: _compare_names(typed, name) for name in {p.name for p in people}}
        birth_form = _BIRTH_FORM(typed.t_year, typed.t_month, typed.t_day)
        pairs = []
        for person in people:
            level, codes = compared[person.name]
            year, month, day = person.birth // 10_000, person.birth // 100 % 100, person.birth % 100
            birth = _BIRTH_CASE(typed.t_year, typed.t_month, typed.t_day, year, month, day)
            sex = _SEX_CASE(typed.t_sex, person.sex)
            number = _ID_CASE(*_numbers(typed, person))
            areas = (person.province, person.district, person.commune)
            pairs.append(
                _Pair(
                    person=person,
                    name_codes=codes,
                    birth_case=birth,
                    sex_case=sex,
                    id_case=number,
                    g_commune=person.commune,
                    name_form=typed.form,
                    birth_form=birth_form,
                    name_level=level,
                    birth_level=_BIRTH_LEVELS[birth],
                    sex_level=_SEX_LEVELS[sex],
                    id_level=_ID_LEVELS[number],
                    residence_level=_RESIDENCE_LEVEL(
                        typed.t_province, typed.t_district, typed.t_commune, *areas
                    ),
                    claim_level="claimed" if person.claimed else "free",
                )
            )
        return pairs

    def _weigh(self, typed: _Typed, owner: _Pair | None, found: Sequence[_Pair]) -> list[_Weighed]:
        """The evidence for each candidate on one scale: the engine's `weigh`."""
        situation = _SITUATION(owner is not None, *typed)
        weighed: list[_Weighed] = []
        twins: list[_Weighed] = []
        for pair in found:
            terms = self._terms(pair)
            weights = _weights(self._same, pair, situation, (*FIELDS, "id"))
            counted = sum(terms.values())
            alike = tuple(
                sum(_weights(table, pair, situation, (*FIELDS, "id")).values())
                - counted
                + offsets[situation]
                for table, offsets in zip(self._alike, self._offsets, strict=True)
            )
            for term, value in terms.items():
                weights[term.removesuffix("_term")] -= value
            weighed.append(_Weighed(pair, weights, alike))
            if owner and _ARE_SIBLINGS(owner, pair):
                twins.append(weighed[-1])
        if owner and owner.id_level in decide.OWNED_LEVELS:
            weights = _weights(self._owner, owner, situation, FIELDS)
            weights["id"] = owner_offset(self.model, str(typed.t_year // 10))
            weighed.append(_Weighed(owner, weights, ()))
            _make_even(weighed[-1], twins)
        return weighed

    def _terms(self, pair: _Pair) -> dict[str, int]:
        """How likely a pair would agree by chance: the engine's `terms` of one pair."""
        totals, person = self._totals, pair.person
        birth, place = person.birth, (person.province, person.district, person.commune)
        counts = (
            totals.people,
            person.n_same,
            person.n_fold,
            person.n_sound,
            person.n_ends,
            person.n_place,
            person.n_decade,
            totals.births[birth],
            totals.months[birth // 100],
            totals.years[birth // 10_000],
            totals.decades[birth // 100_000],
            totals.residences[place],
            totals.districts[place[:2]],
            totals.provinces[place[0]],
        )
        shares = [share(pair.name_level, *counts) for share in _SHARES]
        levels = (pair.name_level, pair.birth_level, pair.residence_level)
        return {name: term(*levels, totals.people, *shares) for name, term in _TERM_OF.items()}

    def _decide(
        self, weighed: Sequence[_Weighed], none: int, id_status: str, is_taken: bool
    ) -> Answer:
        """Probabilities, rivals and the answer: the engine's `decide` and `write`."""
        totals = [sum(candidate.weights.values()) for candidate in weighed]
        alike = [weight for candidate in weighed for weight in candidate.alike]
        probabilities = decide.posterior(totals, none, alike)
        ranked = sorted(
            (-probability, candidate.pair.person.id, candidate)
            for probability, candidate in zip(probabilities, weighed, strict=True)
            if probability >= decide.RIVAL
        )
        best = -ranked[0][0] if ranked else 0.0
        if best < decide.PLAUSIBLE:
            return Answer("unmatched", id_status)
        told = tuple(
            Candidate(
                personal_id=f"{number:012}",
                probability=-negative,
                differences=_differences(candidate.pair, is_taken),
                weights={COLUMNS[name]: weight for name, weight in candidate.weights.items()},
            )
            for negative, number, candidate in ranked[: decide.MOST_CANDIDATES]
            if -negative >= decide.PLAUSIBLE
        )
        rivals = len(ranked) - 1
        if best < self.threshold:
            return Answer("ambiguous", id_status, rivals=rivals, candidates=told)
        return Answer(
            "correctable",
            id_status,
            matched_personal_id=told[0].personal_id,
            probability=best,
            differences=told[0].differences,
            rivals=rivals,
            candidates=told,
        )


_BIRTH_LEVELS: Final = [outcome.level for outcome in BIRTH.outcomes]
_SEX_LEVELS: Final = [outcome.level for outcome in SEX.outcomes]
_ID_LEVELS: Final = [outcome.level for outcome in NUMBER.outcomes]
_level_of: Final = {name: attrgetter(f"{name}_level") for name in (*FIELDS, "id")}

_Weights = dict[tuple[str, str, str], int]


def _by_key(weights: Sequence[tuple[str, str, str, int]]) -> _Weights:
    return {(field, form, level): weight for field, form, level, weight in weights}


def _weights(table: _Weights, pair: _Pair, situation: str, fields: Sequence[str]) -> dict[str, int]:
    return {f: table.get((f, _FORM_OF[f](situation, *pair), _level_of[f](pair)), 0) for f in fields}


def _make_even(owner: _Weighed, twins: Sequence[_Weighed]) -> None:
    """Let neither a number's owner nor a twin of its be the better proposal."""
    weight = sum(owner.weights.values())
    for twin in twins:
        other = sum(twin.weights.values())
        twin.weights["id"] += max(weight - other, 0)
        owner.weights["id"] += max(other - sum(owner.weights.values()), 0)


def _read(record: Record, digits: str, kind: str) -> _Typed:
    canonical, folded, sound, form, damage, _ = name_columns(record.full_name)
    year, month, day = parse_birth(record.birth_date).parts
    return _Typed(
        raw=record.full_name,
        canonical=canonical,
        folded=folded,
        form=form,
        damage=damage,
        sound_key=key60(sound),
        ends_key=key60(ends_of(folded)),
        t_year=year,
        t_month=month,
        t_day=day,
        t_sex=parse_sex(record.sex),
        t_digits=digits,
        t_kind=kind,
        t_province=persons.area_code(record.province_code),
        t_district=persons.area_code(record.district_code),
        t_commune=persons.area_code(record.commune_code),
    )


def _compare_names(typed: _Typed, register_name: str) -> tuple[str, tuple[str, ...]]:
    """Level and codes of two names: the engine's `compare` of one distinct pair."""
    name = read_name(register_name)
    if seen := _AT_SIGHT(typed, name):
        return AT_SIGHT[seen]
    comparison = compare_names(typed.raw, name)
    return comparison.level, comparison.codes


def _block_keys(typed: _Typed) -> list[BlockKey]:
    """A record's keys in the blocks that are meant for it."""
    return [
        BlockKey(block, tuple(key(*typed) for key in keys))
        for block, is_meant_for, keys in _KEYS
        if is_meant_for(*typed)
    ]


def _is_brought(typed: _Typed, keys: Sequence[BlockKey], person: RegisterPerson) -> bool:
    """Whether a block brings a person for more than a part of a number that is not near."""
    numbers = _numbers(typed, person)
    communes = typed.t_commune, person.commune
    if not any(block.near for block, _ in keys) or _IS_NEAR(
        _ID_CASE(*numbers), *numbers, *communes
    ):
        return True
    _, folded, sound, *_ = name_columns(person.name)
    name = key60(sound), key60(ends_of(folded))
    return any(
        all(key(*name, *person) == value for key, value in zip(of_person, values, strict=True))
        for block, values in keys
        if (of_person := _PERSON_KEYS.get(block.name))
    )


def _numbers(typed: _Typed, person: RegisterPerson) -> tuple[str, str, str, str]:
    """What the rule of numbers reads."""
    previous = f"{person.previous:09}" if person.previous > 0 else ""
    return typed.t_digits, typed.t_kind, f"{person.id:012}", previous


def _is_as_written(owner: NumberOwner, record: Record) -> bool:
    return owner.as_written and persons.plain_number(record.personal_id) == owner.person.id


def _is_former_number(typed: _Typed, found: Sequence[_Pair]) -> bool:
    """Whether a CMND is some register person's; the block of former numbers has found them."""
    if typed.t_kind != "cmnd":
        return False
    former = int(typed.t_digits)
    return any(pair.person.previous == former > 0 for pair in found)


def _authenticated(person: RegisterPerson, id_status: str) -> Answer:
    return Answer("authenticated", id_status, f"{person.id:012}", 1.0)


def _differences(pair: _Pair, is_taken: bool) -> tuple[str, ...]:
    """The difference codes of a pair; `is_taken`: the number typed is some register person's."""
    id_codes = NUMBER.outcomes[pair.id_case].codes
    if is_taken and pair.id_level == "other":
        id_codes = ("personal_id.other_person",)
    elif is_taken and pair.id_level in SLIPS:
        id_codes = (*id_codes, "personal_id.other_person")
    birth_codes, sex_codes = (
        BIRTH.outcomes[pair.birth_case].codes,
        SEX.outcomes[pair.sex_case].codes,
    )
    return (*pair.name_codes, *birth_codes, *sex_codes, *id_codes)

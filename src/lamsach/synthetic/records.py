"""The vaccination platform's person records of one chunk of people, and the register's rows.

Who has records (some have two), where, which errors befell them, and what was typed in the
end. The truth does not leak into the records: their order is shuffled, their keys are random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import (
    contacts,
    errors,
    foreigners,
    mixes,
    others,
    spoil_births,
    spoil_names,
    spoil_numbers,
    text,
    truth,
)
from .draws import Flags, Ints, chance, draw, stream
from .errors import Habits
from .mixes import BIRTH, CONTENT, NONE, NUMBER, SEX, WRITING, Mix
from .people import NO_NUMBER, TODAY, Design, People
from .places import Facilities

_SEX_FORMS = ("M", "F", "Nam", "Nữ", "male", "female", "1", "0")
_NATIONALITIES = ("VN", "VNM")
_NO_ID = ("không có", "chưa có", "KHONG", "-")
_FAULTS = ("sex", "year", "day", "swapped")  # what the register may hold wrongly


@dataclass(frozen=True, slots=True)
class World:
    """What all chunks of one nation's records share.

    `written` are the words as they are, then in capitals, in decomposed Unicode, and with the
    Icelandic Ð that looks like Đ (see Habits.letters).
    """

    plan: Design
    mix: Mix
    facilities: Facilities
    habits: Habits
    written: pa.Array
    dates: pa.Array

    @property
    def plain(self) -> pa.Array:
        """The words as they are."""
        return self.written.slice(0, len(self.plan.names.words.text))


@dataclass(frozen=True, slots=True)
class Records:
    """Records of one chunk, the truth about them, and what their doses need to know.

    `human` numbers the human beings of the chunk; `second` is 0 for the only record of one, 1
    and 2 for the two records of one.
    """

    persons: pa.Table
    truth: pa.Table
    human: Ints
    second: Ints
    facility: Ints
    age: Ints


def world(plan: Design, mix: Mix, facilities: Facilities) -> World:
    """Prepares what every chunk needs."""
    words = pa.array(plan.names.words.text)
    return World(
        plan=plan,
        mix=mix,
        facilities=facilities,
        habits=errors.habits(mix, facilities, plan.seed),
        written=pa.concat_arrays(
            [
                words,
                pc.utf8_upper(words),
                pc.utf8_normalize(words, "NFD"),
                pc.replace_substring(words, "Đ", "\u00d0"),
            ]
        ),
        dates=text.written_dates(),
    )


def register(made: World, people: People) -> pa.Table:
    """The population register's rows of one chunk (contract: REGISTER)."""
    held = np.flatnonzero(~people.absent)
    births = text.date_codes(
        people.year[held], people.month[held], people.day[held], people.precision[held]
    )
    cmnd = people.cmnd[held]
    return pa.table(
        {
            "personal_id": text.strings(others.ids(made.plan, people, held)),
            "previous_id": text.strings(
                text.digits(np.maximum(cmnd, 0), 9), np.where(cmnd == NO_NUMBER, 0, 9)
            ),
            "full_name": text.joined(made.plain, people.words[held]),
            "sex": text.pick(pa.array(_SEX_FORMS), people.sex[held]),
            "birth_date": text.pick(made.dates, births),
            **_residence(made, people.commune[held], np.zeros(len(held), dtype=bool)),
        }
    )


def _residence(made: World, commune: Ints, unknown: Flags) -> dict[str, pa.Array]:
    places = made.plan.places
    columns = {
        "province_code": (places.province_code, places.province[commune]),
        "district_code": (places.district_code, places.district[commune]),
        "commune_code": (places.commune_code, commune),
    }
    return {
        name: text.pick(pa.array(codes), np.where(unknown, -1, index))
        for name, (codes, index) in columns.items()
    }


def make(made: World, people: People) -> Records:
    """The records of one chunk's people, and of the foreigners among them."""
    plan, mix = made.plan, made.mix
    rng = stream(plan.seed, 3, people.chunk)
    human, second, age = _who(rng, mix, people)
    n = len(human)
    commune = _stated_commune(rng, made, people.commune[human])
    facility = made.facilities.of(rng, plan.places, commune)

    lender, can_borrow = others.relatives(rng, people, human, age < 14)
    possible = _possible(plan, people, human) | {"household": can_borrow}
    fault = _register_faults(plan, mix, people)[human]
    kinds = errors.draw(
        rng, mix, made.habits, facility, child=age < 14, spared=fault != NONE, possible=possible
    )
    sex_fault = fault == mixes.kind("sex")
    kinds[SEX] = np.where(sex_fault, fault, kinds[SEX])
    birth_fault = (fault != NONE) & ~sex_fault
    kinds[BIRTH] = np.where(birth_fault, fault, kinds[BIRTH])

    names = spoil_names.typed_names(
        rng,
        plan.names,
        people.words[human],
        people.words[human[rng.permutation(n)]],
        writing=kinds[WRITING],
        content=kinds[CONTENT],
        manner=made.habits.manner[facility],
    )
    # what the register has wrong differs in the same way from all records of a human being
    dice = np.where(birth_fault, human % 997, rng.integers(0, 1 << 30, n))
    births = spoil_births.typed_births(
        kinds[BIRTH],
        people.year[human],
        people.month[human],
        people.day[human],
        people.precision[human],
        dice=dice,
    )
    own = others.ids(plan, people, human)
    stranger, near = others.strangers(rng, people, human)
    number = kinds[NUMBER]
    other = np.where(number == mixes.kind("stranger"), stranger, lender)
    phone = contacts.phones(plan, people, human, age)
    numbers = spoil_numbers.typed_numbers(
        rng,
        number,
        own,
        cmnd=people.cmnd[human],
        borrowed=others.ids(plan, people, other),
        unused=others.unused(rng, plan, people, human),
        phone=phone,
    )
    _meet_neighbours(plan, people, human, number, numbers)
    flipped = kinds[SEX] == mixes.kind("sex")
    no_sex = kinds[SEX] == mixes.kind("sex_missing")
    codes = np.concatenate(
        [names.codes, births.codes, flipped[:, None], no_sex[:, None], numbers.codes], axis=1
    )

    said = (number == mixes.kind("id_missing")) & chance(rng, n, 0.06)
    no_id = text.pick(pa.array(_NO_ID), rng.integers(0, len(_NO_ID), n))
    nation = np.searchsorted([0.25, 0.35], rng.random(n))
    date_form = made.habits.date_form[facility]
    date = text.date_codes(births.year, births.month, births.day, births.precision, date_form)
    sex = np.where(no_sex, -1, (people.sex[human] ^ flipped) + 2 * made.habits.sex_form[facility])
    insurance = contacts.insurance(plan, people, human)
    persons = pa.table(
        {
            "person_id": text.random_hex(rng, n),
            "personal_id": pc.if_else(
                pa.array(said), no_id, text.strings(numbers.digits, numbers.length)
            ),
            "full_name": _written(rng, made, names, kinds[WRITING], facility),
            "birth_date": text.pick(made.dates, date),
            "sex": text.pick(pa.array(_SEX_FORMS), sex),
            "nationality": text.pick(pa.array(_NATIONALITIES), np.where(nation < 2, nation, -1)),
            "passport_number": contacts.passports(rng, n),
            "phone": text.strings(phone, np.where(chance(rng, n, 0.82), 10, 0)),
            "insurance_number": text.strings(insurance, np.where(chance(rng, n, 0.45), 10, 0)),
            **_residence(made, commune, chance(rng, n, 0.02)),
        }
    )
    known = truth.table(
        plan.places,
        made.facilities,
        made.habits,
        people,
        person_id=persons["person_id"],
        human=human,
        own=own,
        codes=codes,
        outcome=truth.classify(codes, number, people.absent[human]),
        age=age,
        trap=truth.traps(people, human, second=second, number=number, near=near, fault=fault),
        facility=facility,
    )
    citizens = Records(persons, known, human, second, facility, age)
    return _with_foreigners(rng, made, people, citizens, round(n * mix.foreign))


def _who(rng: np.random.Generator, mix: Mix, people: People) -> tuple[Ints, Ints, Ints]:
    """Whose records there are, which of two they are, and the age of each, in random order."""
    month_day = people.month * 100 + people.day
    today = str(TODAY)
    still = month_day > int(today[5:7]) * 100 + int(today[8:])
    age_of = np.maximum(int(today[:4]) - people.year - still, 0).astype(np.int32)
    # under 5 nobody was vaccinated; from 5 to 11 it had just begun
    covered = np.select([age_of < 5, age_of < 12], [0.0, 0.35], 0.955)
    first = np.flatnonzero(chance(rng, len(people), covered)).astype(np.int32)
    again = first[chance(rng, len(first), mix.twice)]
    order = rng.permutation(len(first) + len(again))
    human = np.concatenate([first, again])[order]
    second = np.zeros(len(people), dtype=np.int32)
    second[again] = 1
    second = np.concatenate([second[first], np.full(len(again), 2, dtype=np.int32)])[order]
    return human, second, age_of[human]


def _stated_commune(rng: np.random.Generator, made: World, commune: Ints) -> Ints:
    """Residence as stated on the platform: for some elsewhere, half of these in the province."""
    places, n = made.plan.places, len(commune)
    u = rng.random(n, dtype=np.float32)
    order = np.argsort(places.province, kind="stable")
    count = np.bincount(places.province, minlength=len(places.province_code))
    start = np.cumsum(count) - count
    of = places.province[commune]
    near = order[start[of] + rng.integers(0, count[of])]
    far = draw(rng, places.commune, n)
    stated = np.where(u < made.mix.moved / 2, near, np.where(u < made.mix.moved, far, commune))
    return stated.astype(np.int32)


def _possible(plan: Design, people: People, human: Ints) -> dict[str, Flags]:
    """Which kinds of error can befall which record."""
    words, known = people.words[human], plan.names.words
    there, number = words >= 0, np.maximum(words, 0)
    marked = ((known.unmarked[number] != words) & there).any(axis=1)
    length = there.sum(axis=1)
    births = spoil_births.applicable(
        people.month[human], people.day[human], people.precision[human]
    )
    return {
        **dict.fromkeys(("accents", "some_accents", "encoding", "typing"), marked),
        "spelling": ((known.n_spelled[number] > 0) & there).any(axis=1),
        "missing_part": length >= 3,
        "order": length >= 2,
        "glued": length >= 2,
        "cmnd": people.cmnd[human] != NO_NUMBER,
        **births,
    }


def _register_faults(plan: Design, mix: Mix, people: People) -> Ints:
    """What the register itself has wrong about a few people, as a kind of error of births, or
    of sex; the number follows the wrong entry (procedures.md §7)."""
    rng = stream(plan.seed, 6, people.chunk)
    n = len(people)
    kinds = np.array([mixes.kind(f) for f in _FAULTS], dtype=np.int32)
    fault = np.where(chance(rng, n, mix.register_wrong), kinds[rng.integers(0, 4, n)], NONE)
    births = spoil_births.applicable(people.month, people.day, people.precision)
    for name in ("day", "swapped"):
        fault[(fault == mixes.kind(name)) & ~births[name]] = mixes.kind("year")
    fault[people.absent] = NONE
    return fault.astype(np.int32)


def _meet_neighbours(
    plan: Design, people: People, human: Ints, number: Ints, typed: spoil_numbers.Typed
) -> None:
    """A slip of the last digit may make the neighbour's number: then both codes hold."""
    at = np.flatnonzero(number == mixes.kind("digit"))
    beside = people.neighbour[human[at]]
    held = (beside != NO_NUMBER) & ~people.absent[beside]
    at, beside = at[held], beside[held]
    same = (others.ids(plan, people, beside) == typed.digits[at, :12]).all(axis=1)
    typed.codes[at[same], spoil_numbers.PERSON] = True


def _written(
    rng: np.random.Generator, made: World, names: spoil_names.Typed, writing: Ints, facility: Ints
) -> pa.Array:
    """Names as text, with the facility's manners that make no difference."""
    known, habits = made.plan.names.words, made.habits
    ids = names.words.copy()
    damaged = (writing == mixes.kind("encoding")) | (writing == mixes.kind("typing"))
    moved = (habits.new_tones[facility] & ~damaged)[:, None] & (ids >= 0)
    moved &= ids < len(known.retoned)
    ids[moved] = known.retoned[ids[moved]]
    letters = np.where(writing == mixes.kind("encoding"), 0, habits.letters[facility])
    ids = np.where(ids >= 0, ids + letters[:, None] * len(known.text), ids).astype(np.int32)
    name = text.joined(made.written, ids)

    for at, part in (
        (np.flatnonzero(names.glued >= 0), ""),
        (np.flatnonzero((names.glued < 0) & chance(rng, len(ids), 0.006)), "  "),
    ):
        if len(at):
            mask = np.zeros(len(ids), dtype=bool)
            mask[at] = True
            gap = np.maximum(names.glued[at], 0)
            name = pc.replace_with_mask(
                name, pa.array(mask), _joined_at(made.written, ids[at], gap, part)
            )
    return name


def _joined_at(words: pa.Array, ids: spoil_names.Matrix, gap: Ints, part: str) -> pa.Array:
    """Names whose blank number `gap` is another text."""
    made = text.pick(words, ids[:, 0])
    blanks = pa.array([" ", part])
    for j in range(1, ids.shape[1]):
        between = text.pick(blanks, np.where(ids[:, j] < 0, -1, (gap == j - 1).astype(np.int32)))
        word = text.pick(words, ids[:, j])
        made = pc.binary_join_element_wise(made, between, word, "", null_handling="skip")
    return made


def _with_foreigners(
    rng: np.random.Generator, made: World, people: People, citizens: Records, n: int
) -> Records:
    places = made.plan.places
    commune = draw(rng, places.commune, n)
    facility = made.facilities.of(rng, places, commune)
    age = rng.integers(18, 66, n).astype(np.int32)
    drawn = foreigners.make(rng, n)
    sex = drawn.pop("sex_number").to_numpy()
    day = rng.integers(1, 29, n)
    date = text.date_codes(
        int(str(TODAY)[:4]) - 1 - age, rng.integers(1, 13, n), day, np.zeros(n, dtype=np.int32),
        made.habits.date_form[facility],
    )  # fmt: skip
    columns = {
        "person_id": text.random_hex(rng, n),
        "birth_date": text.pick(made.dates, date),
        "sex": text.pick(pa.array(_SEX_FORMS), sex + 2 * made.habits.sex_form[facility]),
        "phone": pa.nulls(n, pa.string()),
        "insurance_number": pa.nulls(n, pa.string()),
        **drawn,
        **_residence(made, commune, np.zeros(n, dtype=bool)),
    }
    persons = pa.table({name: columns[name] for name in citizens.persons.column_names})
    human = np.arange(len(people), len(people) + n, dtype=np.int32)
    known = truth.of_foreigners(
        places, made.facilities, made.habits, person_id=columns["person_id"],
        human_id=people.chunk * truth.BY_CHUNK + human.astype(np.int64), sex=sex, age=age,
        commune=commune, facility=facility,
    )  # fmt: skip
    return Records(
        persons=pa.concat_tables([citizens.persons, persons]),
        truth=pa.concat_tables([citizens.truth, known]),
        human=np.concatenate([citizens.human, human]),
        second=np.concatenate([citizens.second, np.zeros(n, dtype=np.int32)]),
        facility=np.concatenate([citizens.facility, facility]),
        age=np.concatenate([citizens.age, age]),
    )

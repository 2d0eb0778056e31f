"""The truth about each record, kept apart from it: who it is, and what differs.

One row a person record. `true_personal_id` is NULL where the register does not hold the
human being; `differences` are the contract's codes that hold between record and register.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from . import mixes, spoil_births, spoil_names, spoil_numbers, text
from .draws import Flags, Ints
from .errors import Habits
from .mixes import HABIT_NAMES, NONE
from .people import People
from .places import Facilities, Places
from .text import Bytes

CODES = (*spoil_names.CODES, *spoil_births.CODES, "sex", "sex.missing", *spoil_numbers.CODES)
CLASSES = ("right", "wrong", "id_missing", "id_malformed", "exempt")
RIGHT, WRONG, ID_MISSING, ID_MALFORMED, EXEMPT = range(5)
TRAPS = ("twin", "father_and_son", "two_records", "phone_number", "other_number",
         "neighbour_number", "household_number", "register_wrong", "absent",
         "absent_namesake")  # fmt: skip
BY_CHUNK = 1 << 21  # room for the people of one chunk in `human_id` and `household_id`


def classify(codes: Flags, number: Ints, absent: Flags) -> Ints:
    """The pile in which each record ends (`CLASSES`), as the ministry counts them."""
    malformed = np.isin(number, [mixes.kind(k) for k in ("leading_zero", "length", "phone")])
    wrong = np.where(codes.any(axis=1) | absent, WRONG, RIGHT)
    missing = number == mixes.kind("id_missing")
    return np.where(missing, ID_MISSING, np.where(malformed, ID_MALFORMED, wrong)).astype(np.int32)


def table(
    places: Places,
    facilities: Facilities,
    habits: Habits,
    people: People,
    *,
    person_id: pa.Array,
    human: Ints,
    own: Bytes,
    codes: Flags,
    outcome: Ints,
    age: Ints,
    trap: Ints,
    facility: Ints,
) -> pa.Table:
    """The truth about the citizens' records of one chunk."""
    absent = people.absent[human]
    base = people.chunk * BY_CHUNK
    return pa.table(
        {
            "person_id": person_id,
            "true_personal_id": text.strings(own, np.where(absent, 0, 12)),
            "human_id": base + human.astype(np.int64),
            "household_id": base + people.household[human].astype(np.int64),
            "differences": code_lists(codes & ~absent[:, None]),
            "outcome_class": text.pick(pa.array(CLASSES), outcome),
            "trap": text.pick(pa.array(TRAPS), trap),
            "sex": text.pick(pa.array(["M", "F"]), people.sex[human]),
            "age": age,
            "ethnic_group": text.pick(pa.array(places.group_name), people.group[human]),
            "region": text.pick(
                pa.array(places.province_region), places.province[people.commune[human]]
            ),
            "facility_code": text.pick(pa.array(facilities.code), facility),
            "habit": text.pick(pa.array(HABIT_NAMES), habits.habit[facility]),
        }
    )


def of_foreigners(
    places: Places,
    facilities: Facilities,
    habits: Habits,
    *,
    person_id: pa.Array,
    human_id: npt.NDArray[np.int64],
    sex: Ints,
    age: Ints,
    commune: Ints,
    facility: Ints,
) -> pa.Table:
    """The truth about foreigners: exempt, and in no register."""
    n = len(human_id)
    return pa.table(
        {
            "person_id": person_id,
            "true_personal_id": pa.nulls(n, pa.string()),
            "human_id": human_id,
            "household_id": human_id,
            "differences": code_lists(np.zeros((n, len(CODES)), dtype=bool)),
            "outcome_class": text.pick(pa.array(CLASSES), np.full(n, EXEMPT)),
            "trap": pa.nulls(n, pa.string()),
            "sex": text.pick(pa.array(["M", "F"]), sex),
            "age": age,
            "ethnic_group": pa.nulls(n, pa.string()),
            "region": text.pick(pa.array(places.province_region), places.province[commune]),
            "facility_code": text.pick(pa.array(facilities.code), facility),
            "habit": text.pick(pa.array(HABIT_NAMES), habits.habit[facility]),
        }
    )


def code_lists(codes: Flags) -> pa.ListArray:
    """Flags, one column a code, as lists of codes in the contract's order.

    >>> flags = np.zeros((2, len(CODES)), dtype=bool)
    >>> flags[1, :2] = True
    >>> code_lists(flags).to_pylist()
    [[], ['name.encoding', 'name.typing']]
    """
    offsets = np.zeros(len(codes) + 1, dtype=np.int32)
    np.cumsum(codes.sum(axis=1), out=offsets[1:])
    return pa.ListArray.from_arrays(
        pa.array(offsets), pa.array(CODES).take(pa.array(np.nonzero(codes)[1]))
    )


def traps(
    people: People, human: Ints, *, second: Ints, number: Ints, near: Flags, fault: Ints
) -> Ints:
    """The classic trap that each record sets, if any; the most telling where there are several."""
    found = np.full(len(human), NONE, dtype=np.int32)
    stranger = number == mixes.kind("stranger")
    for name, holds in (
        ("twin", people.twin[human]),
        ("father_and_son", people.junior[human]),
        ("two_records", second > 0),
        ("phone_number", number == mixes.kind("phone")),
        ("other_number", stranger & ~near),
        ("neighbour_number", stranger & near),
        ("household_number", number == mixes.kind("household")),
        ("register_wrong", fault != NONE),
        ("absent", people.absent[human]),
        ("absent_namesake", people.namesake[human]),
    ):
        found[holds] = TRAPS.index(name)
    return found

"""Doses: what each human being received, and under which of the records it was entered.

Facts of 2021-2022 behind it: people with at least one dose by date, doses received by product
(both in the reference data), intervals of the products, children of 12 to 17 from 27 October
2021, of 5 to 11 from 14 April 2022.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa

from . import tables, text
from .draws import Ints, chance, draw, draw_by, guide, guides, stream
from .people import TODAY
from .records import Records, World

_START = np.datetime64("2021-03-08")
# People with at least one dose, in millions, by date (national series).
_FIRST = (("2021-03-08", 0.0), ("2021-05-01", 0.51), ("2021-07-01", 3.61), ("2021-08-01", 5.76),
          ("2021-08-16", 13.87), ("2021-10-01", 32.6), ("2021-11-01", 56.8), ("2021-12-01", 71.3),
          ("2022-01-01", 77.6), ("2022-03-20", 80.0))  # fmt: skip


def _days(date: str) -> int:
    return int((np.datetime64(date) - _START).astype(np.int64))


_YOUTH, _CHILD, _LAST = _days("2021-10-27"), _days("2022-04-14"), _days(str(TODAY)) - 1
_MOST = 4
# How many doses a person has (1 to 4): children, youths, adults, from 50 on.
_COUNTS = ([1.0, 0, 0, 0], [0.08, 0.92, 0, 0], [0.04, 0.37, 0.59, 0], [0.03, 0.25, 0.69, 0.03])
_LOTS = 40  # of one product


@cache
def _products() -> tuple[pa.Array, pa.Array, Ints, Ints]:
    """Codes, lots (`_LOTS` a product), guide of products, and intervals in days."""
    rows = tables.rows("vaccines")
    lots = [f"{r['name'][:2].upper()}{1000 + 37 * i:04d}" for r in rows for i in range(_LOTS)]
    share = np.array([float(r["million_doses"]) for r in rows])
    interval = np.array([max(14, int(r["min_interval_days"])) for r in rows], dtype=np.int32)
    return pa.array([r["code"] for r in rows]), pa.array(lots), guide(share, 10), interval


@cache
def _first_days() -> Ints:
    days = [_days(day) for day, _ in _FIRST]
    curve = np.interp(np.arange(days[-1] + 1), days, [people for _, people in _FIRST])
    return guide(np.diff(curve), 14)


def make(made: World, chunk: int, records: Records) -> pa.Table:
    """The doses of one chunk's records (contract: DOSES).

    Of a human being with two records the first doses stand under one and the later under the
    other; for some, the last of the first is entered under both.
    """
    rng = stream(made.plan.seed, 7, chunk)
    codes, lots, product_guide, interval = _products()
    human, second = records.human, records.second
    size = int(human.max()) + 1
    age = np.zeros(size, dtype=np.int32)
    age[human] = records.age
    home = np.zeros(size, dtype=np.int32)  # where the first of two records was entered
    home[human[second < 2]] = records.facility[second < 2]

    band = np.searchsorted([12, 18, 50], age, side="right")
    count = draw_by(rng, guides([np.array(c) for c in _COUNTS], 10), band) + 1
    day = np.zeros((size, _MOST), dtype=np.int32)
    product = np.zeros((size, _MOST), dtype=np.int32)
    first = draw(rng, _first_days(), size)
    youth = np.minimum(_YOUTH + rng.integers(0, 60, size), _LAST)
    child = _CHILD + rng.integers(0, _LAST - _CHILD + 1, size)
    day[:, 0] = np.where(band == 0, child, np.where(band == 1, youth, first))
    pfizer = next(i for i, r in enumerate(tables.rows("vaccines")) if r["name"] == "Pfizer")
    product[:, 0] = np.where(band < 2, pfizer, draw(rng, product_guide, size))
    product[:, 1] = product[:, 0]
    day[:, 1] = day[:, 0] + interval[product[:, 0]] + rng.integers(0, 28, size)
    day[:, 2] = day[:, 1] + 90 + rng.integers(0, 60, size)
    day[:, 3] = day[:, 2] + 100 + rng.integers(0, 40, size)
    product[:, 2] = np.where(chance(rng, size, 0.6), pfizer, draw(rng, product_guide, size))
    product[:, 3] = pfizer
    count = np.minimum(count, (day <= _LAST).sum(axis=1))
    lot = (day // 14 + made.facilities.province[home][:, None] * 5) % _LOTS

    split = np.where(count >= 2, 1 + rng.integers(0, np.maximum(count - 1, 1)), 1)
    both = chance(rng, size, 0.4) | (count == 1)
    number = np.arange(1, _MOST + 1)
    split_at, both_at = split[human][:, None], both[human][:, None]
    given = number <= count[human][:, None]
    given &= (second != 1)[:, None] | (number <= split_at)
    given &= (second != 2)[:, None] | (number > split_at) | (both_at & (number == split_at))
    row, which = np.nonzero(given)
    person = human[row]
    shared = (second[row] == 2) & (number[which] <= split[person])
    facility = np.where(shared, home[person], records.facility[row])
    chosen = product[person, which]
    n = len(row)
    dates = pa.array(np.datetime_as_string(np.arange(_START, TODAY)))
    identity = chunk * 10_000_000 + np.arange(n)
    return pa.table(
        {
            "dose_id": text.strings(text.digits(identity, 15)),
            "person_id": records.persons["person_id"].combine_chunks().take(pa.array(row)),
            "dose_number": text.pick(pa.array(["1", "2", "3", "4"]), which),
            "vaccine_code": text.pick(codes, chosen),
            "lot": text.pick(lots, chosen * _LOTS + lot[person, which]),
            "vaccinated_on": text.pick(dates, day[person, which]),
            "facility_code": text.pick(pa.array(made.facilities.code), facility),
        }
    )

"""Which errors befall which record: facilities' habits, errors that meet, what can apply.

Decides; how an error is made is the business of the `spoil_` rooms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .draws import Flags, Floats, Ints, chance, stream
from .mixes import CHANNEL, HABITS, NONE, NUMBER, PILE, Mix, kind
from .places import Facilities

_CHILD_PILED = 2.2  # children have no number of their own to give
_CHILD_BORROWS = 5.0
_CHILDREN = 0.055  # of all records

_RIGHT, _WRONG, _PILED = range(3)


@dataclass(frozen=True, slots=True)
class Habits:
    """What each facility does: its habit, and its manners that make no difference.

    `manner` chooses among encodings and typing methods; `date_form`, `sex_form` among ways of
    writing; `letters` 0 = as is, 1 = capitals, 2 = decomposed Unicode, 3 = Ð for Đ; `new_tones`
    puts the tone mark the new way.
    """

    habit: Ints
    rates: Floats
    weights: Floats
    manner: Ints
    date_form: Ints
    sex_form: Ints
    letters: Ints
    new_tones: Flags


def habits(mix: Mix, facilities: Facilities, seed: int) -> Habits:
    """Gives every facility its habits, by shares of all records; hospitals and CDCs have none."""
    rng = stream(seed, 2)
    n = len(facilities.code)
    habit = np.zeros(n, dtype=np.int32)
    own = np.flatnonzero((facilities.volume > 0) & (np.arange(n) < facilities.hospital))
    order = rng.permutation(own)
    volume = facilities.volume[order]
    middle = (np.cumsum(volume) - volume / 2) / volume.sum()
    habit[order] = np.searchsorted(np.cumsum(mix.habit_shares()), middle).clip(0, len(HABITS) - 1)
    shares = np.bincount(habit, facilities.volume, len(HABITS)) / facilities.volume.sum()
    return Habits(
        habit=habit,
        rates=mix.rates(shares),
        weights=mix.weights(),
        manner=rng.integers(0, 1 << 20, n).astype(np.int32),
        date_form=(rng.random(n) < 0.3).astype(np.int32),
        sex_form=np.searchsorted([0.74, 0.94, 0.97], rng.random(n)).astype(np.int32),
        letters=np.searchsorted([0.70, 0.95, 0.98], rng.random(n)).astype(np.int32),
        new_tones=rng.random(n) < 0.2,
    )


def draw(
    rng: np.random.Generator,
    mix: Mix,
    made: Habits,
    facility: Ints,
    *,
    child: Flags,
    spared: Flags,
    possible: dict[str, Flags],
) -> list[Ints]:
    """The kind of error of each record in each channel.

    `spared` rows get no error. `possible` says where a kind can apply; kinds not in it can
    always. Returns one column a channel, NONE where there is no error; NUMBER and PILE are one.
    """
    n = len(facility)
    habit = made.habit[facility]
    adult_piled = (1 - _CHILD_PILED * _CHILDREN) / (1 - _CHILDREN)
    piled_rate = made.rates[habit, 1] * np.where(child, _CHILD_PILED, adult_piled)
    u = rng.random(n)
    group = np.where(u < piled_rate, _PILED, np.where(u < piled_rate + made.rates[habit, 0],
                                                     _WRONG, _RIGHT)).astype(np.int32)  # fmt: skip
    group[spared] = _RIGHT
    rows = np.flatnonzero(group)
    weights = made.weights[habit[rows]].astype(np.float32)
    for name, able in possible.items():
        weights[:, kind(name)] *= able[rows]
    weights[:, kind("household")] *= np.where(child[rows], _CHILD_BORROWS, 1.0)
    piled = group[rows] == _PILED
    weights[np.ix_(~piled, CHANNEL == PILE)] = 0
    weights[np.ix_(piled, CHANNEL == NUMBER)] = 0

    channels = [np.full(n, NONE, dtype=np.int32) for _ in range(5)]
    keys = np.full_like(weights, np.inf)
    np.divide(rng.standard_exponential(weights.shape, np.float32), weights, keys, where=weights > 0)
    forced = keys.copy()
    forced[np.ix_(piled, CHANNEL != PILE)] = np.inf
    chosen = forced.argmin(axis=1)
    another = np.ones(len(rows), dtype=bool)
    meet = np.where(piled, mix.piled_meet, mix.meet)
    for again in (meet, meet / 2, None):
        _take(channels, rows[another], chosen[another])
        if again is None:
            break
        same = (CHANNEL[None, :] == CHANNEL[chosen][:, None]) & another[:, None]
        keys[same] = np.inf
        another &= chance(rng, len(rows), again)
        chosen = keys.argmin(axis=1)
        another &= np.isfinite(keys[np.arange(len(rows)), chosen])
    return channels


def _take(channels: list[Ints], rows: npt.NDArray[np.int64], chosen: npt.NDArray[np.int64]) -> None:
    channel = np.minimum(CHANNEL[chosen], NUMBER)
    for i, column in enumerate(channels):
        mine = channel == i
        column[rows[mine]] = chosen[mine]

"""The names a sample can hold: as dense with namesakes as the nation, whatever its size.

**How small samples keep the nation's namesake density.** A million people drawn from 98 million
would meet a hundredth of their namesakes, and matching would look easy. So the sample is not
drawn from the people but from the *names*: it stands for everyone in the nation who bears one of
a share `N / 98 million` of the names. Provinces, communes, birth dates and numbers keep the
spread of the whole nation; the expected number of others who share name and year, name and
date, name and commune is therefore the same at every size.

Names are not kept one by one: for each family name (variants together) a few *classes* of given
words are kept, with all their middle words, so that the near namesakes stay too: those who
differ by an accent, by a sound, by a middle word left out. What is then still too rare or too
common is put right by one exponent for each kind of name, found by bisection against the
nation's own figure. Below half a million people the family names are concentrated a little
as well; below about 50,000 no scheme of this kind can hold.

Knows nothing of people or places beyond the four regions that family names differ by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import forenames, tables
from .draws import Floats, Ints, draw_by, guide, stream
from .forenames import N_COHORTS, PARTS, SEXES, STYLES, Forenames
from .words import NOTHING, WordBook, Words, sound_class

NATION = 98_000_000
REGIONS = ("north", "central", "highlands", "south")
FAMILIES = 24  # groups of family names that keep the same given words
WIDTH = PARTS + 1  # words of a full name at most
_SURNAMES_ALIKE = 500_000  # below this size family names are concentrated too
_MOST_ALIKE = 0.85  # no kind of name may be held by more than about one word
_NICKNAMES = "Tí Tèo Cu Bé Bin Bi Ti Sen Su Nhím Mít Bo Bống Tít Na Gấu Bon"
_MOST_ALIKE_OWN = 0.25  # the smallest groups keep some variety, though the nation's rule asks less


@dataclass(frozen=True, slots=True)
class NameSpace:
    """Guides from which names are drawn; see `NameSpace.names`.

    `surname_word` and `surname_family` are by surname number; `by_region` and `by_group` guides
    of surname numbers; `forename_words` and `surname_last` by forename number; `forename` one
    guide a stratum, those of other styles than the majority's from `own_strata` on.
    """

    words: Words
    surname_word: Ints
    surname_family: Ints
    by_region: npt.NDArray[np.int32]
    by_group: npt.NDArray[np.int32]
    forename_words: npt.NDArray[np.int32]
    surname_last: npt.NDArray[np.bool_]
    forename: npt.NDArray[np.int32]
    own_strata: int
    middle_words: Ints
    nicknames: Ints

    def surnames(self, rng: np.random.Generator, region: Ints, group: Ints) -> Ints:
        """A family name a row: by region for the majority (group 0), else by ethnic group."""
        drawn = draw_by(rng, self.by_region, region)
        others = np.flatnonzero(group)
        drawn[others] = draw_by(rng, self.by_group, group[others])
        return drawn

    def stratum(self, surname: Ints, style: Ints, sex: Ints, year: Ints) -> Ints:
        """The kind of forename of each row: by family name, sex and cohort, or by style and sex."""
        cohort = np.searchsorted(np.array(forenames.COHORTS), year, side="left")
        common = (self.surname_family[surname] * 2 + sex) * N_COHORTS + cohort
        own = self.own_strata + (style - 1) * 2 + sex
        return np.where(style == 0, common, own).astype(np.int32)

    def forenames(self, rng: np.random.Generator, stratum: Ints) -> Ints:
        """A forename number a row."""
        return draw_by(rng, self.forename, stratum)

    def full(self, surname: Ints, forename: Ints) -> npt.NDArray[np.int32]:
        """The words of full names in their order, one row a name, filled from the left."""
        n = len(surname)
        parts = self.forename_words[forename]
        word = self.surname_word[surname]
        made = np.full((n, WIDTH), NOTHING, dtype=np.int32)
        first = (word >= 0) & ~self.surname_last[forename]
        made[:, 0] = word
        made[:, 1:] = parts
        bare = np.flatnonzero(~first)
        made[bare, :PARTS] = parts[bare]
        made[bare, PARTS] = NOTHING
        last = np.flatnonzero((word >= 0) & self.surname_last[forename])
        made[last, (parts[last] >= 0).sum(axis=1)] = word[last]
        return made


def build(people: int, population: int = NATION) -> NameSpace:
    """The names for a sample of `people` that stands for `population` people.

    A sample as large as what it stands for holds all names. The same sizes give the same names.
    """
    share = min(1.0, people / population)
    book = WordBook()
    surnames, by_region, by_group = _surnames(share * NATION)
    surname_word = np.array([book.add(s) if s else NOTHING for s in surnames], dtype=np.int32)
    family = _families(surnames, by_region)
    common, own = forenames.kinh(book), forenames.ethnic(book)

    words: list[npt.NDArray[np.int32]] = []
    last: list[npt.NDArray[np.bool_]] = []
    offsets: dict[tuple[str, str], int] = {}
    kinds: dict[tuple[str, str], Forenames] = {("kinh", sex): common[sex] for sex in SEXES} | own
    for key, kind in kinds.items():
        offsets[key] = sum(map(len, words))
        words.append(kind.words)
        last.append(np.full(len(kind.words), key[0] in forenames.SURNAME_LAST))

    usual = _surnames(NATION)[1].mean(axis=0)
    concentrated = (by_region.mean(axis=0) ** 2).sum() / (usual**2).sum()
    families = range(FAMILIES if share < 1 else 1)
    if share == 1:  # then families differ in nothing
        family[:] = 0
    own_strata = len(families) * 2 * N_COHORTS
    bits = int(np.clip(np.ceil(np.log2(people / own_strata + 1)) + 2, 12, 20 - 3 * (share < 1)))
    table = []
    for f in families:
        for sex in SEXES:
            kind, offset = common[sex], offsets["kinh", sex]
            kept = _kept(kind, share, stream(0, f, SEXES.index(sex)))
            for c in range(N_COHORTS):
                target = (kind.weight[c] ** 2).sum() / share / concentrated
                table.append(_guide(kind, c, kept, min(target, _MOST_ALIKE), bits) + offset)
    for style in STYLES[1:]:
        for sex in SEXES:
            kind, offset = own[style, sex], offsets[style, sex]
            kept = _kept(kind, share, stream(1, STYLES.index(style), SEXES.index(sex)))
            target = min((kind.weight[0] ** 2).sum() / share, _MOST_ALIKE_OWN)
            table.append(_guide(kind, 0, kept, target, bits) + offset)
    forename = np.stack(table)
    forename_words = np.concatenate(words)
    middle_words = book.add_all(sorted({r["middle"] for r in tables.rows("middle_names")}))
    nicknames = book.add_all(_NICKNAMES.split())
    # damages are worked out for the words that can be drawn only
    reached = forename_words[np.unique(forename)]
    reached = np.unique(np.concatenate([reached.ravel(), surname_word, middle_words, nicknames]))
    reached = reached[reached >= 0]
    renumbered = np.full(len(book) + 1, NOTHING, dtype=np.int32)
    renumbered[reached] = np.arange(len(reached))
    return NameSpace(
        words=WordBook(book.text(i) for i in reached.tolist()).finish(),
        surname_word=renumbered[surname_word],
        surname_family=family,
        by_region=np.stack([guide(w, 16) for w in by_region]),
        by_group=np.stack([guide(w, 12) for w in by_group]),
        forename_words=renumbered[forename_words],
        surname_last=np.concatenate(last),
        forename=forename,
        own_strata=own_strata,
        middle_words=renumbered[middle_words],
        nicknames=renumbered[nicknames],
    )


def _surnames(people: float) -> tuple[list[str], Floats, Floats]:
    """Family names, their probabilities by region, and by ethnic group ("" = has none)."""
    counted = tables.rows("surnames")
    groups = [r["name"] for r in tables.rows("ethnic_groups")]
    styles = {r["name"]: r["style"] for r in tables.rows("ethnic_groups")}
    of_group: dict[str, list[str]] = {g: [] for g in groups}
    for r in tables.rows("ethnic_surnames"):
        if r["group"] in of_group:
            of_group[r["group"]].append(r["surname"].replace("’", "'"))
    names = ["", *dict.fromkeys([r["surname"] for r in counted])]
    names += sorted({s for g in groups for s in of_group[g]} - set(names))
    at = {s: i for i, s in enumerate(names)}
    by_region: Floats = np.zeros((len(REGIONS), len(names)))
    for r in counted:
        for k, region in enumerate(REGIONS):
            by_region[k, at[r["surname"]]] = tables.number(r[region]) or 0.3 * float(r["weight"])
            if r["surname"] == "Nguyễn":  # fixed over the land: the student lists count it low
                by_region[k, at["Nguyễn"]] = float(r["weight"])
    by_region /= by_region.sum(axis=1, keepdims=True)
    factor = (_SURNAMES_ALIKE / people) ** 0.35
    if factor > 1:
        alike = (by_region**2).sum(axis=1) * factor
        by_region = np.stack([_tempered(w + 1e-12, min(a, 0.6), np.zeros(len(w), dtype=np.int64))
                              for w, a in zip(by_region, alike, strict=True)])  # fmt: skip
        by_region[:, 0] = 0.0
        by_region = by_region / by_region.sum(axis=1, keepdims=True)
    by_group = np.zeros((len(groups), len(names)))
    for k, group in enumerate(groups):
        style = styles[group]
        markers = {m for pair in forenames.ETHNIC_MARKERS.get(style, {}).values() for m, _ in pair}
        own = [s for s in of_group[group] if s not in markers and not s.endswith("'")]
        if style in forenames.NO_SURNAME:
            by_group[k, 0] = 1.0
        elif own:
            for i, surname in enumerate(own):
                by_group[k, at[surname]] = 1 / (i + 3)
        else:
            by_group[k] = by_region[0]
        if own and style in forenames.NO_SURNAME and style != "xtieng":
            by_group[k, 0] = 0.9
            by_group[k, [at[s] for s in own]] = 0.1 / len(own)
    return names, by_region, by_group


def _families(names: list[str], by_region: Floats) -> Ints:
    """Groups of family names; variants of one name (Hoàng, Huỳnh) are in one group."""
    weight = by_region.mean(axis=0)
    classes: dict[str, float] = {}
    for name, w in zip(names, weight, strict=True):
        key = sound_class(name) if name else ""
        classes[key] = classes.get(key, 0.0) + float(w)
    ordered = sorted(classes, key=lambda c: (-classes[c], c))
    group = {c: min(i, FAMILIES - 8) + max(0, i - FAMILIES + 8) % 8 for i, c in enumerate(ordered)}
    return np.array([group[sound_class(n) if n else ""] for n in names], dtype=np.int32)


def _kept(kind: Forenames, share: float, rng: np.random.Generator) -> Ints:
    """Which forenames a sample keeps: whole classes of given words, as many as its size asks."""
    everything = np.arange(len(kind.words), dtype=np.int32)
    found = np.bincount(kind.family, kind.weight.mean(axis=0))
    mass = found / found.sum()
    n = max(2.0, 2.2 * share / float((mass**2).sum()))
    if share == 1 or n >= len(mass):
        return everything
    # systematic sampling with chances in proportion to size, in a random order
    order = rng.permutation(len(mass))
    chances = np.minimum(1.0, n * mass[order])
    ticks = np.floor(np.cumsum(chances) + rng.random())
    keep = np.zeros(len(mass), dtype=bool)
    keep[order[np.diff(np.r_[0.0, ticks]) > 0]] = True
    return everything[keep[kind.family]]


def _guide(kind: Forenames, cohort: int, kept: Ints, alike: float, bits: int) -> Ints:
    """A guide of the kept forenames in which two draws agree with probability `alike`."""
    weight = kind.weight[cohort]
    if len(kept) == len(weight):
        return guide(weight, bits)
    made = _tempered(weight[kept] + 1e-12, max(alike, 1.05 / len(kept)), kind.shape[kept])
    cells: Ints = kept[guide(made, bits)]
    return cells


def _tempered(weight: Floats, alike: float, shape: Ints) -> Floats:
    """The weights to the power at which two draws agree with probability `alike`.

    What share each shape has stays as it is, where that can be.

    >>> even = _tempered(np.array([0.9, 0.1]), 0.5, np.array([0, 0]))
    >>> bool(abs(even[0] - even[1]) < 0.1)
    True
    """
    log = np.log(weight / weight.max())
    wanted = np.bincount(shape, weight)
    aim = np.log(alike)

    def powered(power: float) -> Floats:
        p = np.exp(log * power)
        found = np.bincount(shape, p)
        made: Floats = p * (wanted / np.where(found > 0, found, 1))[shape]
        return made

    def excess(power: float) -> float:
        p = powered(power)
        return float(np.log((p**2).sum() / p.sum() ** 2) - aim)

    # agreement grows with the power; from a bracket, false position with halving (Illinois)
    low, high = 0.0, 16.0
    at_low, at_high = excess(low), excess(high)
    if at_high <= 0 and shape.any():  # so alike only within one shape
        return _tempered(weight, alike, np.zeros_like(shape))
    if at_low >= 0 or at_high <= 0:
        return powered(low if at_low >= 0 else high)
    power = 1.0
    for _ in range(12):
        now = excess(power)
        if abs(now) < 0.01:
            break
        if now < 0:
            low, at_low, at_high = power, now, at_high / 2
        else:
            high, at_high, at_low = power, now, at_low / 2
        power = (low * at_high - high * at_low) / (at_high - at_low)
    return powered(power)

"""What a nation calls its children: middle and given words by sex and cohort.

One list of forenames (tên đệm và tên: everything but the family name) with a probability
for each sex and birth cohort, built from published counts; and the forenames of those ethnic
groups that name in their own way. Knows nothing of family names, places or sample sizes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import tables
from .draws import Floats
from .words import NOTHING, WordBook, sound_class

SEXES = ("M", "F")
COHORTS = (1970, 1990, 2005)  # last birth year of all cohorts but the youngest
N_COHORTS = len(COHORTS) + 1
PARTS = 3  # words of a forename at most

# Văn and Thị as first middle word, and names of four words, per cohort (name_cohort_params and
# name_word_counts of the reference data; before 1991 assumptions).
MARKERS = {"M": ("Văn", (0.60, 0.35, 0.1685, 0.03)), "F": ("Thị", (0.88, 0.80, 0.6583, 0.17))}
FOUR_WORDS = {"M": (0.03, 0.05, 0.09, 0.26), "F": (0.40, 0.46, 0.53, 0.65)}
TWO_WORDS = {"M": (0.04, 0.02, 0.013, 0.009), "F": (0.006, 0.003, 0.002, 0.002)}
# Fashion: names that rose from 1991-2002 to 2007-2011 were rarer before. For men no second count
# is published; these words stand for the drift.
_FASHION = (-0.8, -0.4, 0.0, 0.7)
_RISING_MEN = (
    "Khang Khôi Minh Bảo Phát Thiên An Phúc Nguyên Khoa Đăng Huy Phong Gia Kiệt Nhật Khánh"
)
_FALLING_MEN = "Hùng Dũng Sơn Hải Thành Bình Tuấn Cường Thắng Hòa Tâm Lợi Hà Chiến Toàn Hồng Đông"
# Older men and women called by order of birth or by plain words.
_OLD = {"M": "Ba Tư Năm Sáu Bảy Tám Út Mười", "F": "Ba Tư Năm Sáu Bảy Tám Út Bé Gái Mười Chín"}
# Counts of students born about 2000 make the names of other cohorts too alike; these exponents
# flatten them, so that the nation has the namesakes that matching.md's table counts.
_FLATTER = {"M": (0.42, 0.63, 0.87, 0.97), "F": (0.60, 0.57, 0.64, 1.05)}


@dataclass(frozen=True, slots=True)
class Forenames:
    """Forenames of one way of naming.

    `words` has one row a forename and PARTS word numbers, filled from the left; `weight` one
    row a cohort; `family` the sound class of the given word, by number; `shape` the shape of
    the forename (its marker of sex, and how many words), by number.
    """

    words: npt.NDArray[np.int32]
    weight: Floats
    family: npt.NDArray[np.int32]
    shape: npt.NDArray[np.int64]


def kinh(book: WordBook) -> dict[str, Forenames]:
    """The forenames of the majority, and of the groups that name as it does, by sex."""
    return {sex: _kinh(book, sex) for sex in SEXES}


def _kinh(book: WordBook, sex: str) -> Forenames:
    given, by_cohort = _given(sex)
    place = {word: i for i, word in enumerate(given)}
    marker, marker_share = MARKERS[sex]
    first = _middles(sex, "1", marker)
    second = _middles(sex, "2", "")
    if sex == "M":  # second middle words of men are counted too thinly to stand alone
        second = {w: second.get(w, 0) / 2 + first.get(w, 0) / 2 for w in {*first, *second}}
    pairs = {
        (r["middle"], r["given"]): float(r["n"])
        for r in tables.rows("middle_given_pairs")
        if r["sex"] == sex and r["given"] in place and r["middle"] != marker
    }
    middle = sorted({*first, *second})
    after_first = _joint(middle, first, given, by_cohort[2], pairs)
    after_second = _joint(middle, second, given, by_cohort[2], pairs)

    marker_id, given_ids, middle_ids = book.add(marker), book.add_all(given), book.add_all(middle)
    drift = by_cohort / by_cohort[2]
    rows: list[npt.NDArray[np.int32]] = []
    weights: list[Floats] = []

    def add(parts: list[npt.NDArray[np.int32]], weight: Floats) -> None:
        full = [*parts, *[np.full(len(parts[0]), NOTHING, dtype=np.int32)] * (PARTS - len(parts))]
        rows.append(np.stack(full, axis=1))
        weights.append(weight)

    share = np.array(marker_share)[:, None]
    four, two = np.array(FOUR_WORDS[sex])[:, None], np.array(TWO_WORDS[sex])[:, None]
    three = 1 - four - two
    add([given_ids], two * by_cohort)
    add([np.full(len(given), marker_id), given_ids], three * share * by_cohort)
    m, g = np.nonzero(after_first > 2e-7)
    add([middle_ids[m], given_ids[g]], three * (1 - share) * after_first[m, g] * drift[:, g])
    m, g = np.nonzero(after_second > 1e-5)
    pair = after_second[m, g] / after_second[m, g].sum() * drift[:, g]
    n = len(m)
    add([np.full(n, marker_id), middle_ids[m], given_ids[g]], four * share * pair)
    leading = sorted(first, key=lambda w: -first[w])[:24]
    total = sum(first[w] for w in leading)
    common = np.argsort(-after_second[m, g], kind="stable")[:2500]
    common = np.sort(common)
    for word in leading:
        keep = common[middle_ids[m[common]] != book.add(word)]
        p = four * (1 - share) * first[word] / total * pair[:, keep] / pair[2, common].sum()
        add([np.full(len(keep), book.add(word)), middle_ids[m[keep]], given_ids[g[keep]]], p)
    words = np.concatenate(rows)
    last = np.where(words[:, 2] >= 0, words[:, 2], np.where(words[:, 1] >= 0, words[:, 1],
                                                            words[:, 0]))  # fmt: skip
    classes = {word_id: sound_class(word) for word, word_id in zip(given, given_ids, strict=True)}
    numbers = {name: i for i, name in enumerate(sorted(set(classes.values())))}
    family_of = np.zeros(int(given_ids.max()) + 1, dtype=np.int32)
    for word_id, name in classes.items():
        family_of[word_id] = numbers[name]
    shape = (words >= 0).sum(axis=1) * 2 + (words[:, 0] == marker_id)
    weight = _flattened(np.concatenate(weights, axis=1), shape, _FLATTER[sex])
    return Forenames(words, weight, family_of[last], shape)


def _flattened(weight: Floats, shape: npt.NDArray[np.int64], power: tuple[float, ...]) -> Floats:
    """The weights to a power a cohort; what share each shape of name has stays as it is."""
    flat: Floats = weight ** np.array(power)[:, None]
    for kind in np.unique(shape):
        of_kind = shape == kind
        before = weight[:, of_kind].sum(axis=1, keepdims=True)
        flat[:, of_kind] *= before / flat[:, of_kind].sum(axis=1, keepdims=True)
    flat /= flat.sum(axis=1, keepdims=True)
    return flat


def _given(sex: str) -> tuple[list[str], Floats]:
    """Given words, and their probabilities by cohort (rows)."""
    rows = [r for r in tables.rows("given_names") if r["sex"] == sex]
    words = [r["given"] for r in rows]
    base = np.array([float(r["n"]) for r in rows])
    trend = np.ones(len(rows))
    for i, row in enumerate(rows):
        before, after = (tables.number(row[c]) for c in ("born_1991_2002", "born_2007_2011"))
        if before and after:
            trend[i] = np.clip(after / before, 0.25, 4)
        elif sex == "M":
            trend[i] = 2.2 if words[i] in _RISING_MEN.split() else trend[i]
            trend[i] = 0.4 if words[i] in _FALLING_MEN.split() else trend[i]
    by_cohort = base * trend ** np.array(_FASHION)[:, None]
    old = [w for w in _OLD[sex].split() if w not in words]
    words += old
    tail = by_cohort.sum(axis=1, keepdims=True) * np.array([0.010, 0.004, 2e-4, 2e-5])[:, None]
    by_cohort = np.concatenate([by_cohort, np.repeat(tail / len(old), len(old), axis=1)], axis=1)
    return words, by_cohort / by_cohort.sum(axis=1, keepdims=True)


def _middles(sex: str, position: str, without: str) -> dict[str, float]:
    return {
        r["middle"]: float(r["n"])
        for r in tables.rows("middle_names")
        if r["sex"] == sex and r["position"] == position and r["middle"] != without
    }


def _joint(
    middle: list[str],
    counts: dict[str, float],
    given: list[str],
    p_given: Floats,
    pairs: dict[tuple[str, str], float],
) -> Floats:
    """P(last middle word, given word): half as counted in pairs, half as if independent."""
    p_middle = np.array([counts.get(w, 0.0) for w in middle])
    p_middle /= p_middle.sum()
    joint: Floats = p_middle[:, None] * p_given[None, :]
    seen = np.zeros_like(joint)
    at, to = {w: i for i, w in enumerate(middle)}, {w: i for i, w in enumerate(given)}
    for (m, g), n in pairs.items():
        if m in at:
            seen[at[m], to[g]] = n * (counts.get(m, 0.0) > 0)
    joint = 0.5 * joint + 0.5 * seen / seen.sum()
    for word in set(middle) & set(given):
        joint[at[word], to[word]] = 0.0  # nobody is called Anh Anh
    joint /= joint.sum()
    return joint


# Markers of sex in front of the given word; "" = none. See ethnic_name_patterns of the reference
# data: Y marks men among the Ê Đê and Mnông, women among the Ba Na, Xơ Đăng and Gié-Triêng.
ETHNIC_MARKERS: dict[str, dict[str, tuple[tuple[str, float], ...]]] = {
    "hmong": {"M": (("A", 0.75), ("", 0.15), ("Seo", 0.1)), "F": (("Thị", 0.85), ("", 0.15))},
    "ede": {"M": (("Y", 1.0),), "F": (("H'", 0.9), ("H", 0.1))},
    "bana": {"M": (("A", 0.9), ("", 0.1)), "F": (("Y", 0.95), ("", 0.05))},
    "jarai": {"M": (("", 1.0),), "F": (("H'", 0.75), ("", 0.25))},
    "koho": {"M": (("K'", 0.75), ("", 0.25)), "F": (("Ka", 0.75), ("K'", 0.15), ("", 0.1))},
    "xtieng": {"M": (("Điểu", 0.96), ("Văn", 0.04)), "F": (("Thị", 0.97), ("Điểu", 0.03))},
    "khmer": {"M": (("", 0.7), ("Văn", 0.2), ("Chane", 0.1)),
              "F": (("Thị", 0.75), ("Néang", 0.1), ("", 0.15))},
    "cham": {"M": (("", 0.8), ("Văn", 0.2)), "F": (("Thị", 0.6), ("", 0.4))},
    "raglai": {"M": (("", 0.7), ("Văn", 0.3)), "F": (("Thị", 0.8), ("", 0.2))},
    "katu": {"M": (("", 0.6), ("Văn", 0.4)), "F": (("Thị", 0.85), ("", 0.15))},
    "hanhi": {"M": (("Gì", 0.2), ("A", 0.2), ("Văn", 0.2), ("", 0.4)),
              "F": (("Thị", 0.4), ("Gì", 0.3), ("Lò", 0.1), ("", 0.2))},
}  # fmt: skip
STYLES = ("kinh", *ETHNIC_MARKERS)
SURNAME_LAST = ("ede",)  # Y Moan Êñuôl, H'Hen Niê
NO_SURNAME = ("bana", "xtieng")


def ethnic(book: WordBook) -> dict[tuple[str, str], Forenames]:
    """The forenames of each other way of naming, by style and sex.

    No list of such names with frequencies is published: so the words of a list fall off slowly,
    words in the manner of the language are made of their onsets and rimes, and a second word may
    follow the first. An assumption, made so that namesakes are about as common as elsewhere.
    """
    made = {}
    for row in tables.rows("ethnic_given"):
        style, sex = row["style"], row["sex"]
        given = [g.split() for g in row["words"].split("|")]
        given += _recombined([words[0] for words in given if len(words) == 1])
        falling = (1 / (np.arange(len(given)) + 25.0)).tolist()
        total = sum(falling)
        rows, weights, families, shapes = [], [], [], []
        for shape, (marker, share) in enumerate(ETHNIC_MARKERS[style][sex]):
            for i, words in enumerate(given):
                joined = marker + words[0] if marker.endswith("'") else ""
                parts = [joined, *words[1:]] if joined else [*([marker] * bool(marker)), *words]
                ids = [book.add(w) for w in parts if len(parts) <= PARTS]
                if not ids:
                    continue
                rows.append(ids + [NOTHING] * (PARTS - len(ids)))
                weights.append(share * falling[i])
                families.append(i)
                shapes.append(2 * shape)
                if marker and not joined and len(words) == 1 and style not in ("ede", "bana"):
                    for j, other in enumerate(given[:24]):  # A Chá Páo, Thị Xuân Hương
                        if i != j and len(other) == 1:
                            rows.append([*ids, book.add(other[0])])
                            weights.append(0.35 * share * falling[i] * falling[j] / total)
                            families.append(j)
                            shapes.append(2 * shape + 1)
        weight = np.array([weights] * N_COHORTS)
        made[style, sex] = Forenames(
            np.array(rows, dtype=np.int32),
            weight / weight.sum(axis=1, keepdims=True),
            np.array(families, dtype=np.int32),
            np.array(shapes),
        )
    return made


def _recombined(words: list[str]) -> list[list[str]]:
    """Words in the manner of those given: the onset of one, the rime of another."""
    split = [re.match(r"(.*?)([^\W\d_bcdfghjklmnpqrstvwxzđñƀ].*)", w.lower()) for w in words]
    parts = [(m[1], m[2]) for m in split if m]
    known = {w.lower() for w in words}
    made: dict[str, None] = {}
    for shift in range(1, 12):
        for i, (onset, _) in enumerate(parts):
            word = onset + parts[(i + shift * 5) % len(parts)][1]
            if word not in known and len(word) > 1:
                made[word] = None
    return [[word.capitalize()] for word in made]

"""Words of names and what damage makes of each: looked up once, used on columns.

Every word that a name can hold has a number; a damage is an array from word number to word
number. Knows nothing of people, and deliberately shares no code with `lamsach.identity`,
which is tested on what is made here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from . import tables

Ids = npt.NDArray[np.int32]

NOTHING = -1
VARIANTS = 8  # spelling variants kept of one word

TONES = "\u0300\u0301\u0303\u0309\u0323"
_VOWELS = "aeiouy"
_HOOK_TILDE = str.maketrans({"\u0309": "\u0303", "\u0303": "\u0309"})

# North and South: one name, two ways to say and write it.
_REGIONAL = (
    "hoàng huỳnh|vũ võ|phúc phước|bảo bửu|cảnh kiểng|hoa huê|hồng hường|tính tánh|lĩnh lãnh|"
    "thịnh thạnh|nghĩa ngãi|nhân nhơn|chính chánh|trường tràng|cương cang|tấn tiến|tùng tòng|"
    "sinh sanh|phụng phượng|thư thơ|nhật nhựt|quý quới|dũng dõng|uy oai|đảm đởm|sơn san|"
    "lợi lị|tân tăn|minh miêng|đang đương|bình bường"
)


def strip_marks(word: str) -> str:
    """The word as one types it who types no accents (không dấu).

    >>> strip_marks("Đặng"), strip_marks("H'Ƀlŏk")
    ('Dang', "H'Blok")
    """
    plain = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    return plain.translate({0x111: "d", 0x110: "D", 0x180: "b", 0x243: "B"})


def strip_tone(word: str) -> str:
    """The word without its tone mark, letters as they are.

    >>> strip_tone("Nguyễn"), strip_tone("Đức")
    ('Nguyên', 'Đưc')
    """
    plain = "".join(c for c in unicodedata.normalize("NFD", word) if c not in TONES)
    return unicodedata.normalize("NFC", plain)


def sound_class(word: str) -> str:
    """A coarse class: words that hearing or typing confuses are in one class.

    >>> sound_class("Trương") == sound_class("Chường"), sound_class("Lan") == sound_class("Hoa")
    (True, False)
    """
    base = strip_marks(word).lower()
    base = next((pair.split()[0] for pair in _REGIONAL.split("|") if word.lower() in pair.split()),
                base)  # fmt: skip
    base = strip_marks(base).replace("y", "i")
    for old, new in (("tr", "ch"), ("gi", "d"), ("s", "x"), ("r", "d"), ("l", "n")):
        if base.startswith(old):
            base = new + base[len(old) :]
            break
    return re.sub(r"t$", "c", re.sub(r"ng$", "n", base))


def spelling_variants(word: str) -> list[str]:
    """What a hurried or regional ear and hand make of a word, never a mere loss of marks.

    Sound (s/x, ch/tr, d/gi/r, l/n, final n/ng and c/t, ?/~), letters (i/y), North and South,
    another tone, a slip of the keyboard. At most `VARIANTS`.

    >>> spelling_variants("Trương")[:2]
    ['Chương', 'Trươn']
    """
    lower = unicodedata.normalize("NFC", word.lower())
    made: list[str] = []
    for pair in _REGIONAL.split("|"):
        first, second = pair.split()
        if lower in (first, second):
            made.append(second if lower == first else first)
    if " " not in word:  # Rơ Châm is one name of two words
        made += _other_onset(lower) + _other_coda(lower) + _other_tone(lower) + _slips(lower)
    if re.fullmatch(r"(h|k|l|m|s|t|v|qu)[iyìíỉĩịỳýỷỹỵ]", lower):
        made.insert(0, lower.translate(str.maketrans("iyìíỉĩịỳýỷỹỵ", "yiỳýỷỹỵìíỉĩị")))
    kept: list[str] = []
    for variant in made:
        written = variant[:1].upper() + variant[1:] if word[:1].isupper() else variant
        if written not in kept and not _loses_only(lower, variant):
            kept.append(written)
    return kept[:VARIANTS]


def _loses_only(word: str, variant: str) -> bool:
    if word == variant:
        return True
    if strip_marks(word) != strip_marks(variant):
        return False
    rest = iter(unicodedata.normalize("NFD", word))
    return all(any(c == d for d in rest) for c in unicodedata.normalize("NFD", variant))


def _other_onset(word: str) -> list[str]:
    vowel_next = len(word) > 1 and strip_marks(word[1]) in _VOWELS
    swaps = {"s": "x", "x": "s", "r": "d", "d": "gi", "l": "n", "n": "l"}
    if word.startswith("tr"):
        return ["ch" + word[2:]]
    if word.startswith("ch"):
        return ["tr" + word[2:]]
    if word.startswith("gi") and len(word) > 2 and strip_marks(word[2]) in _VOWELS:
        return ["d" + word[2:]]
    if word[:1] in swaps and vowel_next:
        new = swaps[word[0]]
        return [(new[:-1] if new == "gi" and strip_marks(word[1]) == "i" else new) + word[1:]]
    return []


def _other_coda(word: str) -> list[str]:
    for old, new in (("ng", "n"), ("n", "ng"), ("c", "t"), ("t", "c")):
        if word.endswith(old) and len(word) > len(old):
            return [word[: -len(old)] + new]
    return []


def _other_tone(word: str) -> list[str]:
    parts = unicodedata.normalize("NFD", word)
    on_vowel = [i for i, c in enumerate(parts) if c in TONES and parts[i - 1] not in "ncb"]
    swapped = unicodedata.normalize("NFC", parts.translate(_HOOK_TILDE)) if on_vowel else word
    others = {"\u0300": "\u0301", "\u0301": "\u0323", "\u0323": "\u0300"}
    for place in on_vowel:
        if parts[place] in others:
            # a syllable that ends in a stop has only the rising and the heavy tone
            new = (
                "\u0301" if parts[place] == "\u0323" and word[-1] in "cpt" else others[parts[place]]
            )
            return [unicodedata.normalize("NFC", parts[:place] + new + parts[place + 1 :])]
    return [swapped]


def _slips(word: str) -> list[str]:
    slips = []
    if len(word) >= 4:
        slips.append(word[:2] + word[3:])
        slips.append(word[:-2] + word[-1] + word[-2])
    if len(word) >= 3 and word[-1] in "ghncmpt" and not any(a == b for a, b in pairwise(word)):
        slips.append(word + word[-1])
    return [slip for slip in slips if slip != word]


def _telex_at_end(word: str, keys: dict[int, str]) -> str:
    """Telex with the tone key struck last, as most people type: Nguyeenx."""
    typed = strip_tone(word).translate(keys)
    tone = {"\u0300": "f", "\u0301": "s", "\u0303": "x", "\u0309": "r", "\u0323": "j"}
    marks = [tone[c] for c in unicodedata.normalize("NFD", word) if c in tone]
    return typed + "".join(marks)


@dataclass(frozen=True, slots=True)
class Words:
    """The numbered words and, by number, what each damage makes of them.

    `text[i]` is word i. `unmarked`, `toneless` lose marks; `encoded` and `typed` are one array
    a damage; `retoned` moves the tone mark (no difference); `initial` abbreviates. `spelled`
    has `VARIANTS` columns of variants, of which the first `n_spelled` are filled. `letters`
    counts the letters a-z, for telling words that nothing but another word explains.
    """

    text: list[str]
    unmarked: Ids
    toneless: Ids
    encoded: list[Ids]
    encodings: list[str]
    typed: list[Ids]
    retoned: Ids
    initial: Ids
    spelled: Ids
    n_spelled: npt.NDArray[np.int8]
    letters: npt.NDArray[np.int8]


class WordBook:
    """Collects words and gives each a number; `finish` works out the damages."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._ids: dict[str, int] = {}
        self._text: list[str] = []
        for word in words:
            self.add(word)

    def __len__(self) -> int:
        return len(self._text)

    def text(self, number: int) -> str:
        """The word of a number."""
        return self._text[number]

    def add(self, word: str) -> int:
        """The word's number, a new one if it is new."""
        found = self._ids.get(word)
        if found is None:
            found = self._ids[word] = len(self._text)
            self._text.append(word)
        return found

    def add_all(self, words: Iterable[str]) -> Ids:
        """The numbers of several words."""
        return np.array([self.add(word) for word in words], dtype=np.int32)

    def finish(self) -> Words:
        """All damages of all words collected so far."""
        base = len(self._text)
        initial = np.array(
            [self.add(w[:1] + "." if len(w) > 1 else w) for w in self._text[:base]], dtype=np.int32
        )
        spelled = np.full((base, VARIANTS), NOTHING, dtype=np.int32)
        n_spelled = np.zeros(base, dtype=np.int8)
        for i in range(base):
            variants = spelling_variants(self._text[i])
            n_spelled[i] = len(variants)
            spelled[i, : len(variants)] = self.add_all(variants)
        known = len(self._text)
        telex, vni = ({ord(r["char"]): r[key] for r in tables.rows("typing_keys")}
                      for key in ("telex", "vni"))  # fmt: skip
        legacy = tables.legacy_encodings()
        encodings = [*legacy, "TCVN3, some lost"]
        lossy = {k: re.sub(r"[\x80-\xa0\xad]", "", v) for k, v in legacy["TCVN3"].items()}
        tone = {r["old"]: r["new"] for r in tables.rows("tone_placement")}

        def mapped(change: Callable[[str], str]) -> Ids:
            return np.array([self.add(change(self._text[i])) for i in range(known)], dtype=np.int32)

        letters = np.zeros((known, 26), dtype=np.int8)
        for i in range(known):
            for char in strip_marks(self._text[i]).lower():
                if "a" <= char <= "z":
                    letters[i, ord(char) - 97] += 1
        return Words(
            text=self._text,
            unmarked=mapped(strip_marks),
            toneless=mapped(strip_tone),
            encoded=[mapped(partial(_translated, t)) for t in (*legacy.values(), lossy)],
            encodings=encodings,
            typed=[
                mapped(lambda w: w.translate(telex)),
                mapped(lambda w: _telex_at_end(w, telex)),
                mapped(lambda w: w.translate(vni)),
            ],
            retoned=mapped(lambda w: _recased(tone.get(w.lower(), w), w)),
            initial=initial,
            spelled=spelled,
            n_spelled=n_spelled,
            letters=letters,
        )


def _translated(table: dict[int, str], word: str) -> str:
    """The word in a damaged encoding; Ð for Đ alone is too little to be called so."""
    damaged = word.translate(table)
    return word if damaged.replace("\u00d0", "Đ").replace("\u00f0", "đ") == word else damaged


def _recased(word: str, like: str) -> str:
    return word[:1].upper() + word[1:] if like[:1].isupper() else word

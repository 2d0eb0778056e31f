"""Communes as lists write them: by code, or by the names of province, district and commune.

Ranks may be written out, abbreviated or left out, marks may be missing; a name that could be
several communes is not guessed. Knows one catalogue at a time and nobody who lives anywhere.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, cast

from lamsach.identity import units as catalogues
from lamsach.identity.names import normalize_name, word_forms
from lamsach.intake.problems import WrongError

__all__ = ["Communes", "communes_of"]

_RANKS: Final = (
    *("tỉnh", "thành phố", "tp", "t.p", "quận", "q", "huyện", "h", "thị xã", "tx", "t.x"),
    *("phường", "p", "xã", "x", "thị trấn", "tt", "t.t", "đặc khu"),
)
_RANK: Final = re.compile(rf"^(?:{'|'.join(map(re.escape, _RANKS))})[. ]+(?=\S)")
_SHORT: Final = {
    "tp": "thành phố",
    "q": "quận",
    "h": "huyện",
    "tx": "thị xã",
    "p": "phường",
    "x": "xã",
    "tt": "thị trấn",
}
_SHORT_RANK: Final = re.compile(r"^(tp|q|h|tx|p|x|tt)[. ]+")
_NUMBERED: Final = re.compile(r"^([pqPQ])\.?(\d+)$")
#: What people write for provinces that the catalogue calls otherwise.
_PROVINCES: Final = {
    "hcm": "hồ chí minh",
    "tphcm": "hồ chí minh",
    "tp hcm": "hồ chí minh",
    "sài gòn": "hồ chí minh",
    "hn": "hà nội",
    "huế": "thừa thiên huế",
    "brvt": "bà rịa vũng tàu",
}


def _full(text: str) -> str:
    text = _NUMBERED.sub(r"\1 \2", text).replace(".", ". ").replace("-", " ")
    text = normalize_name(text)
    return _SHORT_RANK.sub(lambda found: _SHORT[found[1]] + " ", text)


def _bare(full: str) -> str:
    """Without its rank: "xã tân phú" is "tân phú"; "phường 1" and "quận 01" are "1"."""
    bare = _RANK.sub("", full)
    return bare.lstrip("0") if bare.isdigit() else bare


@lru_cache(maxsize=1 << 14)
def _folded(bare: str) -> str:
    return " ".join(word_forms(word).folded for word in bare.split())


class _Level:
    """The units of one level below one unit: by three writings, from the strictest on."""

    def __init__(self, units: Iterable[catalogues.Unit]) -> None:
        self._writings: tuple[dict[str, set[str]], ...] = tuple(defaultdict(set) for _ in range(3))
        for unit in units:
            for known, written in zip(self._writings, _writings(unit.name), strict=True):
                known[written].add(unit.code)

    def find(self, text: str) -> set[str]:
        """The codes that a name can mean, by the strictest writing that means any."""
        for known, written in zip(self._writings, _writings(text), strict=True):
            if found := known.get(written):
                return found
        return set()


@lru_cache(maxsize=1 << 14)
def _writings(text: str) -> tuple[str, str, str]:
    full = _full(text)
    bare = _bare(full)
    return full, bare, _folded(bare)


class Communes:
    """The communes of a catalogue ("2022" or "2025"), by how they are written.

    >>> communes_of("2022").code_of("Bình Phước", "Tp. Đồng Xoài", "P. Tân Phú")
    '25195'
    """

    def __init__(self, catalogue: str) -> None:
        self._catalogue = cast("catalogues.Catalogue", catalogue)
        below: Mapping[str, list[catalogues.Unit]] = defaultdict(list)
        self._codes = set()
        for unit in catalogues.all_units(self._catalogue):
            below[unit.above].append(unit)
            self._codes.add(unit.code)
        self._below = below
        self._levels: dict[str, _Level] = {}
        self._found: dict[tuple[str, str, str], str | WrongError] = {}

    def code_of(self, province: str, district: str, commune: str) -> str:
        """The code of a commune; "" when nothing is given. Raises `WrongError`."""
        asked = (province, district, commune)
        found = self._found.get(asked)
        if found is None:
            try:
                found = self._read(*asked)
            except WrongError as error:
                found = error
            self._found[asked] = found
        if isinstance(found, WrongError):
            raise WrongError(found.code)
        return found

    def _read(self, province: str, district: str, commune: str) -> str:
        if not commune:
            if province or district:
                raise WrongError("commune_missing")
            return ""
        if commune.isascii() and commune.isdigit() and len(commune) > 2:
            code = commune.zfill(5)
            if code not in self._codes:
                raise WrongError("commune_unknown")
            return code
        above = {""}
        for text, width in ((province, 2), (district, 3)):
            if text or width == 2:
                above = self._step(above, text, width)
        found: set[str] = set()
        for one in above:
            found |= self._in(one, commune)
        if not found:
            raise WrongError("commune_unknown")
        if len(found) > 1:
            raise WrongError("commune_ambiguous")
        return found.pop()

    def _step(self, above: set[str], text: str, width: int) -> set[str]:
        """The units that a province's or a district's cell can mean; all of them when empty."""
        if not text:
            return {unit.code for one in above for unit in self._below[one]}
        if text.isascii() and text.isdigit() and text.zfill(width) in self._codes:
            return {text.zfill(width)}
        found: set[str] = set()
        names = [text]
        if width == 2 and (other := _PROVINCES.get(_full(text))):
            names.append(other)
        for one in above:
            for name in names:
                found |= self._level(one).find(name)
        if not found:
            raise WrongError("commune_unknown")
        return found

    def _in(self, above: str, commune: str) -> set[str]:
        """The communes of a name below a province (through its districts) or a district."""
        below = self._below[above]
        if below and len(below[0].code) == 3:
            return set().union(*(self._level(unit.code).find(commune) for unit in below))
        return self._level(above).find(commune)

    def _level(self, above: str) -> _Level:
        if above not in self._levels:
            self._levels[above] = _Level(self._below[above])
        return self._levels[above]


@lru_cache(maxsize=2)
def communes_of(catalogue: str) -> Communes:
    """The communes of a catalogue, made once."""
    return Communes(catalogue)

"""Where people live: the communes of 2022, who lives in them, and where people were vaccinated.

Communes, districts and provinces are the real ones; how large a commune is, and which ethnic
groups live in it, is made up once for all samples within the census totals of the province.
Knows nothing of names and errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import tables
from .draws import Floats, Ints, guide, stream
from .forenames import STYLES
from .namespace import NATION, REGIONS

_WORLD = 2019  # the made-up sizes and settlements are one world, the same for every seed
_SIZE_SPREAD = 0.45  # of the logarithm of commune sizes; with the kinds, matching.md's table holds
_KIND_SIZE = {"P": 1.5, "T": 1.1, "X": 0.9}
_SETTLED = 0.7  # of a commune's people belong to the group that settled it
_NAME_REGIONS = {
    "Đồng bằng sông Hồng": "north",
    "Đông Bắc Bộ": "north",
    "Tây Bắc Bộ": "north",
    "Bắc Trung Bộ": "central",
    "Duyên hải Nam Trung Bộ": "south",
    "Tây Nguyên": "highlands",
    "Đông Nam Bộ": "south",
    "Đồng bằng sông Cửu Long": "south",
}
# Share of households that came from another province, where many did.
_CAME = {"79": 0.40, "74": 0.55, "75": 0.35, "01": 0.25, "48": 0.20, "66": 0.30, "67": 0.40,
         "64": 0.25, "68": 0.30, "70": 0.35, "77": 0.30, "27": 0.15, "92": 0.12}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Places:
    """Units by number, and guides over them.

    `province`, `district` by commune number; `name_region` and `came` (share of households from
    elsewhere) by province number; `commune` a guide; `group` one guide of ethnic groups a
    commune; `style` (way of naming) by group. Code arrays are the official codes as text.
    """

    province_code: list[str]
    province_region: list[str]
    district_code: list[str]
    commune_code: list[str]
    province: Ints
    district: Ints
    size: Floats
    name_region: Ints
    came: Floats
    commune: Ints
    home: Ints
    group: npt.NDArray[np.int32]
    group_name: list[str]
    style: Ints
    population: int


def build(province: str | None = None, remoteness: float = 0.0) -> Places:
    """The places of the nation, or of one province (its two-digit code of 2022).

    `remoteness` moves people towards the communes of ethnic minorities and away from wards: 0 for
    the nation as counted. Raises ValueError for a code that no province has.

    >>> len(build().commune_code), len(build("70").commune_code)
    (10599, 111)
    """
    provinces = tables.rows("provinces")
    if province is not None and province not in {p["code"] for p in provinces}:
        raise ValueError(f"no province has the code {province!r}: give two digits, as in 2022")
    at = {p["code"]: i for i, p in enumerate(provinces)}
    districts = tables.rows("districts")
    district_at = {d["code"]: i for i, d in enumerate(districts)}
    district_province = np.array([at[d["province_code"]] for d in districts], dtype=np.int32)
    communes = tables.rows("communes")
    district = np.array([district_at[c["district_code"]] for c in communes], dtype=np.int32)
    of = district_province[district]

    rng = stream(_WORLD, 0)
    size = np.exp(rng.normal(0, _SIZE_SPREAD, len(communes)))
    size *= np.array([_KIND_SIZE[c["kind"]] for c in communes])
    census = np.array([float(p["population"]) for p in provinces])
    mixed = _mix(at, census)
    settled = _settlers(mixed, of)
    minority = settled > 0
    ward = np.array([c["kind"] == "P" for c in communes])
    size *= census[of] / np.bincount(of, size)[of]
    size *= np.where(minority, 1 + 3 * remoteness, np.where(ward, 1 - 0.6 * remoteness, 1.0))
    group = np.stack([guide(row, 10) for row in mixed])[of]
    n_settled = int(group.shape[1] * _SETTLED)
    group[:, :n_settled] = settled[:, None]

    kept = np.arange(len(communes)) if province is None else np.flatnonzero(of == at[province])
    size = size[kept] / size[kept].sum()
    share = 1.0 if province is None else float(census[at[province]] / census.sum())
    groups = tables.rows("ethnic_groups")
    return Places(
        province_code=[p["code"] for p in provinces],
        province_region=[p["region"] for p in provinces],
        district_code=[d["code"] for d in districts],
        commune_code=[communes[i]["code"] for i in kept],
        province=of[kept],
        district=district[kept],
        size=size,
        name_region=np.array(
            [REGIONS.index(_NAME_REGIONS[p["region"]]) for p in provinces], dtype=np.int32
        ),
        came=np.array([_CAME.get(p["code"], 0.06) for p in provinces]),
        commune=guide(size, 20),
        home=guide(census, 14),
        group=group[kept],
        group_name=[g["name"] for g in groups],
        style=np.array([STYLES.index(g["style"]) for g in groups], dtype=np.int32),
        population=round(NATION * share),
    )


def _mix(at: dict[str, int], census: Floats) -> Floats:
    """P(ethnic group | province), one row a province."""
    groups = tables.rows("ethnic_groups")
    counts = np.zeros((len(at), len(groups)))
    for k, row in enumerate(groups):
        people = float(row["population"])
        named = 0.0
        for home in row["homes"].split():
            code, share = home.split(":")
            counts[at[code], k] += people * float(share) / 100
            named += float(share) / 100
        if k:
            counts[:, k] += people * max(0.0, 1 - named) * census / census.sum()
    counts[:, 0] = np.maximum(census - counts[:, 1:].sum(axis=1), 0.02 * census)
    mixed: Floats = counts / counts.sum(axis=1, keepdims=True)
    return mixed


def _settlers(mixed: Floats, of: Ints) -> Ints:
    """The group that settled each commune: shares of a province's communes as of its people."""
    settled = np.zeros(len(of), dtype=np.int32)
    rng = stream(_WORLD, 1)
    for p in range(len(mixed)):
        own = rng.permutation(np.flatnonzero(of == p))
        settled[own] = np.searchsorted(
            np.cumsum(mixed[p]), (np.arange(len(own)) + rng.random()) / len(own)
        ).clip(0, mixed.shape[1] - 1)
    return settled


@dataclass(frozen=True, slots=True)
class Facilities:
    """Vaccination facilities (cơ sở tiêm chủng): stations, district centres, hospitals, CDCs.

    Commune stations come first, by commune number; then one district centre a district, then a
    hospital and a CDC a province (`centre`, `hospital`, `cdc` are the numbers of the first).
    `commune` and `district` are -1 where a facility has none.
    """

    code: list[str]
    name: list[str]
    kind: list[str]
    province: Ints
    district: Ints
    commune: Ints
    centre: int
    hospital: int
    cdc: int
    volume: Floats

    def of(self, rng: np.random.Generator, places: Places, commune: Ints) -> Ints:
        """The facility of each record: mostly the station of the commune, else further up."""
        n = len(commune)
        level = guide(_LEVELS, 8)[rng.integers(0, 256, n)]
        return np.choose(
            level,
            [
                commune,
                self.centre + places.district[commune],
                self.hospital + places.province[commune],
                self.cdc + places.province[commune],
                places.commune[rng.integers(0, len(places.commune), n)],
            ],
        ).astype(np.int32)


_LEVELS = np.array([0.66, 0.20, 0.08, 0.03, 0.03])  # station, centre, hospital, CDC, elsewhere


def facilities(places: Places) -> Facilities:
    """The facilities that serve these places, with their expected share of all records."""
    communes = {c["code"]: c for c in tables.rows("communes")}
    districts, provinces = tables.rows("districts"), tables.rows("provinces")
    kinds = {"P": "phường", "T": "thị trấn", "X": "xã"}
    stations = [communes[code] for code in places.commune_code]
    code = [f"C{c['code']}-TYT" for c in stations]
    code += [f"D{d['code']}-TTYT" for d in districts]
    code += [f"P{p['code']}-BVDK" for p in provinces] + [f"P{p['code']}-CDC" for p in provinces]
    name = [f"Trạm Y tế {kinds[c['kind']]} {c['name']}" for c in stations]
    name += [f"Trung tâm Y tế {d['name']}" for d in districts]
    name += [f"Bệnh viện Đa khoa {p['name']}" for p in provinces]
    name += [f"Trung tâm Kiểm soát bệnh tật {p['name']}" for p in provinces]
    n_communes, n_districts, n_provinces = len(stations), len(districts), len(provinces)
    at = {p["code"]: i for i, p in enumerate(provinces)}
    every = np.arange(n_provinces, dtype=np.int32)
    none = np.full(2 * n_provinces, -1, dtype=np.int32)
    by_district = np.bincount(places.district, places.size, n_districts)
    by_province = np.bincount(places.province, places.size, n_provinces)
    return Facilities(
        code=code,
        name=name,
        kind=["commune station"] * n_communes
        + ["district centre"] * n_districts
        + ["provincial hospital"] * n_provinces
        + ["CDC"] * n_provinces,
        province=np.concatenate(
            [
                places.province,
                np.array([at[d["province_code"]] for d in districts], dtype=np.int32),
                every,
                every,
            ]
        ),
        district=np.concatenate([places.district, np.arange(n_districts, dtype=np.int32), none]),
        commune=np.concatenate(
            [
                np.arange(n_communes, dtype=np.int32),
                np.full(n_districts + 2 * n_provinces, -1, dtype=np.int32),
            ]
        ),
        centre=n_communes,
        hospital=n_communes + n_districts,
        cdc=n_communes + n_districts + n_provinces,
        volume=np.concatenate(
            [
                places.size * (_LEVELS[0] + _LEVELS[4]),
                by_district * _LEVELS[1],
                by_province * _LEVELS[2],
                by_province * _LEVELS[3],
            ]
        ),
    )

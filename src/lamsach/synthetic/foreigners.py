"""Foreign residents on the platform: passport numbers, never compared with the register."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

# Nationality as typed (alpha-2 or alpha-3), family names, given names of men and of women.
_NATIONS = (
    ("CN", "WANG LI ZHANG LIU CHEN YANG ZHAO", "WEI JUN LEI MIN HAO JIE", "FANG NA YAN MEI LING"),
    ("KOR", "KIM LEE PARK CHOI JUNG KANG", "MINJUN SEOJUN JIHOON SUNGMIN", "SEOYEON JIWOO SOOJIN"),
    ("JPN", "SATO SUZUKI TAKAHASHI TANAKA ITO", "HIROSHI KENJI TAKESHI", "YUKO KEIKO AYUMI"),
    ("TW", "LIN HUANG CHANG TSAI HSU", "CHIA-HAO CHUN-CHIEH KUAN-YU", "YA-TING SHU-FEN MEI-LING"),
    ("USA", "SMITH JOHNSON BROWN MILLER DAVIS", "JAMES ROBERT DAVID", "MARY LINDA SUSAN EMILY"),
    ("FR", "MARTIN BERNARD DUBOIS PETIT", "PIERRE LUC ANTOINE JULIEN", "MARIE CLAIRE SOPHIE"),
    ("IND", "SINGH KUMAR PATEL SHARMA NAIR", "RAJESH AMIT SURESH ARUN", "PRIYA ANJALI DEEPA"),
    ("PH", "SANTOS REYES CRUZ BAUTISTA", "JOSE MARK ANGELO", "MARIA ANA GRACE JASMINE"),
    ("KHM", "SOK CHEA KEO HENG LY", "SOPHEAK DARA VUTHY RITHY", "SREYMOM SOPHEA CHANTHA BOPHA"),
    ("LA", "PHOMMACHANH SISAVATH VONGSA", "BOUNMY SOMCHAI KHAMLA", "CHANSOUK NOY MANIVONE"),
)


def make(rng: np.random.Generator, n: int) -> dict[str, pa.Array]:
    """Names, sexes, nationalities and passport numbers of `n` foreigners, and `sex_number`.

    The passport is in the field of its own, and for a quarter in the ID field as well.
    """
    names: list[str] = []
    nation: list[str] = []
    by_sex: tuple[list[int], list[int]] = ([], [])
    for code, family, men, women in _NATIONS:
        for rows, given in zip(by_sex, (men, women), strict=True):
            for last in family.split():
                for first in given.split():
                    rows.append(len(names))
                    names.append(f"{first} {last}" if len(code) == 3 else f"{last} {first}")
                    nation.append(code)
    sex = rng.integers(0, 2, n)
    place = np.where(
        sex == 0,
        np.array(by_sex[0])[rng.integers(0, len(by_sex[0]), n)],
        np.array(by_sex[1])[rng.integers(0, len(by_sex[1]), n)],
    ).astype(np.int32)
    letters = rng.integers(0, 24, n)
    numbers = rng.integers(1_000_000, 9_999_999, n)
    passport = [
        f"{'ABCDEFGHKLMNPQRSTUVWXYZE'[a]}{b}" for a, b in zip(letters, numbers, strict=True)
    ]
    in_id_field = rng.random(n) < 0.25
    return {
        "full_name": pa.array(names).take(pa.array(place)),
        "nationality": pa.array(nation).take(pa.array(place)),
        "passport_number": pa.array(passport, pa.string()),
        "personal_id": pa.array(
            [p if f else None for p, f in zip(passport, in_id_field, strict=True)], pa.string()
        ),
        "sex_number": pa.array(sex.astype(np.int32)),
    }

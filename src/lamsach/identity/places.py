"""The first three digits of a personal number: where the birth was registered.

Facts: the 63 province codes of Circular 07/2016/TT-BCA, annex 1 (in force when the numbers were
given; each is 0 and the General Statistics Office's two-digit code of that time), and the code
of the province that took each in on 1 July 2025 (Decision 19/2025/QĐ-TTg). A number never changes:
a province merged away in 2025 stays a right place of birth registration.

This room knows codes only: nothing of persons, communes or the other digits.
"""

from __future__ import annotations

__all__ = ["ABROAD_CODES", "PROVINCES", "is_place_code", "same_province"]

# ID code, province at the time, General Statistics Office code of its territory since 1/7/2025.
_TABLE = """
001 Hà Nội=01; 002 Hà Giang=08; 004 Cao Bằng=04; 006 Bắc Kạn=19; 008 Tuyên Quang=08
010 Lào Cai=15; 011 Điện Biên=11; 012 Lai Châu=12; 014 Sơn La=14; 015 Yên Bái=15; 017 Hòa Bình=25
019 Thái Nguyên=19; 020 Lạng Sơn=20; 022 Quảng Ninh=22; 024 Bắc Giang=24; 025 Phú Thọ=25
026 Vĩnh Phúc=25; 027 Bắc Ninh=24; 030 Hải Dương=31; 031 Hải Phòng=31; 033 Hưng Yên=33
034 Thái Bình=33; 035 Hà Nam=37; 036 Nam Định=37; 037 Ninh Bình=37; 038 Thanh Hóa=38
040 Nghệ An=40; 042 Hà Tĩnh=42; 044 Quảng Bình=44; 045 Quảng Trị=44; 046 Thừa Thiên Huế=46
048 Đà Nẵng=48; 049 Quảng Nam=48; 051 Quảng Ngãi=51; 052 Bình Định=52; 054 Phú Yên=66
056 Khánh Hòa=56; 058 Ninh Thuận=56; 060 Bình Thuận=68; 062 Kon Tum=51; 064 Gia Lai=52
066 Đắk Lắk=66; 067 Đắk Nông=68; 068 Lâm Đồng=68; 070 Bình Phước=75; 072 Tây Ninh=80
074 Bình Dương=79; 075 Đồng Nai=75; 077 Bà Rịa - Vũng Tàu=79; 079 Hồ Chí Minh=79; 080 Long An=80
082 Tiền Giang=82; 083 Bến Tre=86; 084 Trà Vinh=86; 086 Vĩnh Long=86; 087 Đồng Tháp=82
089 An Giang=91; 091 Kiên Giang=91; 092 Cần Thơ=92; 093 Hậu Giang=92; 094 Sóc Trăng=92
095 Bạc Liêu=96; 096 Cà Mau=96
"""

_ROWS = [
    (entry[:3], entry[4:-3], entry[-2:])
    for line in _TABLE.split("\n")
    for entry in line.split("; ")
    if entry
]

PROVINCES: dict[str, str] = {code: name for code, name, _ in _ROWS}
"""The 63 provinces by ID code ("079": "Hồ Chí Minh")."""

_PROVINCE_SINCE_2025 = {code: new_code for code, _, new_code in _ROWS}

ABROAD_CODES = range(101, 400)
"""Codes taken as countries of a birth registered abroad. The circular has a list of them that is
not at hand: so this range, wide enough for every country, is left unjudged."""

_PLACE_CODES = frozenset(PROVINCES) | {str(code) for code in ABROAD_CODES}


def is_place_code(code: str) -> bool:
    """Whether three digits can be a place of birth registration.

    >>> is_place_code("079"), is_place_code("003"), is_place_code("999")
    (True, False, False)
    """
    return code in _PLACE_CODES


def same_province(id_code: str, province_code: str, units: str = "2022") -> bool:
    """Whether an ID code and a two-digit province code mean one territory.

    `units` is the catalogue of `province_code`, "2022" or "2025": without it a code is ambiguous
    (15 was Yên Bái and is Lào Cai). Raises ValueError for another catalogue.

    >>> same_province("002", "08", units="2025"), same_province("002", "08", units="2022")
    (True, False)
    """
    if units == "2022":
        return id_code == "0" + province_code
    if units == "2025":
        return _PROVINCE_SINCE_2025.get(id_code) == province_code
    raise ValueError(f'The catalogue of units is "2022" or "2025", not "{units}".')

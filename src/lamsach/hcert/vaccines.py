"""COVID-19 vaccines and codes that a certificate may carry: what belongs together and since when.

Facts carried over from the EU value sets, release 2.12.0 (value sets version 1.15, encoding
instructions "Annex A" of 2023-05-05; eu-dcc-valuesets, Apache-2.0). The triples (product, maker,
prophylaxis) and which codes are deprecated are theirs. The dates are ours, from the authorities'
announcements: the first use that any national authority allowed anywhere, and Vietnam's own
decisions (Bộ Y tế, phê duyệt có điều kiện). This room holds tables; it judges nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

__all__ = [
    "COUNTRIES",
    "DISEASES",
    "FIRST_VACCINATION",
    "MAKERS",
    "PRODUCTS",
    "PROPHYLAXES",
    "TEST_DEVICES",
    "TEST_RESULTS",
    "TEST_TYPES",
    "Product",
]

FIRST_VACCINATION: Final = date(2020, 6, 25)
"""No authority anywhere allowed any COVID-19 vaccine earlier (China: Convidecia, armed forces)."""

_MRNA: Final = ("1119349007", "28531000087107")
_VECTOR: Final = ("29061000087103", "28531000087107")
_SPIKE: Final = ("1162643001", "28531000087107")
_WHOLE: Final = ("1157024006", "28531000087107")
_GENERAL: Final = ("28531000087107",)


@dataclass(frozen=True, slots=True)
class Product:
    """One medicinal product: its maker, its legal prophylaxis codes and its dates.

    `doses` is the length of the ordinary primary series and `first_used` the day of the first
    authorisation anywhere (None: not known here); `licensed` is the day by country.

    >>> PRODUCTS["Abdala"].maker, PRODUCTS["Abdala"].licensed["VN"].isoformat()
    ('CIGB', '2021-09-17')
    """

    code: str
    name: str
    maker: str
    prophylaxes: tuple[str, ...]
    doses: int | None
    first_used: date | None
    licensed: dict[str, date]
    active: bool


def _product(
    code: str,
    name: str,
    maker: str,
    prophylaxes: tuple[str, ...],
    doses: int | None = None,
    first_used: str = "",
    vietnam: str = "",
    *,
    active: bool = True,
) -> Product:
    return Product(
        code=code,
        name=name,
        maker=maker,
        prophylaxes=prophylaxes,
        doses=doses,
        first_used=date.fromisoformat(first_used) if first_used else None,
        licensed={"VN": date.fromisoformat(vietnam)} if vietnam else {},
        active=active,
    )


_ASTRAZENECA: Final = "ORG-100001699"
_GAMALEYA: Final = "Gamaleya-Research-Institute"
_SERUM_INSTITUTE: Final = "ORG-100001981"

PRODUCTS: Final = {
    product.code: product
    for product in (
        # Vietnam's decisions: 2908, 3122, 983, 3448, 1654, 2763, 4361, 4471, 5260/QĐ-BYT.
        _product(
            "EU/1/20/1528", "Comirnaty", "ORG-100030215", _MRNA, 2, "2020-12-02", "2021-06-12"
        ),
        _product("EU/1/20/1507", "Spikevax", "ORG-100031184", _MRNA, 2, "2020-12-18", "2021-06-28"),
        _product("EU/1/21/1529", "Vaxzevria", _ASTRAZENECA, _VECTOR, 2, "2020-12-30", "2021-02-01"),
        _product(
            "EU/1/20/1525", "Jcovden", "ORG-100001417", _VECTOR, 1, "2021-02-17", "2021-07-15"
        ),
        _product("Sputnik-V", "Sputnik V", _GAMALEYA, _VECTOR, 2, "2020-08-11", "2021-03-23"),
        _product(
            "BBIBP-CorV", "BBIBP-CorV", "ORG-100020693", _WHOLE, 2, "2020-07-22", "2021-06-03"
        ),
        _product("Hayat-Vax", "Hayat-Vax", "ORG-100023050", _WHOLE, 2, "2020-09-14", "2021-09-10"),
        _product("Abdala", "Abdala", "CIGB", _GENERAL, 3, "2021-05-12", "2021-09-17"),
        _product("Covaxin", "Covaxin", "Bharat-Biotech", _WHOLE, 2, "2021-01-02", "2021-11-10"),
        _product("WIBP-CorV", "WIBP-CorV", "Sinopharm-WIBP", _WHOLE, 2, "2020-07-22"),
        _product("Covishield", "Covishield", _SERUM_INSTITUTE, _VECTOR, 2, "2021-01-01"),
        _product("CVnCoV", "CVnCoV", "ORG-100006270", _MRNA),
        _product("Convidecia", "Convidecia", "ORG-100013793", _VECTOR, 1, "2020-06-25"),
        _product("EpiVacCorona", "EpiVacCorona", "Vector-Institute", _SPIKE, 2, "2020-10-13"),
        _product("CoronaVac", "CoronaVac", "Sinovac-Biotech", _WHOLE, 2, "2020-07-22"),
        _product("Covid-19-recombinant", "Covid-19 (recombinant)", "Fiocruz", _VECTOR),
        _product("R-COVI", "R-COVI", "ORG-100007893", _VECTOR),
        _product("CoviVac", "CoviVac", "Chumakov-Federal-Scientific-Center", _WHOLE),
        _product("Sputnik-Light", "Sputnik Light", _GAMALEYA, _VECTOR, 1, "2021-05-06"),
        _product("MVC-COV1901", "MVC COVID-19 vaccine", "ORG-100033914", _SPIKE),
        _product("EU/1/21/1618", "Nuvaxovid", "ORG-100032020", _SPIKE),
        _product("Covovax", "Covovax", _SERUM_INSTITUTE, _SPIKE),
        _product("Sputnik-M", "Sputnik M", _GAMALEYA, _VECTOR),
        _product("EpiVacCorona-N", "EpiVacCorona-N", "Vector-Institute", _SPIKE),
        _product(
            "Covid-19-adsorvida-inativada",
            "Vacina adsorvida covid-19 (inativada)",
            "Instituto-Butantan",
            _WHOLE,
        ),
        _product("NVSI-06-08", "NVSI-06-08", "NVSI", _GENERAL),
        _product("YS-SC2-010", "YS-SC2-010", "Yisheng-Biopharma", _GENERAL),
        _product("SCTV01C", "SCTV01C", "ORG-100026614", _GENERAL),
        _product("Covifenz", "Covifenz", "ORG-100008549", _GENERAL),
        _product("AZD2816", "AZD2816", _ASTRAZENECA, _VECTOR),
        _product("Soberana-02", "Soberana 02", "Finlay-Institute", _GENERAL),
        _product("Soberana-Plus", "Soberana Plus", "Finlay-Institute", _GENERAL),
        _product("EU/1/21/1624", "COVID-19 Vaccine Valneva", "ORG-100036422", _GENERAL),
        _product("EU/1/21/1580", "VidPrevtyn Beta", "ORG-100000788", _GENERAL, None, "2022-11-10"),
        _product("EU/1/22/1709", "Bimervax", "ORG-100036914", _GENERAL, None, "2023-03-30"),
        # Deprecated: known to verifiers, never issued again.
        _product("NVX-CoV2373", "NVX-CoV2373", "ORG-100032020", _SPIKE, active=False),
        _product(
            "Inactivated-SARS-CoV-2-Vero-Cell",
            "Inactivated SARS-CoV-2 (Vero Cell)",
            "ORG-100010771",
            _WHOLE,
            active=False,
        ),
        _product("Vidprevtyn", "Vidprevtyn", "ORG-100000788", _GENERAL, active=False),
        _product("VLA2001", "VLA2001", "ORG-100036422", _GENERAL, active=False),
    )
}
"""Every product of the value set, by the code in `mp`."""

MAKERS: Final = frozenset({product.maker for product in PRODUCTS.values()} | {"ORG-100024420"})
"""Codes of `ma`; one maker of the value set (Sinopharm Zhijun) has no product in Annex A."""

PROPHYLAXES: Final = {
    "1119349007": True,
    "1119305005": True,
    "1157024006": True,
    "1162643001": True,
    "1187593009": True,
    "28531000087107": True,
    "29061000087103": True,
    "30141000087107": True,
    "J07BX03": False,  # legal in 2021 and 2022, deprecated since
}
"""Codes of `vp` and whether they may still be issued."""

DISEASES: Final = frozenset({"840539006"})
TEST_TYPES: Final = frozenset({"LP6464-4", "LP217198-3"})
TEST_RESULTS: Final = frozenset({"260415000", "260373001"})

_TEST_DEVICES: Final = """
308 344 345 768 1065 1097 1114 1144 1162 1173 1180 1190 1199 1201 1215 1218 1223 1225
1232 1236 1242 1244 1253 1257 1263 1266 1267 1268 1271 1278 1295 1296 1304 1319 1331
1333 1341 1343 1360 1363 1365 1375 1392 1420 1437 1443 1456 1466 1468 1481 1484 1489
1490 1501 1574 1604 1606 1654 1736 1747 1763 1764 1767 1769 1815 1822 1833 1844 1870
1884 1906 1919 1934 2010 2017 2029 2074 2098 2101 2103 2104 2108 2109 2116 2128 2130
2139 2183
"""

TEST_DEVICES: Final = frozenset(_TEST_DEVICES.split())
"""Rapid antigen tests by their JRC device number, as of July 2021: the example that is published
with the value sets. The full list grows; rules may bring a newer one."""

_COUNTRIES: Final = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO
BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ
DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP
GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG
KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML
MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE
PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL
SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM
US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""

COUNTRIES: Final = frozenset(_COUNTRIES.split())
"""ISO 3166-1 alpha-2 as the value set country-2-codes has them (with XK)."""

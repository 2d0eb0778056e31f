"""What codes on a passport are called, and its eleven fields as people read them.

Names of manufacturers and vaccine kinds are facts of the EU value sets, release 2.12.0
(eu-dcc-valuesets, Apache-2.0); names of countries come from the Unicode CLDR (Babel). This room
words; it decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from babel import Locale

from lamsach.hcert.vaccines import PRODUCTS
from lamsach.passports.models import Passport

__all__ = ["Field", "fields_of", "shown_birth"]

_MANUFACTURERS: Final = {
    "ORG-100001699": "AstraZeneca AB",
    "ORG-100030215": "Biontech Manufacturing GmbH",
    "ORG-100031184": "Moderna Biotech Spain S.L.",
    "ORG-100001417": "Janssen-Cilag International",
    "Gamaleya-Research-Institute": "Gamaleya Research Institute",
    "ORG-100020693": "China Sinopharm International Corp. - Beijing location",
    "Sinopharm-WIBP": "Sinopharm - Wuhan Institute of Biological Products",
    "ORG-100023050": "Gulf Pharmaceutical Industries",
    "CIGB": "Center for Genetic Engineering and Biotechnology",
    "Bharat-Biotech": "Bharat Biotech",
    "ORG-100001981": "Serum Institute Of India Private Limited",
}
_VACCINES: Final = {
    "1119349007": ("Vắc xin mRNA phòng SARS-CoV-2", "SARS-CoV-2 mRNA vaccine"),
    "1157024006": (
        "Vắc xin SARS-CoV-2 bất hoạt toàn thể",
        "Inactivated whole SARS-CoV-2 antigen vaccine",
    ),
    "29061000087103": (
        "Vắc xin COVID-19 véc-tơ vi rút không nhân lên",
        "COVID-19 non-replicating viral vector vaccine",
    ),
    "1162643001": (
        "Vắc xin tái tổ hợp protein gai SARS-CoV-2",
        "SARS-CoV-2 recombinant spike protein antigen vaccine",
    ),
    "28531000087107": ("Vắc xin COVID-19", "COVID-19 vaccine"),
}
_DISEASES: Final = {"840539006": "COVID-19"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a passport: its name and value in Vietnamese and in English."""

    vi: str
    en: str
    value_vi: str
    value_en: str


def fields_of(passport: Passport) -> list[Field]:
    """The eleven fields of 5772/QĐ-BYT, section 1.1, in their order."""
    given = passport.vaccinated_on.strftime("%d/%m/%Y")
    vaccine = _VACCINES.get(passport.vaccine, (passport.vaccine, passport.vaccine))
    product = PRODUCTS.get(passport.product)
    name = product.name if product else passport.product
    maker = _MANUFACTURERS.get(passport.manufacturer, passport.manufacturer)
    disease = _DISEASES.get(passport.disease, passport.disease)
    number = str(passport.dose_number)
    return [
        _same("Họ và tên", "Full name", passport.full_name),
        _same("Ngày tháng năm sinh", "Date of birth", shown_birth(passport.birth_date)),
        Field("Quốc tịch", "Nationality", *_country(passport.nationality)),
        _same("Bệnh dịch mà chứng nhận nhắm tới", "Targeted disease", disease),
        _same("Số mũi tiêm đã nhận", "Number of doses received", number),
        _same("Ngày tiêm", "Date of vaccination", given),
        _same("Liều số", "Dose number", f"{passport.dose_number}/{passport.series}"),
        Field("Vắc xin", "Vaccine", *vaccine),
        _same("Sản phẩm vắc xin", "Vaccine product", name),
        _same("Nhà cung cấp hoặc sản xuất", "Supplier or manufacturer", maker),
        _same("Mã số của chứng nhận", "Certificate code", passport.uvci),
    ]


def shown_birth(birth: str) -> str:
    """A birth as people in Vietnam write it, as far as it is known.

    >>> shown_birth("1983-10-05"), shown_birth("1963-05"), shown_birth("1963")
    ('05/10/1983', '05/1963', '1963')
    """
    return "/".join(reversed(birth.split("-")))


def _same(vi: str, en: str, value: str) -> Field:
    return Field(vi, en, value, value)


def _country(code: str) -> tuple[str, str]:
    names = (Locale(one).territories.get(code, code) for one in ("vi", "en"))
    vi, en = names
    return vi, en

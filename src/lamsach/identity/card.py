"""The line that a chip identity card's QR code holds (thẻ căn cước công dân gắn chip).

Seven fields separated by "|": personal number, CMND (may be empty), full name, date of birth
ddMMyyyy, sex (Nam/Nữ), permanent residence, date of issue ddMMyyyy. Some readers give an eighth,
which is not used. The layout is what public parsers agree on; no published norm was found.

This room reads what the card says. It must not decide whether the card is genuine (the line is not
signed) nor whose it is, and its errors quote no field.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date

from lamsach.identity.births import Birth, parse_birth
from lamsach.identity.personal_ids import read_personal_id
from lamsach.identity.sexes import parse_sex

__all__ = ["Card", "CardError", "parse_card"]

_FIELDS = 7


class CardError(ValueError):
    """A line that is no identity card's; the message is for the person at the scanner."""


@dataclass(frozen=True, slots=True)
class Card:
    """What an identity card's QR code says of its holder.

    >>> parse_card("079185012345||Nguyễn Thị Hoa|04051985|Nữ|Cần Giờ, TP. Hồ Chí Minh|10062021").sex
    'F'
    """

    personal_id: str
    previous_id: str
    """CMND, or ""."""
    full_name: str
    birth: Birth
    sex: str
    """"M" or "F"."""
    residence: str
    issued_on: date


def parse_card(text: str) -> Card:
    """Read the QR line of a chip identity card. Names and places are returned in NFC.

    Raises CardError with a sentence that names the field.

    >>> card = parse_card("079185012345|271234567|Nguyễn Thị Hoa|04051985|Nữ|TP. Thủ Đức|10062021")
    >>> card.previous_id, str(card.birth), card.issued_on.isoformat()
    ('271234567', '1985-05-04', '2021-06-10')
    """
    line = unicodedata.normalize("NFC", text).strip("\0 \t\r\n")
    fields = [" ".join(part.split()) for part in line.split("|")]
    if len(fields) not in (_FIELDS, _FIELDS + 1):
        raise CardError(
            f"This is not the QR code of an identity card, which has {_FIELDS} fields separated by "
            f'"|": {len(fields)} found. Scan the code on the card itself.'
        )
    number, previous, name, born, sex_text, residence, issued = fields[:_FIELDS]
    if read_personal_id(number).kind != "personal_id":
        raise CardError("Field 1 of the card is not a 12-digit personal number. Scan it again.")
    if previous and read_personal_id(previous).kind != "cmnd":
        raise CardError("Field 2 of the card is neither empty nor a CMND number. Scan it again.")
    if not name:
        raise CardError("Field 3 of the card, the full name, is empty. Scan it again.")
    birth = parse_birth(born)
    if birth.precision == "unknown":
        raise CardError("Field 4 of the card, the date of birth, is not a date. Scan it again.")
    sex = parse_sex(sex_text)
    if not sex:
        raise CardError("Field 5 of the card, the sex, is neither Nam nor Nữ. Scan it again.")
    issue = parse_birth(issued)
    if issue.year is None or issue.month is None or issue.day is None or issue.impossible:
        raise CardError("Field 7 of the card, the date of issue, is not a date. Scan it again.")
    issued_on = date(issue.year, issue.month, issue.day)
    personal_id, previous_id = read_personal_id(number).digits, read_personal_id(previous).digits
    return Card(personal_id, previous_id, name, birth, sex, residence, issued_on)

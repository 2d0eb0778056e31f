"""The passport on paper: a PDF in Vietnamese and English, with its QR code, made when asked for.

Nothing of it is stored. The fonts come with the typesetter (Libertinus carries all of Vietnam's
letters); the page is the template beside this file.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Final

import typst

from lamsach.clock import VIETNAM
from lamsach.hcert.qr import choose, encode
from lamsach.passports.models import Passport
from lamsach.passports.wording import fields_of

__all__ = ["qr_svg", "render"]

_TEMPLATE: Final = Path(__file__).with_name("passport.typ")
#: A side with the quiet zone: the diagonal of the code alone stays within 35 to 60 mm.
_CODE_MM: Final = 45.0


def qr_svg(passport: Passport, *, printed_mm: float = _CODE_MM) -> str:
    """The passport's QR code as SVG, for a square of that size, at the level that suits it."""
    choice = choose(passport.hc1, printed_mm=printed_mm)
    return encode(passport.hc1, choice.level).svg(module_mm=choice.module_mm)


def render(passport: Passport) -> bytes:
    """The PDF of a passport."""
    data = {
        "state_vi": "Cộng hòa xã hội chủ nghĩa Việt Nam",
        "state_en": "Socialist Republic of Viet Nam",
        "title_vi": "Hộ chiếu vắc xin",
        "title_en": "Vaccine passport",
        "issuer": passport.issued_by,
        "code": qr_svg(passport),
        "code_mm": _CODE_MM,
        "code_alt": "Mã QR của chứng nhận / QR code of the certificate",
        "fields": [
            {
                "vi": field.vi,
                "en": field.en,
                "value_vi": field.value_vi,
                "value_en": field.value_en,
            }
            for field in fields_of(passport)
        ],
        "notes": [
            {
                "vi": f"Cấp ngày {_day(passport.issued_at)}, mã QR có giá trị đến"
                f" {_day(passport.expires_at)}; hết hạn thì hệ thống tự cấp mã mới.",
                "en": f"Issued on {_day(passport.issued_at)}, the QR code is valid until"
                f" {_day(passport.expires_at)}; after that a new code is issued by itself.",
            },
            {
                "vi": "Chỉ có giá trị cùng với giấy tờ tùy thân. Ngày tiêm và vắc xin là của mũi"
                " gần nhất.",
                "en": "Valid only together with an identity document. Date and vaccine are those"
                " of the latest dose.",
            },
        ],
    }
    inputs = {"data": json.dumps(data, ensure_ascii=False)}
    made = typst.compile(str(_TEMPLATE), format="pdf", sys_inputs=inputs, ignore_system_fonts=True)
    if not isinstance(made, bytes):
        raise TypeError("the typesetter made no single file")
    return made


def _day(moment: datetime) -> str:
    return moment.astimezone(VIETNAM).strftime("%d/%m/%Y")

"""The columns of the intake workbook: one small class each, with its headings and its reading.

A column knows how its cell is read (`clean`) and where the value goes (`assign`); what several
cells say together is `checking`'s. The headings are what the template shows; a file whose headings
are the English ones or the identifiers is read too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Final

from lamsach.identity.births import parse_birth
from lamsach.identity.names import normalize_name
from lamsach.identity.personal_ids import read_personal_id
from lamsach.identity.sexes import parse_sex
from lamsach.intake.known import Known, KnownCampaign, countries
from lamsach.intake.problems import WrongError
from lamsach.intake.vaccines import writing_of
from lamsach.registry import keys
from lamsach.registry.models import Presence

__all__ = ["COLUMNS", "DOSE_COLUMNS", "Column", "Draft", "heading_key"]

_COUNTRY: Final = re.compile(r"[A-Za-z]{2,3}")
_TRAVEL: Final = re.compile(r"[A-Z][A-Z<' -]*")


@dataclass(slots=True)
class Draft:
    """What a row's cells said, value by value; person and dose apart."""

    person: dict[str, Any] = field(default_factory=dict)
    dose: dict[str, Any] = field(default_factory=dict)
    place: dict[str, str] = field(default_factory=dict)
    campaign: KnownCampaign | None = None


def heading_key(text: str) -> str:
    """How headings are compared: words alone, in small letters; stars and brackets say nothing.

    >>> heading_key("Họ và tên (*)"), heading_key(" HỌ  VÀ TÊN ")
    ('họ và tên', 'họ và tên')
    """
    return normalize_name(re.sub(r"\(.*?\)|[*:]", " ", text))


class Column:
    """A column whose text is taken as it is; others read more into it."""

    identifier: ClassVar[str]
    vi: ClassVar[str]
    en: ClassVar[str]
    about: ClassVar[str]  # for the sheet of instructions, in Vietnamese
    also: ClassVar[tuple[str, ...]] = ()
    example: ClassVar[str] = ""
    compulsory: ClassVar[bool] = False
    longest: ClassVar[int] = 200
    width: ClassVar[int] = 16

    def headings(self) -> tuple[str, ...]:
        """Everything the column may be called, as `heading_key` leaves it."""
        return tuple(heading_key(one) for one in (self.vi, self.en, self.identifier, *self.also))

    def clean(self, text: str, _draft: Draft, _known: Known) -> Any:
        """The value of a cell that is not empty. Raises `WrongError`."""
        return keys.clean(text)

    def assign(self, draft: Draft, value: Any) -> None:
        """Put the value where it belongs."""
        draft.person[self.identifier] = value


class DoseColumn(Column):
    """A column about the dose."""

    def assign(self, draft: Draft, value: Any) -> None:
        """Put the value where it belongs."""
        draft.dose[self.identifier] = value


class PlaceColumn(Column):
    """A part of the residence; the three parts are read together."""

    def assign(self, draft: Draft, value: Any) -> None:
        """Put the value where it belongs."""
        draft.place[self.identifier] = value


class FullName(Column):
    identifier, vi, en = "full_name", "Họ và tên", "Full name"
    about = "Như trên thẻ căn cước, có dấu."
    also = ("Họ tên", "Họ và tên đầy đủ")
    example, compulsory, width = "Nguyễn Văn Bảo", True, 26

    def clean(self, text: str, _draft: Draft, _known: Known) -> str:
        name = keys.clean(text)
        if not any(letter.isalpha() for letter in name):
            raise WrongError("name_unreadable")
        return name


class BirthDate(Column):
    identifier, vi, en = "birth_date", "Ngày sinh", "Date of birth"
    about = "Ngày/tháng/năm; chỉ ghi năm nếu không biết ngày, tháng."
    also = ("Ngày tháng năm sinh", "Năm sinh", "Ngày, tháng, năm sinh")
    example = "04/05/1963"

    def clean(self, text: str, _draft: Draft, known: Known) -> str:
        birth = parse_birth(text)
        if birth.precision == "unknown":
            raise WrongError("birth_unreadable")
        if str(birth) > known.today.isoformat():
            raise WrongError("birth_future")
        return str(birth)


class SexColumn(Column):
    identifier, vi, en = "sex", "Giới tính", "Sex"
    about, example, width = "Nam hoặc Nữ.", "Nam", 10

    def clean(self, text: str, _draft: Draft, _known: Known) -> str:
        sex = parse_sex(text)
        if not sex:
            raise WrongError("sex_unreadable")
        return sex


class PersonalId(Column):
    identifier, vi, en = "personal_id", "Số CCCD/CMND", "Personal ID number"
    about = "12 số định danh (hoặc 9 số CMND cũ). Để trống nếu chưa có."
    also = (
        "Số định danh",
        "Số định danh cá nhân",
        "CCCD",
        "CMND",
        "Số CCCD",
        "CMND/CCCD",
        "CCCD/CMND",
    )
    example, width, longest = "070063001234", 18, 60

    def clean(self, text: str, _draft: Draft, _known: Known) -> str:
        return keys.read_number(text)[0]


class Nationality(Column):
    identifier, vi, en = "nationality", "Quốc tịch", "Nationality"
    about, example = "Để trống nếu là Việt Nam.", "Việt Nam"

    def clean(self, text: str, _draft: Draft, _known: Known) -> str:
        code = countries().get(normalize_name(text), "")
        if not code and (not text.strip() or _COUNTRY.fullmatch(text.strip())):
            code = keys.read_nationality(text)
            code = code if code in countries().values() else ""
        if not code:
            raise WrongError("nationality_unknown")
        return code


class PassportNumber(Column):
    identifier, vi, en = "passport_number", "Số hộ chiếu", "Passport number"
    about, longest = "Bắt buộc khi là người nước ngoài, nếu có.", 30


class TravelName(Column):
    identifier, vi, en = "travel_name", "Họ tên trên hộ chiếu", "Name in travel document"
    about, width = "Như dòng chữ máy đọc của hộ chiếu: NGUYEN<<VAN BAO.", 24

    def clean(self, text: str, _draft: Draft, _known: Known) -> str:
        name = keys.clean(text).upper()
        if not _TRAVEL.fullmatch(name):
            raise WrongError("travel_name")
        return name


class GuardianName(Column):
    identifier, vi, en = "guardian_name", "Người giám hộ", "Guardian"
    about, width = "Cha, mẹ hoặc người giám hộ, khi tiêm cho trẻ em.", 24
    also = ("Họ tên người giám hộ",)


class GuardianNumber(Column):
    identifier, vi, en = "guardian_personal_id", "Số CCCD người giám hộ", "Guardian's ID number"
    about, width, longest = "12 số.", 18, 60

    def clean(self, text: str, _draft: Draft, _known: Known) -> str:
        return read_personal_id(text).digits


class Phone(Column):
    identifier, vi, en = "phone", "Số điện thoại", "Telephone"
    about, longest, example = "Để gửi mã tra cứu cho người dân.", 40, "0912345678"
    also = ("Điện thoại", "SĐT")


class Email(Column):
    identifier, vi, en = "email", "Thư điện tử", "E-mail"
    about = "Không bắt buộc."
    also = ("Email",)

    def clean(self, text: str, _draft: Draft, _known: Known) -> str:
        name, at, place = keys.clean(text).partition("@")
        if not (name and at and "." in place and " " not in name + place):
            raise WrongError("email")
        return name + at + place


class InsuranceNumber(Column):
    identifier, vi, en = "insurance_number", "Số thẻ BHYT", "Insurance number"
    about, longest = "15 ký tự, hoặc 10 số của mã số BHXH.", 40
    also = ("Số thẻ bảo hiểm y tế", "BHYT", "Mã BHYT")


class Province(PlaceColumn):
    identifier, vi, en = "province", "Tỉnh/Thành phố", "Province"
    about, example, width = "Nơi thường trú: tên hoặc mã.", "Bình Phước", 18
    also = ("Tỉnh", "Tỉnh thành", "Mã tỉnh")


class District(PlaceColumn):
    identifier, vi, en = "district", "Quận/Huyện", "District"
    about, example, width = "Tên hoặc mã; để trống từ 01/7/2025.", "Đồng Xoài", 18
    also = ("Huyện", "Quận", "Mã huyện", "Quận/Huyện/Thị xã")


class Commune(PlaceColumn):
    identifier, vi, en = "commune", "Phường/Xã", "Commune"
    about, example, width = "Tên, hoặc mã 5 số (khi đó không cần tỉnh, huyện).", "Tân Phú", 18
    also = ("Xã", "Phường", "Mã xã", "Xã/Phường", "Xã/Phường/Thị trấn", "Phường/Xã/Thị trấn")


class Hamlet(Column):
    identifier, vi, en = "hamlet", "Thôn/Ấp/Khu phố", "Hamlet"
    about, example = "Để trạm y tế xếp danh sách theo thôn, ấp.", "Ấp 3"
    also = ("Thôn", "Ấp", "Thôn/Ấp", "Tổ dân phố", "Khu phố")


class Address(Column):
    identifier, vi, en = "address", "Địa chỉ", "Address"
    about, longest, width = "Số nhà, đường.", 300, 26
    also = ("Số nhà, đường", "Địa chỉ chi tiết")


class CampaignColumn(DoseColumn):
    identifier, vi, en = "campaign", "Mã chiến dịch", "Campaign"
    about = "Để trống nếu là chiến dịch đã chọn khi gửi tệp."

    def clean(self, text: str, draft: Draft, known: Known) -> int:
        campaign = known.campaigns.get(text.strip().lower())
        if campaign is None:
            raise WrongError("campaign_unknown")
        draft.campaign = campaign
        return campaign.id


class DoseNumber(DoseColumn):
    identifier, vi, en = "dose_number", "Mũi số", "Dose number"
    about, example, width = "1, 2, 3, …", "2", 8
    also = ("Mũi tiêm", "Mũi thứ", "Mũi tiêm số")

    def clean(self, text: str, _draft: Draft, _known: Known) -> int:
        digits = normalize_name(text).removeprefix("mũi").removeprefix(" số").strip()
        if not (digits.isascii() and digits.isdigit() and 1 <= int(digits[:4]) <= 20):
            raise WrongError("dose_number")
        return int(digits)


class Vaccine(DoseColumn):
    identifier, vi, en = "vaccine", "Vắc xin", "Vaccine"
    about, example, width = "Chọn trong danh sách.", "AstraZeneca", 18
    also = ("Tên vắc xin", "Loại vắc xin", "Vaccine", "Vacxin", "Vắc-xin")

    def clean(self, text: str, draft: Draft, known: Known) -> str:
        code = (draft.campaign or known.campaign).vaccines.get(writing_of(text))
        if code is None:
            raise WrongError("vaccine_unknown")
        return code


class Lot(DoseColumn):
    identifier, vi, en = "lot", "Số lô", "Lot"
    about, example, longest = "Như trên lọ vắc xin.", "AB123", 60
    also = ("Lô vắc xin", "Lô")


class VaccinatedOn(DoseColumn):
    identifier, vi, en = "vaccinated_on", "Ngày tiêm", "Day of the dose"
    about, example = "Ngày/tháng/năm.", "19/04/2022"
    also = ("Thời gian tiêm", "Ngày tiêm chủng")

    def clean(self, text: str, _draft: Draft, known: Known) -> date:
        birth = parse_birth(text)
        if birth.precision != "full":
            raise WrongError("day_unreadable")
        day = date.fromisoformat(str(birth))
        if day > known.today:
            raise WrongError("day_future")
        return day


class FacilityCode(DoseColumn):
    identifier, vi, en = "facility", "Mã điểm tiêm", "Site code"
    about = "Để trống nếu tiêm tại chính cơ sở; nếu không, mã điểm tiêm lưu động của cơ sở."

    def clean(self, text: str, _draft: Draft, known: Known) -> int:
        facility = known.facilities.get(text.strip().upper())
        if facility is None:
            raise WrongError("facility_unknown")
        return facility


class Clinician(DoseColumn):
    identifier, vi, en = "supervising_clinician", "Cán bộ y tế phụ trách", "Supervising clinician"
    about, width = "Người khám sàng lọc hoặc phụ trách buổi tiêm.", 24
    also = ("Người tiêm", "Bác sĩ phụ trách")


class PresenceColumn(DoseColumn):
    identifier, vi, en = "presence", "Kiểm tra danh tính", "Identity check"
    about, width = "Cách kiểm tra danh tính khi tiêm; chọn trong danh sách.", 22
    choices: ClassVar[dict[str, str]] = {
        "Quét thẻ CCCD": Presence.CARD_SCANNED.value,
        "Mã một lần": Presence.CODE.value,
        "VNeID": Presence.VNEID.value,
        "Không kiểm tra": Presence.NONE.value,
    }
    _readings: ClassVar[dict[str, str]] = {
        **{normalize_name(name): value for name, value in choices.items()},
        **{value: value for value in Presence.values},
        "quét cccd": Presence.CARD_SCANNED.value,
        "quét thẻ căn cước": Presence.CARD_SCANNED.value,
        "không": Presence.NONE.value,
    }

    def clean(self, text: str, _draft: Draft, _known: Known) -> str:
        value = self._readings.get(normalize_name(text))
        if value is None:
            raise WrongError("presence_unknown")
        return value


DOSE_COLUMNS: Final[tuple[Column, ...]] = (
    CampaignColumn(),
    DoseNumber(),
    Vaccine(),
    Lot(),
    VaccinatedOn(),
    FacilityCode(),
    Clinician(),
    PresenceColumn(),
)
COLUMNS: Final[tuple[Column, ...]] = (
    FullName(),
    BirthDate(),
    SexColumn(),
    PersonalId(),
    Nationality(),
    PassportNumber(),
    TravelName(),
    GuardianName(),
    GuardianNumber(),
    Phone(),
    Email(),
    InsuranceNumber(),
    Province(),
    District(),
    Commune(),
    Hamlet(),
    Address(),
    *DOSE_COLUMNS,
)

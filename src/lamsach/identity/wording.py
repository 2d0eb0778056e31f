"""Wording: the answers and differences of the contract in words, Vietnamese and English.

The summary page and `explain` speak with these words; an officer prints them and hangs them up.
Must not know how an answer came about.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Words(NamedTuple):
    """One thing said twice: `vi` first, `en` beside it."""

    vi: str
    en: str


# Both sides' answers: the register's own outcomes, then what the health side is told.
OUTCOMES: Final[dict[str, Words]] = {
    "authenticated": Words("Đúng", "Authenticated"),
    "correctable": Words("Sai, đã tìm ra đúng một người", "Wrong, exactly one person found"),
    "ambiguous": Words("Sai, chưa chắc là ai", "Wrong, not sure who"),
    "unmatched": Words("Không tìm thấy trong dân cư", "Not found in the register"),
    "exempt": Words("Người nước ngoài, không đối chiếu", "Foreigner, not compared"),
}
ANSWERS: Final[dict[str, Words]] = {
    "right": Words("Đúng", "Right"),
    "wrong": Words("Sai", "Wrong"),
    "not_checkable": Words("Chưa đủ thông tin để đối chiếu", "Too little given to compare"),
    "exempt": Words("Người nước ngoài, không đối chiếu", "Foreigner, not compared"),
}

# The three piles of the ministry's procedure (2262/BYT-CNTT): a well-formed number, a number of
# wrong format, no number.
ID_STATUS: Final[dict[str, Words]] = {
    "well_formed": Words("Có số, đúng định dạng", "Number given, well formed"),
    "malformed": Words("Sai định dạng số", "Number malformed"),
    "missing": Words("Không có số", "No number"),
}

# In the contract's order.
DIFFERENCES: Final[dict[str, Words]] = {
    "name.encoding": Words("họ tên hỏng phông chữ", "name: damaged encoding"),
    "name.typing": Words("họ tên còn phím gõ (Telex, VNI)", "name: typing keys left in"),
    "name.accents": Words("họ tên thiếu dấu", "name: marks missing"),
    "name.spelling": Words("họ tên sai chính tả", "name: spelling variant"),
    "name.order": Words("họ tên đảo thứ tự", "name: words moved"),
    "name.missing_part": Words("họ tên thiếu chữ", "name: part missing"),
    "name.extra_part": Words("họ tên thừa chữ", "name: part added"),
    "name.other": Words("họ tên khác", "name: another name"),
    "birth_date.day_month_swapped": Words("đảo ngày/tháng sinh", "birth: day and month swapped"),
    "birth_date.day": Words("sai ngày sinh", "birth: day wrong"),
    "birth_date.month": Words("sai tháng sinh", "birth: month wrong"),
    "birth_date.year": Words("sai năm sinh", "birth: year wrong"),
    "birth_date.year_only": Words("chỉ ghi năm sinh", "birth: year only"),
    "birth_date.placeholder": Words("ghi tạm ngày 01/01", "birth: 01/01 as a placeholder"),
    "birth_date.missing": Words("thiếu ngày sinh", "birth: date missing"),
    "birth_date.other": Words("ngày sinh khác", "birth: another date"),
    "sex": Words("sai giới tính", "sex wrong"),
    "sex.missing": Words("thiếu giới tính", "sex missing"),
    "personal_id.missing": Words("không có số định danh", "number missing"),
    "personal_id.previous_id": Words("ghi số CMND cũ", "number: the old 9-digit CMND"),
    "personal_id.leading_zero": Words("số mất chữ số 0 ở đầu", "number: leading zeros lost"),
    "personal_id.digit": Words("số sai một chữ số", "number: one digit wrong"),
    "personal_id.transposed": Words("số đảo hai chữ số", "number: two digits transposed"),
    "personal_id.length": Words("số thiếu hoặc thừa chữ số", "number: cut or too long"),
    "personal_id.other_person": Words("ghi số của người khác", "number of somebody else"),
    "personal_id.not_in_register": Words("số không có trong dân cư", "number nobody has"),
}


# The same beside the field's own name, where a sheet has little room.
IN_FIELD: Final[dict[str, Words]] = {
    "name.encoding": Words("hỏng phông chữ", "damaged encoding"),
    "name.typing": Words("còn phím gõ", "typing keys left"),
    "name.accents": Words("thiếu dấu", "marks missing"),
    "name.spelling": Words("sai chính tả", "spelling variant"),
    "name.order": Words("đảo thứ tự", "words moved"),
    "name.missing_part": Words("thiếu chữ", "part missing"),
    "name.extra_part": Words("thừa chữ", "part added"),
    "name.other": Words("tên khác", "another name"),
    "birth_date.day_month_swapped": Words("đảo ngày/tháng", "day/month swapped"),
    "birth_date.day": Words("sai ngày", "day wrong"),
    "birth_date.month": Words("sai tháng", "month wrong"),
    "birth_date.year": Words("sai năm", "year wrong"),
    "birth_date.year_only": Words("chỉ ghi năm", "year only"),
    "birth_date.placeholder": Words("ghi tạm 01/01", "01/01 placeholder"),
    "birth_date.missing": Words("để trống", "empty"),
    "birth_date.other": Words("ngày khác", "another date"),
    "sex": Words("sai giới tính", "sex wrong"),
    "sex.missing": Words("để trống", "empty"),
    "personal_id.missing": Words("không có số", "no number"),
    "personal_id.previous_id": Words("số CMND cũ", "old 9-digit CMND"),
    "personal_id.leading_zero": Words("mất số 0 ở đầu", "leading zeros lost"),
    "personal_id.digit": Words("sai một chữ số", "one digit wrong"),
    "personal_id.transposed": Words("đảo hai chữ số", "digits transposed"),
    "personal_id.length": Words("thiếu/thừa chữ số", "cut or too long"),
    "personal_id.other_person": Words("số của người khác", "somebody else's"),
    "personal_id.not_in_register": Words("số không ai có", "nobody has it"),
}

# The engine's steps by name; one that is not here is shown under its own name.
STAGES: Final[dict[str, Words]] = {
    "check the register's numbers": Words(
        "Kiểm tra số trong dân cư", "Check the register's numbers"
    ),
    "read the register's names": Words("Đọc họ tên dân cư", "Read the register's names"),
    "prepare the register": Words("Chuẩn bị dữ liệu dân cư", "Prepare the register"),
    "count the register's terms": Words("Đếm tên, ngày, nơi ở trùng", "Count the register's terms"),
    "check the persons' keys": Words("Kiểm tra mã hồ sơ", "Check the records' keys"),
    "compare as written": Words("So nguyên văn", "Compare as written"),
    "read the persons' names": Words("Đọc họ tên hồ sơ", "Read the records' names"),
    "read the persons' fields": Words("Đọc các mục hồ sơ", "Read the records' fields"),
    "find the owners of the numbers": Words("Tìm chủ của số", "Find the numbers' owners"),
    "compare the names of owners": Words("So họ tên với chủ số", "Compare names with owners'"),
    "compare the fields of owners": Words("So các mục với chủ số", "Compare fields with owners'"),
    "explain those whose number is found": Words(
        "Giải thích hồ sơ tìm được theo số", "Explain those whose number is found"
    ),
    "find candidates": Words("Tìm người có thể trùng", "Find candidates"),
    "compare the names of found": Words(
        "So họ tên người tìm được", "Compare names with those found"
    ),
    "compare the fields of found": Words(
        "So các mục người tìm được", "Compare fields with those found"
    ),
    "count the terms of found": Words("Đếm người có thể trùng", "Count the rivals"),
    "weigh the evidence": Words("Cân bằng chứng", "Weigh the evidence"),
    "decide": Words("Quyết định", "Decide"),
    "write": Words("Ghi kết quả", "Write the answers"),
}


def difference(code: str) -> Words:
    """The words of a difference code; a code of a later version stands for itself.

    >>> difference("birth_date.day_month_swapped").vi
    'đảo ngày/tháng sinh'
    """
    return DIFFERENCES.get(code, Words(code, code))


def in_field(code: str) -> Words:
    """The words of a difference code beside the name of its field.

    >>> in_field("name.accents").vi
    'thiếu dấu'
    """
    return IN_FIELD.get(code, Words(code, code))


def count(number: int, language: str = "vi") -> str:
    """A number as the language writes it.

    >>> count(1234567), count(1234567, "en")
    ('1.234.567', '1,234,567')
    """
    text = f"{number:,d}"
    return text.replace(",", ".") if language == "vi" else text


def decimal(number: float, places: int = 1, language: str = "vi") -> str:
    """A number with decimals as the language writes it.

    >>> decimal(1234.56), decimal(1234.56, 1, "en")
    ('1.234,6', '1,234.6')
    """
    text = f"{number:,.{places}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text

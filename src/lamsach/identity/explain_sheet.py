"""The sheet of an explanation: one record as a form that one would print and hang up.

A table in plain text, 100 columns, Vietnamese or English: what was typed, what the register
proposes, the letters that differ underlined, what differs in words, the evidence in bits, the
rivals, what to do next and who acts. Must not compare anything itself.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Final, Literal
from unicodedata import combining, east_asian_width, normalize

from lamsach.identity.explain import Explanation, FieldEvidence, Proposal, Span
from lamsach.identity.wording import (
    ID_STATUS,
    OUTCOMES,
    Words,
    count,
    decimal,
    difference,
    in_field,
)

Language = Literal["vi", "en"]

WIDTH: Final = 100
_LABEL, _WEIGHT = 12, 6
# Two columns for the texts, one for the words; " │ " between all five, "│ " and " │" around.
_TEXT: Final = 24
_WORDS: Final = WIDTH - 2 * 2 - 4 * 3 - _LABEL - _WEIGHT - 2 * _TEXT

FIELD_NAMES: Final = {
    "full_name": Words("Họ và tên", "Full name"),
    "birth_date": Words("Ngày sinh", "Birth date"),
    "sex": Words("Giới tính", "Sex"),
    "personal_id": Words("Số định danh", "Personal ID"),
    "residence": Words("Nơi ở", "Residence"),
}
_SEXES: Final = {"M": Words("Nam", "Male"), "F": Words("Nữ", "Female")}
_CLAIM_NAME: Final = Words("Hồ sơ khác", "Other records")
_CLAIMS: Final = {
    "free": Words("chưa hồ sơ nào khớp người này", "none agrees with this person yet"),
    "claimed": Words("đã có hồ sơ khớp người này", "one agrees with this person already"),
}
_RESIDENCE: Final = {
    "commune": Words("cùng xã", "same commune"),
    "district": Words("cùng huyện, khác xã", "same district, another commune"),
    "province": Words("cùng tỉnh, khác huyện", "same province, another district"),
    "differs": Words("khác tỉnh", "another province"),
    "missing": Words("không so được", "cannot be compared"),
}
_NEXT: Final = {
    "authenticated": Words("Không phải làm gì thêm.", "Nothing needs to be done."),
    "correctable": Words(
        "Công an xã nơi thường trú xem và xác nhận đề xuất này; sau đó nơi lập hồ sơ mới sửa."
        " Nếu chính dữ liệu dân cư sai: ghi “dân cư sai”, không sửa hồ sơ.",
        "The commune police of the residence confirm this proposal; only then is the record"
        " corrected where it was made. If the register itself is wrong, say so and leave the"
        " record as it is.",
    ),
    "ambiguous": Words(
        "Công an xã hỏi lại người này hoặc xem giấy tờ rồi chọn; không sửa theo máy.",
        "The commune police ask the person or see the papers, then choose; nothing is corrected"
        " on the machine's word.",
    ),
    "unmatched": Words(
        "Nơi lập hồ sơ xem lại giấy tờ gốc; công an xã kiểm tra người này đã có trong dữ liệu dân"
        " cư chưa.",
        "Where the record was made, check the original papers; the commune police check whether"
        " the register holds this person at all.",
    ),
    "exempt": Words(
        "Nơi lập hồ sơ chịu trách nhiệm về số hộ chiếu; không đối chiếu dân cư.",
        "Where the record was made, answer for the passport number; it is not compared.",
    ),
}
_BITS: Final = Words(
    "Mỗi bit làm khả năng là một người tăng gấp đôi; số trừ là bằng chứng ngược lại.",
    "Each bit doubles the odds that the two are one person; a minus speaks against it.",
)
_CERTAINTY: Final = (
    (0.9999, Words("gần như chắc chắn", "all but certain")),
    (0.999, Words("rất chắc", "very sure")),
    (0.99, Words("chắc", "sure")),
    (0.9, Words("có khả năng cao", "likely")),
    (0.5, Words("có khả năng", "more likely than not")),
    (0.0, Words("ít khả năng", "unlikely")),
)

_PLAIN: Final = str.maketrans(
    {**dict.fromkeys("┌┬┐├┼┤└┴┘", "+"), "─": "-", "│": "|", "“": '"', "”": '"', "–": "-"}
    | {"đ": "d", "Đ": "D", "·": "-", "…": "..", "≥": ">="}
)


def render(explanation: Explanation, language: Language = "vi", *, encoding: str = "utf-8") -> str:
    """The sheet as text, lines of at most 100 columns.

    Where `encoding` lacks a letter of it, the whole sheet is plain ASCII without marks.
    """
    text = "\n".join(_lines(explanation, language))
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return plain(text)
    return text


def plain(text: str) -> str:
    """ASCII for devices that have nothing else: marks dropped, boxes of + - |.

    >>> plain("│ Nguyễn Văn Đức │")
    '| Nguyen Van Duc |'
    """
    folded = "".join(c for c in normalize("NFD", text.translate(_PLAIN)) if not combining(c))
    return folded.encode("ascii", "replace").decode("ascii")


def masked(number: str) -> str:
    """A rival's number: enough to tell two apart, not enough to use.

    >>> masked("070163001234")
    '070······234'
    """
    return number[:3] + "·" * (len(number) - 6) + number[-3:] if len(number) > 6 else number


def _lines(explanation: Explanation, language: Language) -> Iterable[str]:
    def say(words: Words) -> str:
        return words.vi if language == "vi" else words.en

    outcome = say(OUTCOMES[explanation.outcome])
    yield _rule("┌", "─", "┐")
    yield from _wrapped(
        f"{say(Words('HỒ SƠ', 'RECORD'))} {explanation.person_id}"
        + (f"   {explanation.made_at}" if explanation.made_at else "")
    )
    yield from _wrapped(f"{say(Words('KẾT QUẢ', 'OUTCOME'))}: {outcome.upper()}")
    sole = explanation.outcome in ("authenticated", "correctable")
    if explanation.proposals:
        for proposal in explanation.proposals:
            yield from _comparison(proposal, language, hide_number=not sole)
    else:
        yield from _typed_only(explanation, language)
    if explanation.proposals:
        yield from _wrapped(say(_BITS))
    if sole and explanation.proposals and explanation.outcome != "authenticated":
        yield from _wrapped(_certainty(explanation.proposals[0].probability, language))
    if explanation.proposals:
        yield from _rivals(explanation, language, sole=sole)
    yield _rule("├", "─", "┤")
    yield from _wrapped(
        f"{say(Words('VIỆC CẦN LÀM', 'WHAT TO DO'))}: {say(_NEXT[explanation.outcome])}"
    )
    yield _rule("└", "─", "┘")


# --- parts -----------------------------------------------------------------------------------


def _comparison(proposal: Proposal, language: Language, *, hide_number: bool) -> Iterable[str]:
    def say(words: Words) -> str:
        return words.vi if language == "vi" else words.en

    if hide_number:
        if proposal.rank == 1:
            yield _rule("├", "─", "┤")
        person = Words(f"NGƯỜI CÓ THỂ TRÙNG {proposal.rank}", f"CANDIDATE {proposal.rank}")
        yield from _wrapped(f"{say(person)}: {_percent(proposal.probability, language)}")
    head = (
        Words("", ""),
        Words("HỒ SƠ GHI", "RECORD TYPED"),
        Words("DÂN CƯ", "REGISTER"),
        Words("KHÁC NHAU", "DIFFERENCE"),
        Words("BIT", "BITS"),
    )
    yield _columns("├", "┬", "┤")
    yield from _row([[say(words)] for words in head])
    yield _columns("├", "┼", "┤")
    for field in proposal.fields:
        yield from _field(field, language, hide_number=hide_number)
    yield _columns("├", "┼", "┤")
    # 2 to the power of the bits: how much likelier one person than chance makes the whole.
    yield from _row(
        [
            [say(Words("Cộng", "Together"))],
            [],
            [],
            [],
            [_bits(proposal.total, language)],
        ]
    )
    yield _columns("├", "┴", "┤")


def _field(field: FieldEvidence, language: Language, *, hide_number: bool) -> Iterable[str]:
    def say(words: Words) -> str:
        return words.vi if language == "vi" else words.en

    typed, register = field.typed, field.register
    typed_marks, register_marks = field.typed_marks, field.register_marks
    if field.field == "sex":
        typed = say(_SEXES[typed]) if typed in _SEXES else typed
        register = say(_SEXES[register]) if register in _SEXES else register
        typed_marks = register_marks = ((0, 99),) if "sex" in field.codes else ()
    if field.field == "personal_id" and hide_number and field.level != "same":
        register, register_marks = masked(register), ()
    if field.field == "claim":
        yield from _row(
            [
                [say(_CLAIM_NAME)],
                [],
                [],
                _wrap(say(_CLAIMS[field.level]), _WORDS),
                [_bits(field.weight or 0.0, language)],
            ]
        )
        return
    if field.field == "residence":
        words = [say(_RESIDENCE[field.level])]
    else:
        words = [say(in_field(code)) for code in field.codes] or [
            say(Words("khớp", "agrees")) if typed else "–"
        ]
    weight = "" if field.weight is None else _bits(field.weight, language)
    yield from _row(
        [
            [say(FIELD_NAMES[field.field])],
            _marked(typed or say(Words("(trống)", "(empty)")), typed_marks if typed else ()),
            _marked(register or say(Words("(trống)", "(empty)")), register_marks),
            [line for text in words for line in _wrap(text, _WORDS)],
            [weight],
        ]
    )


def _marked(text: str, marks: Sequence[Span]) -> list[str]:
    """Lines of a text, each followed by one of carets below the letters that differ."""
    lines, start = [], 0
    for line in _wrap(text, _TEXT):
        start = text.index(line, start)
        lines.append(line)
        carets = "".join(
            "^" if any(a <= start + k < b for a, b in marks) else " " for k in range(len(line))
        ).rstrip()
        if carets:
            lines.append(carets)
        start += len(line)
    return lines


def _rivals(explanation: Explanation, language: Language, *, sole: bool) -> Iterable[str]:
    number = explanation.rivals
    if sole and number == 0:
        said = Words("Không có ai khác trùng.", "Nobody else fits.")
    elif sole:
        people = "other person fits" if number == 1 else "other people fit"
        end = ":" if explanation.others else "."
        said = Words(
            f"Còn {count(number)} người khác có thể trùng, nhưng kém xa{end}",
            f"{count(number, 'en')} {people} too, but far worse{end}",
        )
    else:
        said = Words(
            f"Chưa ai đạt {_percent(explanation.threshold, 'vi')}: máy không đề xuất.",
            f"None reaches {_percent(explanation.threshold, 'en')}: nobody is proposed.",
        )
    yield from _wrapped(said.vi if language == "vi" else said.en)
    for other in explanation.others:
        fields = {field.field: field for field in other.fields}
        told = ", ".join(
            difference(code).vi if language == "vi" else difference(code).en for code in other.codes
        )
        yield from _wrapped(
            f"  {fields['full_name'].register} · {fields['birth_date'].register} ·"
            f" {masked(other.personal_id)} · {_percent(other.probability, language)}"
            + (f" ({told})" if told else "")
        )


def _typed_only(explanation: Explanation, language: Language) -> Iterable[str]:
    yield _rule("├", "─", "┤")
    for name, words in FIELD_NAMES.items():
        label = words.vi if language == "vi" else words.en
        value = explanation.typed[name]
        if name == "sex" and value in _SEXES:
            value = _SEXES[value].vi if language == "vi" else _SEXES[value].en
        yield from _wrapped(f"{label:<{_LABEL}}  {value or '–'}")
    status = ID_STATUS[explanation.id_status]
    yield from _wrapped(f"{'':<{_LABEL}}  ({status.vi if language == 'vi' else status.en})")


def _certainty(probability: float, language: Language) -> str:
    words = next(words for least, words in _CERTAINTY if probability >= least)
    among = round(1 / (1 - probability)) if probability < 1 else 0
    # Rounded to one figure: nobody should read more into it.
    among = int(float(f"{among:.0e}"))
    if language == "vi":
        text = f"Xác suất đúng người: {_percent(probability, 'vi')}, {words.vi}"
        return text + (f" (cứ {count(among)} đề xuất như vậy thì khoảng 1 sai)." if among else ".")
    text = f"Probability that this is the person: {_percent(probability, 'en')}, {words.en}"
    return text + (f" (about 1 in {count(among, 'en')} such is wrong)." if among else ".")


def _percent(probability: float, language: Language) -> str:
    """As many decimals as it takes to tell the probability from certainty."""
    places = 1
    while places < 4 and 0 < probability < 1 and not 0 < round(100 * probability, places) < 100:
        places += 1
    text = decimal(100 * probability, places, language)
    return f"{text} %" if language == "vi" else f"{text}%"


def _bits(weight: float, language: Language) -> str:
    sign = "+" if weight > 0 else "-" if weight < 0 else " "
    return sign + decimal(abs(weight), 1, language)


# --- boxes -----------------------------------------------------------------------------------

_WIDTHS: Final = (_LABEL, _TEXT, _TEXT, _WORDS, _WEIGHT)


def columns_of(text: str) -> int:
    """How many columns a terminal gives a text.

    >>> columns_of("Nguyễn"), columns_of("E\u0302")
    (6, 1)
    """
    return sum(0 if combining(c) else 2 if east_asian_width(c) in ("W", "F") else 1 for c in text)


def _pad(text: str, width: int, *, right: bool = False) -> str:
    space = " " * max(0, width - columns_of(text))
    return space + text if right else text + space


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def _wrapped(text: str) -> list[str]:
    indent = " " * (len(text) - len(text.lstrip()))
    lines = textwrap.wrap(text, WIDTH - 4, subsequent_indent=indent, break_on_hyphens=False)
    return [f"│ {_pad(line, WIDTH - 4)} │" for line in lines]


def _row(cells: Sequence[Sequence[str]]) -> list[str]:
    """One row of the table, as many lines as its tallest cell; the weight stands at the right."""
    lines = []
    for k in range(max(len(cell) for cell in cells)):
        texts = [
            _pad(cell[k] if k < len(cell) else "", width, right=c == len(cells) - 1)
            for c, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=True))
        ]
        lines.append(f"│ {' │ '.join(texts)} │")
    return lines


def _columns(left: str, middle: str, right: str) -> str:
    return left + middle.join("─" * (width + 2) for width in _WIDTHS) + right


def _rule(left: str, line: str, right: str) -> str:
    return left + line * (WIDTH - 2) + right

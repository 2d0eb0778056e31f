"""The answer to a scanned text: valid, invalid, or that nothing can be concluded (không kết luận).

A valid answer needs a trust list and a revocation list that are still good; what is wrong without
them is wrong. The rule stands a second time in `static/portal/verify/answer.js`, for the page that
answers alone; a test holds the two together. This room knows no request and keeps nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from lamsach.clock import VIETNAM
from lamsach.hcert.cbor import Tag
from lamsach.hcert.errors import Code, sentence
from lamsach.hcert.trust import TrustList
from lamsach.hcert.vaccines import PRODUCTS
from lamsach.hcert.verify import Verification, verify
from lamsach.portal.lists import Lists

__all__ = ["SENTENCES", "Answer", "Hindrance", "Verdict", "answer_to", "obstacle"]

_PATIENCE: Final = timedelta(minutes=10)  # by which a clock may be slow


class Verdict(StrEnum):
    """The three answers."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"


class Hindrance(StrEnum):
    """Why nothing can be concluded."""

    LISTS_ABSENT = "LISTS_ABSENT"
    LISTS_OLD = "LISTS_OLD"
    CLOCK_WRONG = "CLOCK_WRONG"


_HINDRANCES: Final = {
    Hindrance.LISTS_ABSENT: (
        "Chưa có danh sách khóa tin cậy và danh sách thu hồi. Hãy nối mạng, mở lại trang này rồi"
        " quét lại.",
        "The lists of trusted keys and of revocations are not here yet. Connect to the network,"
        " open this page again and scan again.",
    ),
    Hindrance.LISTS_OLD: (
        "Danh sách khóa tin cậy hoặc danh sách thu hồi đã quá hạn. Hãy nối mạng để cập nhật rồi"
        " quét lại.",
        "The list of trusted keys or of revocations is too old. Connect to the network, let it"
        " update, and scan again.",
    ),
    Hindrance.CLOCK_WRONG: (
        "Ngày giờ của thiết bị chậm hơn danh sách. Hãy chỉnh ngày giờ của thiết bị rồi quét lại.",
        "The clock of this device is behind its lists. Set the date and time, and scan again.",
    ),
}


def _both(said: Mapping[str, str]) -> tuple[str, str]:
    return said["vi"], said["en"]


#: What to tell people, [Vietnamese, English], by code; `VALID` stands for no code.
SENTENCES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        **{code or "VALID": _both(sentence(code)) for code in (None, *Code)},
        **{code.value: both for code, both in _HINDRANCES.items()},
    }
)

_LISTS_DECIDE: Final = frozenset({None, Code.KEY_NOT_IN_TRUST_LIST})
_CLOCK_DECIDES: Final = frozenset(
    {
        Code.PUBLIC_KEY_NOT_YET_VALID,
        Code.PUBLIC_KEY_EXPIRED,
        Code.CWT_NOT_YET_VALID,
        Code.CWT_EXPIRED,
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, its reason with the date that goes with it, and what to compare.

    `shown` maps the page's field names to texts; empty unless the certificate itself is good.
    """

    verdict: Verdict
    code: str
    moment: datetime | None
    shown: Mapping[str, str]

    @property
    def reason(self) -> tuple[str, str]:
        """The sentence in Vietnamese and in English."""
        return SENTENCES[self.code]


def obstacle(lists: Lists | None, at: datetime) -> Hindrance | None:
    """Why nothing valid can be concluded from these lists at a time; None if it can."""
    if lists is None:
        return Hindrance.LISTS_ABSENT
    if at < lists.issued - _PATIENCE:
        return Hindrance.CLOCK_WRONG
    return Hindrance.LISTS_OLD if at >= lists.valid_until else None


def answer_to(text: str, lists: Lists | None, *, at: datetime) -> Answer:
    """The answer to a text at a time (aware)."""
    trust = TrustList([]) if lists is None else lists.trust
    revocations = None if lists is None else lists.revocations
    result = verify(text, trust, at=at, revocations=revocations)
    hindered = obstacle(lists, at)
    shown = _facts(result) if result.valid else {}
    code = result.code
    clock = hindered is Hindrance.CLOCK_WRONG and code in _CLOCK_DECIDES
    if hindered is not None and (code in _LISTS_DECIDE or clock):
        until = lists.valid_until if lists and hindered is Hindrance.LISTS_OLD else None
        return Answer(Verdict.UNKNOWN, hindered.value, until, shown)
    verdict = Verdict.VALID if code is None else Verdict.INVALID
    return Answer(verdict, code or "VALID", _moment(result), shown)


def _moment(result: Verification) -> datetime | None:
    """The date that goes with a reason; None where there is none, or no calendar has it."""
    key, envelope = result.key, result.envelope
    if key is None or envelope is None:
        return None
    starts = max(envelope.issued_at or 0, envelope.not_before or 0)
    seconds = {
        Code.PUBLIC_KEY_NOT_YET_VALID: key.starts,
        Code.PUBLIC_KEY_EXPIRED: key.ends,
        Code.CWT_NOT_YET_VALID: starts,
        Code.CWT_EXPIRED: envelope.expires_at,
    }.get(result.code) if result.code else None  # fmt: skip
    return None if seconds is None else _calendar(seconds)


def _calendar(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, VIETNAM)
    except (ValueError, OverflowError, OSError):
        return None


def _facts(result: Verification) -> dict[str, str]:
    """What a person at the counter compares; the same fields as in `answer.js`."""
    body, envelope = result.certificate, result.envelope
    assert body is not None
    assert envelope is not None
    names = body["nam"]
    group = next(one for one in ("v", "t", "r") if body.get(one) is not None)
    event = body[group][0]
    latin = "<<".join(filter(None, (names.get("fnt"), names.get("gnt"))))
    expires = _calendar(envelope.expires_at)
    facts = {
        "name": " ".join(filter(None, (names.get("fn"), names.get("gn")))) or latin,
        "latin": latin,
        "birth": _plain(body["dob"])[:10],
        "day": _plain(event[{"v": "dt", "t": "sc", "r": "fr"}[group]])[:10],
        "country": event["co"],
        "issuer": event["is"],
        "identifier": event["ci"],
        "expires": f"{expires:%Y-%m-%d %H:%M}" if expires else "",
    }
    if group == "v":
        product = PRODUCTS.get(event["mp"])
        facts["product"] = product.name if product else event["mp"]
        facts["dose"] = f"{_plain(event['dn'])}/{_plain(event['sd'])}"
    return {name: value for name, value in facts.items() if value}


def _plain(value: Any) -> str:
    inner = value.value if isinstance(value, Tag) else value
    whole = isinstance(inner, float) and inner.is_integer()
    return str(int(inner) if whole else inner)

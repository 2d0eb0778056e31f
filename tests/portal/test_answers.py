"""The three answers: the same rule on the device and on the server."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hcert_making import NOW, Dsc, make_claims, make_dsc, private_key, seal, signed_payload

from lamsach.hcert.errors import Code
from lamsach.hcert.revocation import Batch, HashType, RevocationList, uci_hash
from lamsach.hcert.trust import TrustList
from lamsach.portal.answers import SENTENCES, Answer, Hindrance, Verdict, answer_to
from lamsach.portal.lists import Lists

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def signer() -> Dsc:
    return make_dsc("ES256")


def lists_of(
    signer: Dsc,
    *,
    issued: datetime = NOW - HOUR,
    until: datetime = NOW + DAY,
    revoked: bool = False,
    absent: bool = False,
) -> tuple[Lists | None, dict[str, str]]:
    """The lists as the server holds them, and as they are published."""
    kid, der = (base64.b64encode(one).decode() for one in (signer.kid, signer.der))
    batch = Batch("VN", NOW + 999 * DAY, None, HashType.UCI, (uci_hash("URN:UVCI:01:VN:AB12"),))
    published = {
        "trust-list.json": json.dumps({kid: [der]}),
        "revocations.json": json.dumps([batch.as_json()] if revoked else []),
    }
    trust, revocations = (text.encode() for text in published.values())
    stated = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in published.items()}
    times = {"made_at": issued.isoformat(), "valid_until": until.isoformat()}
    if absent:
        stated["revocations.json"] = "0" * 64  # lists that do not fit together are none
    published["lists.json"] = json.dumps(times | {"lists": stated})
    held = Lists(TrustList.from_bytes(trust), RevocationList.load(revocations), issued, until)
    return None if absent else held, published


def texts(signer: Dsc) -> dict[str, str]:
    moment = int(NOW.timestamp())
    body = signed_payload()
    stranger = make_dsc(key=private_key("ES256", 1))
    test = {"tg": "840539006", "tt": "LP6464-4", "sc": "2022-04-19T00:00:00Z", "tr": "260415000"}
    test |= {"co": "VN", "is": "x", "ci": "y"}
    other = {name: value for name, value in body.items() if name != "v"}
    numbers = signed_payload(v_dn=1.0, dob="1989")
    return {
        "good": seal(signer, make_claims(body)),
        "late": seal(signer, make_claims(body, exp=moment - 1)),
        "early": seal(signer, make_claims(body, iat=moment + 99)),
        "for ever": seal(signer, make_claims(body, exp=2**62)),
        "by a stranger": seal(stranger, make_claims(body)),
        "forged": seal(stranger, make_claims(body), protected={1: -7, 4: signer.kid}),
        "illegal": seal(signer, make_claims(signed_payload(dob="soon"))),
        "a test": seal(signer, make_claims(other | {"t": [test]})),
        "other numbers": seal(signer, make_claims(numbers)),
        "no certificate": "https://example.org",
    }


def test_what_only_good_lists_can_tell(signer: Dsc) -> None:
    text = texts(signer)

    def said(name: str, **lists: Any) -> tuple[Verdict, str]:
        answer = answer_to(text[name], lists_of(signer, **lists)[0], at=NOW)
        return answer.verdict, answer.code

    assert said("good") == (Verdict.VALID, "VALID")
    assert said("good", revoked=True) == (Verdict.INVALID, Code.REVOKED)
    assert said("by a stranger") == (Verdict.INVALID, Code.KEY_NOT_IN_TRUST_LIST)
    old = {"until": NOW - HOUR}
    assert said("good", **old) == (Verdict.UNKNOWN, Hindrance.LISTS_OLD)
    assert said("good", until=NOW) == (Verdict.UNKNOWN, Hindrance.LISTS_OLD)
    assert said("good", absent=True) == (Verdict.UNKNOWN, Hindrance.LISTS_ABSENT)
    assert said("late", absent=True) == (Verdict.UNKNOWN, Hindrance.LISTS_ABSENT)
    assert said("no certificate", absent=True)[0] is Verdict.INVALID
    assert said("by a stranger", **old) == (Verdict.UNKNOWN, Hindrance.LISTS_OLD)
    # What was revoked stays so, and a forgery is one, however old the lists.
    assert said("good", revoked=True, **old) == (Verdict.INVALID, Code.REVOKED)
    assert said("forged", **old) == (Verdict.INVALID, Code.SIGNATURE_INVALID)
    assert said("late", **old) == (Verdict.INVALID, Code.CWT_EXPIRED)
    # A clock that is put back must not make an old list a new one.
    slow = {"issued": NOW + HOUR}
    assert said("good", **slow) == (Verdict.UNKNOWN, Hindrance.CLOCK_WRONG)
    assert said("early", **slow) == (Verdict.UNKNOWN, Hindrance.CLOCK_WRONG)
    assert said("forged", **slow) == (Verdict.INVALID, Code.SIGNATURE_INVALID)
    assert said("good", issued=NOW + timedelta(minutes=9)) == (Verdict.VALID, "VALID")


def test_every_code_has_both_sentences() -> None:
    assert set(SENTENCES) == {"VALID", *Code, *Hindrance}
    assert all(vi and en and vi != en for vi, en in SENTENCES.values())


def test_nothing_is_shown_of_what_is_not_good(signer: Dsc) -> None:
    for name, text in texts(signer).items():
        answer = answer_to(text, lists_of(signer)[0], at=NOW)
        assert bool(answer.shown) is (answer.verdict is Verdict.VALID), name


def alike(ours: Answer, theirs: dict[str, Any]) -> None:
    assert theirs["verdict"] == ours.verdict
    assert (theirs["code"] or "VALID") == ours.code
    moment = theirs["moment"]
    if ours.moment is None:
        assert moment is None
    else:
        assert datetime.fromtimestamp(moment, UTC) == ours.moment
    shown = theirs["shown"] or {}
    for name in shown.keys() | ours.shown.keys():
        if name not in ("group", "product", "expires"):  # not said, or said in the page's words
            assert (shown.get(name) or "") == ours.shown.get(name, ""), name


@pytest.mark.npm
def test_the_page_answers_as_the_server_does(ask_page: Any, signer: Dsc) -> None:
    seen = set()
    for (name, text), issued, until, revoked, absent in itertools.product(
        texts(signer).items(),
        (NOW - HOUR, NOW + HOUR),
        (NOW - HOUR, NOW, NOW + DAY),
        (False, True),
        (False, True),
    ):
        lists, published = lists_of(
            signer, issued=issued, until=until, revoked=revoked, absent=absent
        )
        ours = answer_to(text, lists, at=NOW)
        theirs = ask_page({"text": text, "at": NOW.timestamp(), "lists": published})
        alike(ours, theirs)
        seen.add((name, ours.verdict, ours.code))
    assert len(seen) > 25

"""The page and the library judge alike: the same contents are legal.

A traveller must not be let through here and turned back there.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import cbor2
import pytest
from hcert_making import (
    VACCINATION,
    Dsc,
    make_claims,
    make_dsc,
    seal,
    signed_payload,
)
from verifier_judges import FIELDS, Judges, body_of

from lamsach.hcert.errors import Code

pytestmark = pytest.mark.npm

DAY = timedelta(days=1)
TEST, RECOVERY = VACCINATION[:-1] + "1", VACCINATION[:-1] + "3"
EARLY = "1.3.6.1.4.1.0.1847.2021.1."


VALUES = [None, "", "x", "é" * 80, "é" * 81, "😀" * 80, "😀" * 81, 0, 1, 2, 1.0, 1.5, -1, True,
          b"x", [], {}, [1], cbor2.CBORTag(0, "2021-10-01T00:00:00Z"), cbor2.CBORTag(1, 1),
          cbor2.CBORTag(2, b"x"), cbor2.undefined, 2**60]  # fmt: skip
MOMENTS = ["2021-10-01", "2021-02-29", "2020-02-29", "1900-02-29", "0000-01-01", "2021-13-01",
           "2021-1-01", "20211001", "2021-W01-1", "2021-10-01T", "2021-10-01T10",
           "2021-10-01 10:11", "2021-10-01T10:11:12.123456Z",
           "2021-10-01t10:11:12,1+0700", "2021-10-01T10:11:12 +07",
           "2021-10-01T10:11:12\u00a0Z", "2021-10-01\n", "2021-10-01T25:99:99Z", "2021-00-10",
           "2021-04-31", "２０２１-10-01", "2021-10-011"]  # fmt: skip
VERSIONS = [
    "1.3.3",
    "1.3",
    "1a3b3",
    "1\n3.3",
    "1\u20283.3",
    "11.33.0",
    "1.3.3\n",
    " 1.3.3",
    "1😀3.3",
]
BIRTHS = ["1963", "1963-04", "1963-04-05", "1963-04-05-06", "1863", "", "1978-01-26T00:00:00",
          "1978-01-26 " + "x" * 32, "1978-01-26T" + "x" * 33, "1978-01-26T" + "😀" * 32,
          "1978-01-26T\n", "1978-99-99", "1963\n"]  # fmt: skip


@pytest.mark.parametrize("group", ["v", "t", "r"])
def test_every_field_with_every_value(judges: Judges, group: str) -> None:
    signer = make_dsc("ES256")

    def said(body: Any) -> Code | None:
        return judges.alike(seal(signer, make_claims(body)), signer)

    assert said(body_of(group)) is None
    for field in FIELDS[group].split():
        for value in [*VALUES, *MOMENTS, "absent"]:
            body = body_of(group)
            body[group][0][field] = value
            if value == "absent":
                del body[group][0][field]
            said(body)
    for field in ("fn", "gn", "fnt", "gnt"):
        for value in VALUES:
            body = body_of(group)
            body["nam"][field] = value
            said(body)
            said(body | {"nam": {field: value}})
    for field, values in (("ver", VERSIONS), ("dob", BIRTHS), ("nam", []), (group, [])):
        for value in [*values, *VALUES]:
            said(body_of(group) | {field: value})
    for other in ("v", "t", "r"):
        said(body_of(group) | {other: None})
        said(body_of(group) | {other: []})
        said(body_of(group) | body_of(other))
    said(body_of(group) | {"dob": cbor2.CBORTag(0, "1963-04-05")})


def test_contents_of_other_kinds(judges: Judges, signer: Dsc) -> None:
    body = signed_payload()
    for contents in (
        {}, {1: None}, {1: []}, {2: body}, {2: {}, 1: body}, {1: body, -6: {}}, {1: body, -6: None},
        {"1": body}, {b"\1": body}, [body], None, 7,
    ):  # fmt: skip
        claims = {**make_claims(body), -260: contents}
        judges.alike(seal(signer, claims), signer)

"""The EU DCC for verifiers: the schema's verdict, and the forgiveness that real issuers need."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hcert_making import signed_payload
from hypothesis import given
from hypothesis import strategies as st

from lamsach.hcert.cbor import Simple, Tag
from lamsach.hcert.contents.dcc import Dcc

DCC = Dcc()
COMMON = {"tg": "840539006", "co": "VN", "is": "BYT", "ci": "URN:UVCI:01:VN:AB12"}
TEST = {**COMMON, "tt": "LP6464-4", "sc": "2022-01-26T13:01:32Z", "tr": "260415000"}
RECOVERY = {**COMMON, "fr": "2022-01-01", "df": "2022-01-12", "du": "2022-06-30"}


def other(**group: Any) -> dict[str, Any]:
    payload = signed_payload(**group)
    del payload["v"]
    return payload


def event(kind: str, fields: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return other(**{kind: [{**fields, **changes}]})


LEGAL = [
    signed_payload(),
    event("t", TEST),
    event("t", TEST, nm="Roche", ma="1232", tc="Trạm y tế"),
    event("r", RECOVERY),
    signed_payload(dob=""),
    signed_payload(dob="1963"),
    signed_payload(dob="1963-05"),
    signed_payload(nam={"fnt": "NGUYEN"}),
    signed_payload(nam={"gnt": ""}),
    signed_payload(v_co="Vn"),
    signed_payload(more={"anything": 1}),
]
FORGIVEN = [
    signed_payload(t=None, r=None),
    signed_payload(v_dn=1.0, v_sd=2.0),
    signed_payload(dob="1978-01-26T00:00:00"),
    signed_payload(dob="1978-01-26T00:00:00.000Z"),
    signed_payload(dob=Tag(0, "1978-01-26T00:00:00Z")),
    signed_payload(v_dt="2021-10-01T00:00:00.000Z"),
    signed_payload(v_dt="2021-10-01T00:00:00+07:00"),
    signed_payload(v_dt=Tag(0, "2021-10-01T07:00:00Z")),
    signed_payload(v_dt=Tag(1, 1633046400)),
    signed_payload(v_mp=" EU/1/20/1528 "),
    signed_payload(nam={"fn": None, "fnt": "O'Đặng 2"}),
    event("t", TEST, sc=Tag(0, "2022-01-26T13:01:32.123456Z")),
    event("t", TEST, sc="2022-01-26T13:01"),
    event("t", TEST, sc="2022-01-26 13:01:32+0700"),
    event("t", TEST, nm=None, ma=None, tc=None, dr="2022-01-26T13:01:32Z"),
]
ILLEGAL: list[tuple[dict[str, Any], str]] = [
    ({}, "ver"),
    (signed_payload(ver=None), "ver"),
    (signed_payload(ver=1.3), "ver"),
    (signed_payload(ver="1.3"), "ver"),
    (signed_payload(nam=None), "nam"),
    (signed_payload(nam=[]), "nam"),
    (signed_payload(nam={"fn": "Nguyễn", "gn": "An"}), "nam"),
    (signed_payload(nam={"fnt": None}), "nam"),
    (signed_payload(nam={"fnt": 7}), "nam.fnt"),
    (signed_payload(nam={"fnt": "A" * 81}), "nam.fnt"),
    (signed_payload(nam={"fnt": "A", "gn": "a" * 81}), "nam.gn"),
    (signed_payload(dob=None), "dob"),
    (signed_payload(dob="1889-01-01"), "dob"),
    (signed_payload(dob="1963-5"), "dob"),
    (signed_payload(dob="01.05.1963"), "dob"),
    (signed_payload(dob="1963-XX-XX"), "dob"),
    (signed_payload(dob=1963), "dob"),
    (signed_payload(v=None), "exactly one"),
    (signed_payload(t=[TEST]), "exactly one"),
    (signed_payload(r=[]), "exactly one"),
    (signed_payload(v={}), "v: "),
    (signed_payload(v=[]), "v: "),
    (signed_payload(v=signed_payload()["v"] * 2), "v: "),
    (signed_payload(v=["x"]), "v[0]"),
    (signed_payload(v_dn=0), "dn"),
    (signed_payload(v_sd=-1), "sd"),
    (signed_payload(v_dn=1.5), "dn"),
    (signed_payload(v_dn=True), "dn"),
    (signed_payload(v_dn="1"), "dn"),
    (signed_payload(v_sd=None), "sd"),
    (signed_payload(v_co=""), "co"),
    (signed_payload(v_co="vn"), "co"),
    (signed_payload(v_dt=Tag(37, b"")), "dt"),
    (signed_payload(v_dt=Tag(1, "x")), "dt"),
    (signed_payload(v_tg=Simple(23)), "tg"),
    (signed_payload(v_is="x" * 81), "is"),
    (signed_payload(v_ci="x" * 81), "ci"),
    (event("t", TEST, tc="x" * 81), "tc"),
    (event("t", TEST, ma=7), "ma"),
]
# A schema engine takes any text for a date, and Python's for an end of line.
STRICTER: list[tuple[dict[str, Any], str]] = [
    (signed_payload(dob="1963\n"), "dob"),
    (signed_payload(v_dt=""), "dt"),
    (signed_payload(v_dt="2021-02-30"), "dt"),
    (signed_payload(v_dt="2021-10"), "dt"),
    (signed_payload(v_dt="2021-W05-1"), "dt"),
    (signed_payload(v_dt="20211001xx"), "dt"),
    (signed_payload(v_dt="2021-10-0１"), "dt"),
    (signed_payload(v_dt="2021-10-01x"), "dt"),
    (signed_payload(v_dt="2021-10-01T"), "dt"),
    (signed_payload(v_dt="01/10/2021"), "dt"),
    (event("t", TEST, sc="13:01"), "sc"),
    (event("r", RECOVERY, du=""), "du"),
]


@pytest.mark.parametrize("body", [*LEGAL, *FORGIVEN])
def test_what_passes(body: dict[str, Any]) -> None:
    assert DCC.problem(body) is None


@pytest.mark.parametrize(("body", "named"), [*ILLEGAL, *STRICTER])
def test_what_does_not_and_which_field_it_is(body: dict[str, Any], named: str) -> None:
    problem = DCC.problem(body)
    assert problem is not None
    assert named in problem


@pytest.mark.parametrize("field", ["tg", "vp", "mp", "ma", "dn", "sd", "dt", "co", "is", "ci"])
def test_every_field_of_a_dose_is_required(field: str) -> None:
    body = signed_payload()
    del body["v"][0][field]
    assert DCC.problem(body) == f"v[0].{field}: missing or not as the schema says"


@pytest.mark.parametrize(("kind", "fields"), [("t", TEST), ("r", RECOVERY)])
def test_every_field_of_a_test_and_a_recovery_is_required(
    kind: str, fields: dict[str, str]
) -> None:
    for field in fields:
        kept = {name: value for name, value in fields.items() if name != field}
        assert DCC.problem(event(kind, kept)) is not None


def test_identifiers_name_the_country_of_the_event() -> None:
    assert DCC.identifiers(signed_payload(t=None)) == [("VN", "URN:UVCI:01:VN:AB12")]


@pytest.fixture(scope="module")
def by_the_schema(shared_data: Path) -> Callable[[Any], bool]:
    """The schema itself, read by PyPI's `jsonschema`."""
    from jsonschema import Draft202012Validator

    text = (shared_data / "dcc/schema/DCC.combined-schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text)).is_valid


@pytest.mark.vectors
def test_the_schema_agrees_on_what_is_legal_and_what_is_not(
    by_the_schema: Callable[[Any], bool],
) -> None:
    assert all(by_the_schema(body) for body in LEGAL)
    assert not any(by_the_schema(body) for body, _ in ILLEGAL)


@pytest.mark.vectors
def test_the_examples_of_the_schema(shared_data: Path) -> None:
    folder = shared_data / "dcc/schema"
    examples = [*folder.glob("examples/*/*.json"), *folder.glob("test/valid/*.json")]
    assert len(examples) > 30
    for path in examples:
        assert DCC.problem(json.loads(path.read_text(encoding="utf-8"))) is None, path.name
    for path in folder.glob("test/invalid/*.json"):
        assert DCC.problem(json.loads(path.read_text(encoding="utf-8"))) is not None, path.name


ODD = st.sampled_from(
    [None, "", "x", "A" * 81, 0, 1, 2.0, 1.5, True, [], {}, "2021-10-01", "VN", b"x", [{}], "1.3.0"]
)


@pytest.mark.vectors
@given(data=st.data())
def test_never_stricter_than_the_schema(
    by_the_schema: Callable[[Any], bool], data: st.DataObject
) -> None:
    """Whatever one changes in a legal payload: legal by the schema means no problem here.

    But for dates, which the schema engine takes for any text.
    """
    body = json.loads(json.dumps(data.draw(st.sampled_from(LEGAL))))
    kind = next(k for k in "vtr" if k in body)
    places = [body, body["nam"], body[kind][0]]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places))
        field = data.draw(
            st.sampled_from([*sorted(place), "fnt", "gnt", "v", "t", "r", "nm", "tc"])
        )
        if field in {"dt", "sc", "fr", "df", "du"}:
            continue
        if data.draw(st.booleans()):
            place.pop(field, None)
        else:
            place[field] = data.draw(ODD)
    if by_the_schema(body):
        assert DCC.problem(body) is None
    else:
        forgiven = DCC.problem(body) is None
        assert not forgiven or _needs_forgiveness(body)


def _needs_forgiveness(body: dict[str, Any]) -> bool:
    """Whether a payload has any of what is forgiven: null, or a name in other letters."""
    kind = next(k for k in "vtr" if body.get(k) is not None)
    values = [*body.values(), *body["nam"].values(), *body[kind][0].values()]
    names = [body["nam"].get("fnt") or "", body["nam"].get("gnt") or ""]
    odd_names = any(set(name) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZ<") for name in names)
    return None in values or odd_names

"""The issuance linter: what must never be signed, and what may."""

from __future__ import annotations

import copy
import json
import unicodedata
import zlib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.hcert.linter import lint
from lamsach.hcert.linter_messages import MESSAGES
from lamsach.hcert.vaccines import PRODUCTS

NOW = datetime(2022, 4, 19, 8, tzinfo=UTC)


def payload(**dose: Any) -> dict[str, Any]:
    """A certificate that may be signed, but for what is given."""
    entry = {
        "tg": "840539006",
        "vp": "1157024006",
        "mp": "BBIBP-CorV",
        "ma": "ORG-100020693",
        "dn": 2,
        "sd": 2,
        "dt": "2021-10-09",
        "co": "VN",
        "is": "Bộ Y tế",
        "ci": "URN:UVCI:01:VN:FFFE3D31FABD035899134A9D3BAE9BCF#C",
    }
    names = {"fn": "Nguyễn", "gn": "Bảo Duy", "fnt": "NGUYEN", "gnt": "BAO<DUY"}
    return {"ver": "1.3.0", "nam": names, "dob": "1989-02-05", "v": [entry | dose]}


def found(document: dict[str, Any], **known: Any) -> set[tuple[str, str]]:
    return {(finding.code, finding.path) for finding in lint(document, issued_at=NOW, **known)}


def test_a_lawful_payload_passes() -> None:
    assert found(payload()) == set()
    assert found(payload(), doses=2) == set()


def test_the_sample_that_vietnam_published() -> None:
    """dcc-quality-assurance VN/1.3.0: Vaxzevria by BioNTech, with a deprecated code."""
    sample = payload(mp="EU/1/21/1529", ma="ORG-100030215", vp="J07BX03")
    assert found(sample) == {("vaccine.maker", "v/0/ma"), ("code.inactive", "v/0/vp")}


@pytest.mark.parametrize(
    ("dose", "code", "field"),
    [
        ({"ma": "ORG-100001699"}, "vaccine.maker", "ma"),
        ({"ma": "ORG-1"}, "code.unknown", "ma"),
        ({"mp": "Nanocovax"}, "code.unknown", "mp"),
        ({"mp": " BBIBP-CorV"}, "text.whitespace", "mp"),
        ({"vp": "29061000087103"}, "vaccine.prophylaxis", "vp"),
        ({"vp": "1119305005"}, "vaccine.prophylaxis", "vp"),
        ({"vp": "J07BX03"}, "code.inactive", "vp"),
        ({"vp": "1"}, "code.unknown", "vp"),
        ({"tg": "1"}, "code.unknown", "tg"),
        ({"co": "XX"}, "code.unknown", "co"),
        ({"co": "vn"}, "code.unknown", "co"),
        ({"dt": "1988-02-05"}, "event.before_birth", "dt"),
        ({"dt": "2022-04-21"}, "event.after_issue", "dt"),
        ({"dt": "2021-06-02"}, "dose.before_licence", "dt"),
        ({"dt": "2020-07-21", "co": "CN"}, "dose.before_licence", "dt"),
        ({"dt": "2021-02-30"}, "date.form", "dt"),
        ({"dt": "2021-10-09T00:00:00"}, "date.form", "dt"),
        ({"dn": 0}, "dose.number", "dn"),
        ({"dn": True}, "dose.number", "dn"),
        ({"dn": 100, "sd": 100}, "dose.number", "dn"),
        ({"dn": 10**100, "sd": 10**100}, "dose.number", "dn"),
        ({"sd": 2.0}, "dose.number", "sd"),
        ({"sd": "2"}, "dose.number", "sd"),
        ({"dn": 3, "sd": 2}, "dose.booster", "dn"),
        ({"dn": 1, "sd": 3}, "dose.series", "sd"),
        ({"ci": "URN:UVCI:01:VN:FFFE3D31FABD035899134A9D3BAE9BCF#D"}, "uvci.check", "ci"),
        ({"ci": ""}, "uvci.form", "ci"),
        ({"ci": "URN:UVCI:01:VN:A B"}, "uvci.form", "ci"),
        ({"ci": "URN:UVCI:01:VN:Đ"}, "uvci.form", "ci"),
        ({"ci": "#A"}, "uvci.form", "ci"),
        ({"ci": "U" * 81}, "field.length", "ci"),
        ({"is": "Bộ Y tế".encode().decode("latin-1")}, "text.invisible", "is"),
        ({"is": "Bộ\u00a0Y tế"}, "text.invisible", "is"),
        ({"is": unicodedata.normalize("NFD", "Bộ Y tế")}, "text.not_nfc", "is"),
        ({"is": None}, "field.type", "is"),
        ({"is": 7}, "field.type", "is"),
        ({"lot": "A1"}, "field.unknown", "lot"),
    ],
)
def test_one_thing_wrong_with_a_dose(dose: dict[str, Any], code: str, field: str) -> None:
    assert (code, f"v/0/{field}") in found(payload(**dose))


@pytest.mark.parametrize("field", ["tg", "vp", "mp", "ma", "dn", "sd", "dt", "co", "is", "ci"])
def test_every_field_of_a_dose_is_compulsory(field: str) -> None:
    document = payload()
    del document["v"][0][field]
    assert found(document) == {("field.missing", f"v/0/{field}")}


@pytest.mark.parametrize(
    ("product", "dn", "sd", "code"),
    [
        ("BBIBP-CorV", 1, 1, None),  # one dose after an infection
        ("BBIBP-CorV", 1, 2, None),
        ("BBIBP-CorV", 3, 3, None),
        ("EU/1/20/1528", 2, 1, None),  # the booster after a single-dose course
        ("EU/1/20/1528", 3, 1, None),
        ("EU/1/20/1525", 1, 1, None),
        ("EU/1/20/1525", 2, 1, None),
        ("EU/1/20/1525", 3, 3, None),  # the booster after two doses of another vaccine
        ("EU/1/20/1525", 2, 2, "dose.single_dose_vaccine"),
        ("EU/1/20/1525", 1, 2, "dose.single_dose_vaccine"),
        ("Abdala", 1, 3, None),
        ("Abdala", 3, 3, None),
        ("Abdala", 1, 2, "dose.series"),
        ("EU/1/20/1528", 2, 3, "dose.series"),
        ("EU/1/20/1528", 4, 2, "dose.booster"),
        ("Abdala", 4, 3, "dose.booster"),
    ],
)
def test_series_and_boosters(product: str, dn: int, sd: int, code: str | None) -> None:
    known = PRODUCTS[product]
    document = payload(mp=product, ma=known.maker, vp=known.prophylaxes[0], dn=dn, sd=sd)
    assert {finding for finding, _ in found(document)} == ({code} if code else set())


def test_a_booster_is_never_1_of_1() -> None:
    assert found(payload(dn=1, sd=1), doses=1) == set()
    assert found(payload(dn=1, sd=1), doses=3) == {("dose.count", "v/0/dn")}
    assert found(payload(dn=2, sd=2), doses=3) == {("dose.count", "v/0/dn")}
    assert found(payload(dn=3, sd=3), doses=3) == set()


@pytest.mark.parametrize("product", PRODUCTS.values(), ids=lambda product: product.code)
def test_every_triple_of_annex_a_and_no_deprecated_one(product: Any) -> None:
    for vp in product.prophylaxes:
        document = payload(mp=product.code, ma=product.maker, vp=vp, dn=1, sd=1, dt="2022-04-18")
        codes = {code for code, _ in found(document)} - {"dose.before_licence"}
        assert codes == (set() if product.active else {"code.inactive"})


def test_abroad_the_first_licence_anywhere_counts() -> None:
    assert found(payload(dt="2021-05-01", co="CN")) == set()
    assert found(payload(dt="2021-05-01", co="VN")) == {("dose.before_licence", "v/0/dt")}
    assert found(payload(dt="2021-06-03", co="VN")) == set()


def test_tomorrow_begins_in_the_east() -> None:
    """A dose of the day that has begun somewhere is not of the future."""
    document = payload(dt="2022-04-20")
    for hour, allowed in ((9, False), (10, True)):
        findings = lint(document, issued_at=datetime(2022, 4, 19, hour, tzinfo=UTC))
        assert (findings == []) is allowed


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"fn": "Nguyễn", "fnt": "NGUYEN"}, set()),
        ({"gn": "Hằng", "gnt": "HANG"}, set()),
        ({"fnt": "NGUYEN"}, set()),
        ({"fn": "Müller", "fnt": "MUELLER"}, set()),
        ({"fn": "Müller", "fnt": "MULLER"}, set()),
        ({"fn": "李", "fnt": "LI"}, set()),  # no rule: the issuer's form is taken
        ({"fn": "李", "fnt": ""}, {("name.missing", "nam"), ("name.missing", "nam/fnt")}),
        # The schema is content with these; a certificate of nobody is everybody's.
        ({"fnt": ""}, {("name.missing", "nam")}),
        ({"fnt": "<<<", "gnt": ""}, {("name.missing", "nam")}),
        ({"fnt": "<<<", "gnt": "A"}, set()),
        ({"fn": "Nguyễn"}, {("name.missing", "nam"), ("name.missing", "nam/fnt")}),
        ({"fn": "Đặng", "fnt": "ANG"}, {("name.transliteration", "nam/fnt")}),
        ({"fn": "Lê", "fnt": "LE", "gn": "An", "gnt": "AM"}, {("name.transliteration", "nam/gnt")}),
        ({"fn": "Lê", "fnt": "Le"}, {("name.form", "nam/fnt")}),
        ({"fn": "Lê", "fnt": "LE", "mn": "Thị"}, {("field.unknown", "nam/mn")}),
        ({"fn": "Lê ", "fnt": "LE"}, {("text.whitespace", "nam/fn")}),
        ({"fn": "Le\u0302", "fnt": "LE"}, {("text.not_nfc", "nam/fn")}),
        ({}, {("name.missing", "nam")}),
        (None, {("field.missing", "nam")}),
        ([], {("field.type", "nam")}),
    ],
)
def test_names(names: Any, expected: set[tuple[str, str]]) -> None:
    assert found(payload() | {"nam": names}) == expected


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        ("1989", set()),
        ("1989-02", set()),
        ("", set()),
        ("2021", set()),  # 2021 may be any day of the year
        ("2022-04-21", {("birth.after_issue", "dob"), ("event.before_birth", "v/0/dt")}),
        ("2021-11", {("event.before_birth", "v/0/dt")}),
        ("1989-13", {("birth.form", "dob")}),
        ("1989-02-30", {("birth.form", "dob")}),
        ("05/02/1989", {("birth.form", "dob")}),
        ("1899-01-01", {("birth.form", "dob")}),
        (None, {("field.missing", "dob")}),
        (1989, {("field.type", "dob")}),
    ],
)
def test_birth_dates(born: Any, expected: set[tuple[str, str]]) -> None:
    assert found(payload() | {"dob": born}) == expected


def test_one_event_and_nothing_else() -> None:
    two = payload()
    two["v"].append(copy.deepcopy(two["v"][0]))
    assert ("event.count", "v") in found(two)
    assert ("event.count", "v") in found(payload() | {"v": []})
    assert ("event.count", "v/t") in found(payload() | {"t": None})
    nothing = payload()
    del nothing["v"]
    assert found(nothing) == {("event.count", "v")}
    assert found(payload() | {"nationality": "VN"}) == {("field.unknown", "nationality")}
    assert found(payload() | {"ver": "1.3"}) == {("version.form", "ver")}


def test_tests_and_recoveries() -> None:
    base = {key: value for key, value in payload().items() if key != "v"}
    common = {"tg": "840539006", "co": "VN", "is": "Bộ Y tế", "ci": "X"}
    test = common | {"tt": "LP6464-4", "sc": "2022-04-18T10:00:00+07:00", "tr": "260415000"}
    assert found(base | {"t": [test]}) == set()
    for field, value, code in (
        ("tt", "PCR", "code.unknown"),
        ("tr", "negative", "code.unknown"),
        ("sc", "2022-04-18", "time.form"),
        ("sc", "2022-04-19T15:01:00+07:00", "event.after_issue"),
        ("sc", "1988-01-01T00:00:00Z", "event.before_birth"),
    ):
        assert found(base | {"t": [test | {field: value}]}) == {(code, f"t/0/{field}")}
    recovery = common | {"fr": "2022-02-01", "df": "2022-02-12", "du": "2022-07-31"}
    assert found(base | {"r": [recovery]}) == set()
    assert found(base | {"r": [recovery | {"du": "2022-02-11"}]}) == {("recovery.dates", "r/0/df")}
    assert found(base | {"r": [recovery | {"fr": "x"}]}) == {("date.form", "r/0/fr")}


def test_every_finding_speaks_vietnamese_and_english_and_of_no_person() -> None:
    document = payload(dt="1900-01-01", vp="J07BX03") | {"nam": {"fn": "Bimat", "fnt": "LO"}}
    findings = lint(document, issued_at=NOW)
    assert findings
    for finding in findings:
        assert set(finding.message) == {"vi", "en"}
        assert finding.message["vi"] != finding.message["en"]
        assert "Bimat" not in str(finding)
    assert all(vi.endswith(".") and en.endswith(".") for vi, en in MESSAGES.values())


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["fn", "fnt", "dn", "sd", "mp", "dt", "ci", "sc"]), inner)
    ),
    max_leaves=8,
)


@given(st.sampled_from([("nam",), ("dob",), ("v",), ("v", 0), ("t",), ("r",), ("ver",)]), anything)
def test_nothing_is_raised_for_any_content(place: tuple[Any, ...], value: Any) -> None:
    document = payload()
    if len(place) == 1:
        document[place[0]] = value
    else:
        document["v"][0] = value
    lint(document, issued_at=NOW)


@given(st.sampled_from(sorted(payload()["v"][0])), anything)
def test_nothing_is_raised_for_any_field(field: str, value: Any) -> None:
    lint(payload(**{field: value}), issued_at=NOW)


ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def claims_of(text: str) -> dict[int, Any]:
    """The claims of an HC1 text, by the shortest way there is."""
    packed = bytearray()
    for start in range(4, len(text), 3):
        part = text[start : start + 3]
        value = sum(ALPHABET.index(letter) * 45**place for place, letter in enumerate(part))
        packed += value.to_bytes(len(part) - 1, "big")
    claims: dict[int, Any] = cbor2.loads(cbor2.loads(zlib.decompress(packed)).value[2])
    return claims


@pytest.mark.vectors
def test_what_is_wrong_with_the_published_samples(shared_data: Path) -> None:
    """Every finding in the official quality-assurance codes, counted by code and field."""
    folder = shared_data / "dcc" / "qa-hc1"
    counts: Counter[tuple[str, str]] = Counter()
    illegal_vaccines = set()
    for file in sorted(folder.rglob("*.txt")):
        if file.relative_to(folder).as_posix() == "SG/1.3.0/VAC.txt":
            continue  # as ORIGIN.md says, it does not inflate
        claims = claims_of(file.read_text(encoding="ascii").strip())
        issued_at = datetime.fromtimestamp(claims[6], tz=UTC)
        for finding in lint(claims[-260][1], issued_at=issued_at):
            counts[finding.code, finding.path] += 1
            if finding.code.startswith("vaccine."):
                illegal_vaccines.add(file.relative_to(folder).as_posix())
    assert illegal_vaccines == {"NL/1.0.0/VAC.txt"}
    assert counts == {
        ("code.inactive", "v/0/vp"): 1,  # AT, J07BX03
        ("vaccine.maker", "v/0/ma"): 1,  # NL 1.0.0, Spikevax by CanSino
        ("event.after_issue", "v/0/dt"): 6,  # NL, doses of the day after next
        ("field.unknown", "meta"): 5,  # SG
        ("name.transliteration", "nam/fnt"): 4,  # SG, the whole name in fnt
        ("event.after_issue", "t/0/sc"): 2,  # SG, tests of the same afternoon
        ("date.form", "r/0/fr"): 1,  # SG, dates with time
        ("date.form", "r/0/df"): 1,
        ("date.form", "r/0/du"): 1,
    }


@pytest.mark.vectors
def test_the_examples_of_the_schema_pass_but_one(shared_data: Path) -> None:
    folder = shared_data / "dcc" / "schema" / "examples" / "vaccination"
    flagged = {}
    for file in sorted(folder.glob("*.json")):
        document = json.loads(file.read_text(encoding="utf-8"))
        findings = lint(document, issued_at=datetime(2023, 6, 1, tzinfo=UTC))
        if findings:
            flagged[file.name] = {(finding.code, finding.path) for finding in findings}
    # Written before Annex A was: Janssen as an mRNA vaccine.
    assert flagged == {
        "standard_case_1-of-1-janssen.json": {("vaccine.prophylaxis", "v/0/vp")},
    }

"""Rules: what is read from a folder, which apply, and what they say of a certificate."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lamsach.hcert.rules import Rule, RuleBook, RuleError, evaluate, evaluate_rules
from lamsach.hcert.rules.evaluation import select

NOW = datetime(2022, 4, 19, 8, tzinfo=UTC)
COMPLETE = {">=": [{"var": "payload.v.0.dn"}, {"var": "payload.v.0.sd"}]}
PAYLOAD = {"ver": "1.3.0", "dob": "1989", "v": [{"dn": 2, "sd": 2, "dt": "2021-10-09", "co": "VN"}]}


def rule(**changed: Any) -> dict[str, Any]:
    """A published rule of Vietnam: the course must be complete."""
    return {
        "Identifier": "VR-VN-0001",
        "Type": "Acceptance",
        "Country": "VN",
        "Version": "1.0.0",
        "SchemaVersion": "1.0.0",
        "Engine": "CERTLOGIC",
        "EngineVersion": "1.0.0",
        "CertificateType": "Vaccination",
        "Description": [
            {"lang": "en", "desc": "The course of vaccination must be complete."},
            {"lang": "vi", "desc": "Phải tiêm đủ liều theo liệu trình."},
        ],
        "ValidFrom": "2022-01-01T00:00:00Z",
        "ValidTo": "2022-07-01T00:00:00+07:00",
        "AffectedFields": ["v.0.dn", "v.0.sd"],
        "Logic": COMPLETE,
    } | changed


def outcome(document: dict[str, Any], payload: Any = PAYLOAD, **known: Any) -> str | None:
    """What one rule says, None where it does not apply."""
    book = RuleBook((Rule.from_json(document),), {})
    results = evaluate_rules(payload, book, **{"country": "VN", "at": NOW} | known)
    return results[0].outcome if results else None


def test_passed_and_failed_with_messages_and_fields() -> None:
    book = RuleBook((Rule.from_json(rule()),), {})
    [result] = evaluate_rules(PAYLOAD, book, country="VN", at=NOW)
    assert result.as_json() == {
        "rule": "VR-VN-0001",
        "version": "1.0.0",
        "result": "passed",
        "message": {
            "en": "The course of vaccination must be complete.",
            "vi": "Phải tiêm đủ liều theo liệu trình.",
        },
    }
    assert result.affected == {"v.0.dn": 2, "v.0.sd": 2}
    half = PAYLOAD | {"v": [{"dn": 1, "sd": 2}]}
    assert outcome(rule(), half) == "failed"


@pytest.mark.parametrize(
    "changed",
    [
        {"Logic": {"or": [True, True]}},
        {"Logic": {">=": [{"var": "payload.v.0.nothing"}, 1]}},
        {"Logic": {"plusTime": [{"var": "payload.v.0.dt"}, 1, "day"]}},
        {"Logic": 1},
        {"Logic": None},
        {"Engine": "OTHER"},
        {"EngineVersion": "1.3.4"},
        {"EngineVersion": "2.0.0"},
        {"SchemaVersion": "1.3.1"},
        {"SchemaVersion": "2.0.0"},
    ],
)
def test_what_cannot_be_judged_is_open(changed: dict[str, Any]) -> None:
    assert outcome(rule(**changed)) == "open"


@pytest.mark.parametrize("version", [None, "1", 1.3, "0.9.0"])
def test_a_certificate_of_another_schema_is_open(version: Any) -> None:
    assert outcome(rule(), PAYLOAD | {"ver": version}) == "open"


def test_only_rules_of_the_country_the_kind_and_the_time_apply() -> None:
    assert outcome(rule(), country="AT") is None
    assert outcome(rule(Country="EU")) is None
    assert outcome(rule(CertificateType="General")) == "passed"
    assert outcome(rule(CertificateType="Test")) is None
    assert outcome(rule(CertificateType="Test"), {"ver": "1.3.0", "t": [{}]}) == "open"
    assert outcome(rule(Region="HN")) is None
    start, end = datetime(2022, 1, 1, tzinfo=UTC), datetime(2022, 6, 30, 17, tzinfo=UTC)
    second = timedelta(seconds=1)
    assert [outcome(rule(), at=at) for at in (start - second, start, end - second, end)] == [
        None,
        "passed",
        "passed",
        None,
    ]


def test_invalidation_rules_are_those_of_the_issuer() -> None:
    document = rule(Identifier="IR-VN-0001", Type="Invalidation")
    assert outcome(document, country="AT", issuer="VN") == "passed"
    assert outcome(document, country="VN", issuer="AT") is None


def test_the_newest_valid_version_wins_by_number() -> None:
    rules = [
        Rule.from_json(rule(Version=version, ValidFrom=start))
        for version, start in (
            ("1.9.0", "2022-01-01T00:00:00Z"),
            ("1.10.0", "2022-01-01T00:00:00Z"),
            ("1.2.99", "2022-01-01T00:00:00Z"),
            ("2.0.0", "2022-05-01T00:00:00Z"),
        )
    ]
    for order in (rules, rules[::-1]):
        [chosen] = select(order, PAYLOAD, country="VN", issuer="VN", at=NOW)
        assert chosen.version == (1, 10, 0)
    [later] = select(rules, PAYLOAD, country="VN", issuer="VN", at=NOW + timedelta(days=30))
    assert later.version == (2, 0, 0)


def test_what_a_rule_may_know() -> None:
    asked = {
        "external.validationClock": "2022-04-19T08:00:00.000Z",
        "external.countryCode": "VN",
        "external.issuerCountryCode": "AT",
        "external.iat": "2022-01-01T00:00:00.000Z",
        "external.exp": "2023-01-01T00:00:00.000Z",
    }
    for path, value in asked.items():
        assert (
            outcome(
                rule(Logic={"===": [{"var": path}, value]}),
                issuer="AT",
                issued_at=datetime(2022, 1, 1, tzinfo=UTC),
                expires_at=datetime(2023, 1, 1, tzinfo=UTC),
            )
            == "passed"
        )
    for name, code in (
        ("vaccines-covid-19-names", "Abdala"),
        ("sct-vaccines-covid-19", "J07BX03"),  # deprecated, still a known code
        ("country-2-codes", "VN"),
        ("covid-19-lab-test-manufacturer-and-name", "1232"),
    ):
        logic = {"in": [code, {"var": f"external.valueSets.{name}"}]}
        assert outcome(rule(Logic=logic)) == "passed"


def test_a_folder_of_rules_and_other_files(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "one.json").write_text(json.dumps(rule()), encoding="utf-8")
    two = [rule(Identifier="VR-VN-0002"), rule(Identifier="VR-VN-0003")]
    (tmp_path / "two.json").write_text(json.dumps(two), encoding="utf-8")
    (tmp_path / "test001.json").write_text('{"payload": {}, "expected": true}', encoding="utf-8")
    (tmp_path / "schema.json").write_text('{"$id": "x"}', encoding="utf-8")
    (tmp_path / "note.txt").write_text("not JSON", encoding="utf-8")
    codes = {"valueSetId": "vaccines-covid-19-names", "valueSetValues": {"Nanocovax": {}}}
    (tmp_path / "codes.json").write_text(json.dumps(codes), encoding="utf-8")
    book = RuleBook.load(tmp_path)
    assert sorted(found.identifier for found in book.rules) == [
        *("VR-VN-0001", "VR-VN-0002", "VR-VN-0003")
    ]
    assert book.value_sets == {"vaccines-covid-19-names": ["Nanocovax"]}
    assert len(RuleBook.load(tmp_path / "two.json").rules) == 2


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"Identifier": "VR-VN-1", "Logic": true}', "form VR-CC-0001"),
        (json.dumps(rule(Type="Maybe")), "VR-VN-0001: Type is none of"),
        (json.dumps(rule(Version="1")), "VR-VN-0001: Version is no version"),
        (json.dumps(rule(ValidTo="tomorrow")), "VR-VN-0001: ValidTo is no time"),
        (json.dumps(rule(ValidTo="2022-01-01T00:00:00")), "VR-VN-0001: ValidTo is no time"),
        (json.dumps(rule(Description="x")), "VR-VN-0001: Description"),
        (json.dumps(rule(AffectedFields=[1])), "VR-VN-0001: AffectedFields"),
        (json.dumps({k: v for k, v in rule().items() if k != "Logic"}), "Logic is missing"),
        (json.dumps({k: v for k, v in rule().items() if k != "Engine"}), "Engine is missing"),
    ],
)
def test_a_broken_rule_is_named(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "broken.json").write_text(content, encoding="utf-8")
    with pytest.raises(RuleError, match=problem) as caught:
        RuleBook.load(tmp_path)
    assert "broken.json" in str(caught.value)


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no such folder"):
        RuleBook.load(tmp_path / "none")


@pytest.mark.vectors
def test_the_published_rules_with_their_own_tests(shared_data: Path) -> None:
    """All rules of AT, EU and NL, each on its country's test files."""
    folder = shared_data / "dcc" / "business-rules"
    book = RuleBook.load(folder)
    assert len(book.rules) == 31
    count = 0
    for file in sorted(folder.rglob("rule.json")):
        logic = json.loads(file.read_text(encoding="utf-8"))["Logic"]
        for test in sorted((file.parent / "tests").glob("*.json")):
            case = json.loads(test.read_text(encoding="utf-8"))
            data = {"payload": case.get("payload"), "external": case["external"]}
            assert evaluate(logic, data) is case["expected"], test
            count += 1
    assert count == 206

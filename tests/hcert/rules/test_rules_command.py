"""`lamsach hcert rules`: the contract's JSON and exit status on what was published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hcert_making import make_claims, make_dsc, seal, signed_payload

from lamsach.cli.main import run


def evaluated(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit status, and the results by rule."""
    status = run(["hcert", "rules", *arguments])
    results = json.loads(capsys.readouterr().out)
    assert all(set(one) == {"rule", "version", "result", "message"} for one in results)
    return status, {one["rule"]: one["result"] for one in results}


@pytest.mark.parametrize(
    ("issuer", "asked"),
    [("SE", {}), ("VN", {"IR-VN-0001": "passed"}), ("CNAM", {"IR-VN-0001": "passed"})],
)
def test_whose_invalidation_rules_are_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], issuer: str, asked: dict[str, str]
) -> None:
    """The issuer's; where the claim names no country, that of the event."""
    rule = {
        "Identifier": "IR-VN-0001",
        "Type": "Invalidation",
        "Country": "VN",
        "Version": "1.0.0",
        "SchemaVersion": "1.0.0",
        "Engine": "CERTLOGIC",
        "EngineVersion": "1.0.0",
        "CertificateType": "General",
        "Description": [{"lang": "en", "desc": "The whole lot has to be withdrawn."}],
        "ValidFrom": "2021-01-01T00:00:00Z",
        "ValidTo": "2030-01-01T00:00:00Z",
        "AffectedFields": [],
        "Logic": True,
    }
    (tmp_path / "rule.json").write_text(json.dumps(rule), encoding="utf-8")
    text = seal(make_dsc(), make_claims(signed_payload(), iss=issuer))
    at = ("--at", "2022-02-20")
    assert evaluated(capsys, text, str(tmp_path), "--country", "AT", *at) == (0, asked)


@pytest.mark.vectors
def test_a_certificate_before_the_rules_of_austria(
    shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder holds test files and a schema beside the rules; they are passed over."""
    folder = str(shared_data / "dcc" / "business-rules")
    certificate = str(shared_data / "dcc" / "qa-hc1" / "AT" / "1.3.0" / "VAC.txt")
    general = ["GR-AT-0000", "GR-AT-0001"]
    applying = [*general, *(f"VR-AT-000{number}" for number in (0, 1, 4, 5, 6))]
    at = ["--at", "2022-02-20T00:00:00Z"]
    status, results = evaluated(capsys, certificate, folder, "--country", "AT", *at)
    assert (status, list(results)) == (0, applying)
    assert set(results.values()) == {"passed"}
    status, results = evaluated(
        capsys, certificate, folder, "--country", "AT", "--at", "2024-02-20T00:00:00Z"
    )
    assert status == 1
    assert [name for name in results if results[name] == "failed"] == ["VR-AT-0005"]
    assert evaluated(capsys, certificate, folder, "--country", "VN", *at) == (0, {})


@pytest.mark.vectors
def test_an_open_rule_is_no_failure(
    tmp_path: Path, shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = shared_data / "dcc" / "business-rules" / "AT" / "VR-AT-0000" / "rule.json"
    rule = json.loads(rules.read_text(encoding="utf-8")) | {"Logic": {"or": [True, True]}}
    (tmp_path / "rules.json").write_text(json.dumps([rule]), encoding="utf-8")
    certificate = str(shared_data / "dcc" / "qa-hc1" / "AT" / "1.3.0" / "VAC.txt")
    arguments = (certificate, str(tmp_path), "--country", "AT", "--at", "2022-02-20")
    assert evaluated(capsys, *arguments) == (0, {"VR-AT-0000": "open"})


@pytest.mark.vectors
def test_bad_input_is_one_line_and_status_2(
    tmp_path: Path, shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(shared_data / "dcc" / "business-rules")
    certificate = str(shared_data / "dcc" / "qa-hc1" / "AT" / "1.3.0" / "VAC.txt")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    for arguments, problem in (
        (("HC1:NONSENSE", folder, "--country", "AT"), "_FAILED"),
        ((certificate, str(tmp_path), "--country", "AT"), "broken.json"),
        ((certificate, str(tmp_path / "none"), "--country", "AT"), "no such folder"),
        ((certificate, folder, "--country", "at"), "--country"),
        ((certificate, folder, "--country", "AT", "--at", "noon"), "--at"),
        ((certificate, folder), "--country"),
    ):
        assert run(["hcert", "rules", *arguments]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert problem in said.err
        assert said.err.count("\n") == 1

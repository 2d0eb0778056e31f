"""Which rules apply to a certificate, and what each of them says of it.

Acceptance rules are those of the country that is entered, invalidation rules those of the country
that issued. Of several valid versions the newest counts. A rule that cannot be evaluated (another
engine, a newer schema, data it does not expect) is open: somebody has to look. Sources: business
rules, "Selection of rules"; the reference engine's compatibility rule for versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from lamsach.hcert import vaccines
from lamsach.hcert.rules import certlogic
from lamsach.hcert.rules.model import Rule, RuleBook, parsed_version

__all__ = ["RuleResult", "evaluate_rules", "external", "select", "value_sets"]

Outcome = Literal["passed", "failed", "open"]

_EVENTS: Final = ("v", "t", "r")


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What one rule says: `affected` are the payload's values that it names, `detail` why open."""

    rule: Rule
    outcome: Outcome
    affected: Mapping[str, Any]
    detail: str | None

    def as_json(self) -> dict[str, Any]:
        """The contract's form of the result."""
        return {
            "rule": self.rule.identifier,
            "version": ".".join(map(str, self.rule.version)),
            "result": self.outcome,
            "message": dict(self.rule.descriptions),
        }


def value_sets() -> dict[str, list[str]]:
    """The built-in value sets in the form that rules look into: lists of codes by set."""
    return {
        "disease-agent-targeted": sorted(vaccines.DISEASES),
        "vaccines-covid-19-names": list(vaccines.PRODUCTS),
        "vaccines-covid-19-auth-holders": sorted(vaccines.MAKERS),
        "sct-vaccines-covid-19": list(vaccines.PROPHYLAXES),
        "covid-19-lab-test-type": sorted(vaccines.TEST_TYPES),
        "covid-19-lab-result": sorted(vaccines.TEST_RESULTS),
        "covid-19-lab-test-manufacturer-and-name": sorted(vaccines.TEST_DEVICES),
        "country-2-codes": sorted(vaccines.COUNTRIES),
    }


def select(
    rules: Iterable[Rule], payload: Mapping[str, Any], *, country: str, issuer: str, at: datetime
) -> list[Rule]:
    """The rules that apply: country, kind of certificate and time; the newest version of each.

    A rule for a region of the country applies to nobody who did not name that region.
    """
    kinds = {"", *(kind for kind in _EVENTS if payload.get(kind))}
    newest: dict[str, Rule] = {}
    for rule in rules:
        if rule.country != (issuer if rule.invalidation else country) or rule.region:
            continue
        if rule.kind not in kinds or not rule.valid_from <= at < rule.valid_to:
            continue
        known = newest.get(rule.identifier)
        if known is None or known.version < rule.version:
            newest[rule.identifier] = rule
    return [newest[identifier] for identifier in sorted(newest)]


def external(
    *,
    country: str,
    issuer: str,
    at: datetime,
    issued_at: datetime | None,
    expires_at: datetime | None,
    sets: Mapping[str, list[str]],
) -> dict[str, Any]:
    """What rules may know beside the payload (the specification's external parameters)."""
    return {
        "validationClock": _iso(at),
        "valueSets": dict(sets),
        "countryCode": country,
        "issuerCountryCode": issuer,
        "iat": None if issued_at is None else _iso(issued_at),
        "exp": None if expires_at is None else _iso(expires_at),
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def evaluate_rules(
    payload: Mapping[str, Any],
    book: RuleBook,
    *,
    country: str,
    issuer: str = "",
    at: datetime,
    issued_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> list[RuleResult]:
    """What the rules of a country say of a DCC payload at a time, in the order of identifiers.

    `country` is entered, `issuer` issued (ISO 3166-1 alpha-2); times are aware. Raises nothing for
    what is in rules or payload.

    >>> from datetime import UTC, datetime
    >>> rule = {"Identifier": "VR-VN-0001", "Type": "Acceptance", "Country": "VN",
    ...     "Version": "1.0.0", "SchemaVersion": "1.0.0", "Engine": "CERTLOGIC",
    ...     "EngineVersion": "1.0.0", "CertificateType": "Vaccination",
    ...     "Description": [{"lang": "en", "desc": "The course must be complete."}],
    ...     "ValidFrom": "2022-01-01T00:00:00Z", "ValidTo": "2030-01-01T00:00:00Z",
    ...     "AffectedFields": ["v.0.dn", "v.0.sd"],
    ...     "Logic": {">=": [{"var": "payload.v.0.dn"}, {"var": "payload.v.0.sd"}]}}
    >>> book = RuleBook((Rule.from_json(rule),), {})
    >>> payload = {"ver": "1.3.0", "v": [{"dn": 1, "sd": 2}]}
    >>> [result] = evaluate_rules(payload, book, country="VN", at=datetime(2022, 5, 1, tzinfo=UTC))
    >>> result.outcome, result.affected
    ('failed', {'v.0.dn': 1, 'v.0.sd': 2})
    """
    data = {
        "payload": payload,
        "external": external(
            country=country,
            issuer=issuer,
            at=at,
            issued_at=issued_at,
            expires_at=expires_at,
            sets=value_sets() | dict(book.value_sets),
        ),
    }
    return [
        _result(rule, payload, data)
        for rule in select(book.rules, payload, country=country, issuer=issuer, at=at)
    ]


def _result(rule: Rule, payload: Mapping[str, Any], data: Mapping[str, Any]) -> RuleResult:
    outcome: Outcome = "open"
    detail = _incompatible(rule, payload.get("ver"))
    if detail is None:
        try:
            value = certlogic.evaluate(rule.logic, data)
        except certlogic.CertLogicError as error:
            detail = str(error)
        else:
            if isinstance(value, bool):
                outcome = "passed" if value else "failed"
            else:
                detail = "the rule gives neither true nor false"
    return RuleResult(rule, outcome, _affected(rule, payload), detail)


def _incompatible(rule: Rule, version: Any) -> str | None:
    """Why a rule cannot judge a certificate of this schema version, if it cannot."""
    if rule.engine != "CERTLOGIC" or rule.engine_version > certlogic.VERSION:
        return "the rule wants another engine than CertLogic 1.3.3"
    certificate = parsed_version(version)
    if certificate is None:
        return "the certificate has no schema version"
    if certificate[0] != rule.schema_version[0] or certificate < rule.schema_version:
        return "the rule was written for another version of the schema"
    return None


def _affected(rule: Rule, payload: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for field in rule.affected_fields:
        try:
            found[field] = certlogic.evaluate({"var": field}, payload)
        except certlogic.CertLogicError:
            found[field] = None
    return found

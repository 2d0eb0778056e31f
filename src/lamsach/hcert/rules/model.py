"""A business rule as its country published it, and where rules lie on the disk.

Form: the gateway's validation-rule schema (Identifier, Type, Country, Version, …, Logic). A folder
may hold anything beside rules; what names itself a rule must be a whole one. Value sets in the form
of eu-dcc-valuesets that lie beside the rules take the place of the built-in ones. This room reads
and selects nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from lamsach.hcert.errors import HcertError

__all__ = ["KINDS", "Rule", "RuleBook", "RuleError"]

KINDS: Final = {"General": "", "Vaccination": "v", "Test": "t", "Recovery": "r"}
"""What a rule's CertificateType means in a payload."""

_IDENTIFIER: Final = re.compile(r"(?:GR|VR|TR|RR|IR)-[A-Z]{2}-\d{4}", re.ASCII)
_VERSION: Final = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})", re.ASCII)
_MAX_BYTES: Final = 4 << 20
_MAX_FILES: Final = 20_000


class RuleError(HcertError):
    """A rule, or a file of rules, that cannot be used."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of one rule; `version` and `engine_version` compare as numbers."""

    identifier: str
    kind: str
    country: str
    region: str
    invalidation: bool
    version: tuple[int, int, int]
    schema_version: tuple[int, int, int]
    engine: str
    engine_version: tuple[int, int, int]
    valid_from: datetime
    valid_to: datetime
    descriptions: Mapping[str, str]
    affected_fields: tuple[str, ...]
    logic: Any

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Rule:
        """A rule from its published JSON; raises RuleError that names the field.

        >>> try:
        ...     Rule.from_json({"Identifier": "VR-VN-0001", "Logic": True})
        ... except RuleError as error:
        ...     print(error)
        rule VR-VN-0001: Type is missing or no text
        """
        identifier = document.get("Identifier")
        if not isinstance(identifier, str) or not _IDENTIFIER.fullmatch(identifier):
            raise RuleError("a rule's Identifier has the form VR-CC-0001 (GR, VR, TR, RR or IR)")

        def text(field: str) -> str:
            value = document.get(field)
            if not isinstance(value, str):
                raise RuleError(f"rule {identifier}: {field} is missing or no text")
            return value

        def one_of(field: str, allowed: Mapping[str, Any]) -> Any:
            value = text(field)
            if value not in allowed:
                raise RuleError(f"rule {identifier}: {field} is none of {', '.join(allowed)}")
            return allowed[value]

        def version(field: str) -> tuple[int, int, int]:
            parts = parsed_version(text(field))
            if parts is None:
                raise RuleError(f"rule {identifier}: {field} is no version such as 1.0.0")
            return parts

        def time(field: str) -> datetime:
            try:
                moment = datetime.fromisoformat(text(field))
            except ValueError:
                moment = None
            if moment is None or moment.tzinfo is None:
                raise RuleError(
                    f"rule {identifier}: {field} is no time such as 2022-01-01T00:00:00Z"
                )
            return moment

        if "Logic" not in document:
            raise RuleError(f"rule {identifier}: Logic is missing")
        region = document.get("Region")
        return cls(
            identifier=identifier,
            invalidation=one_of("Type", {"Acceptance": False, "Invalidation": True}),
            country=text("Country"),
            region=region if isinstance(region, str) else "",
            kind=one_of("CertificateType", KINDS),
            version=version("Version"),
            schema_version=version("SchemaVersion"),
            engine=text("Engine"),
            engine_version=version("EngineVersion"),
            valid_from=time("ValidFrom"),
            valid_to=time("ValidTo"),
            descriptions=_descriptions(identifier, document.get("Description")),
            affected_fields=_fields(identifier, document.get("AffectedFields", [])),
            logic=document["Logic"],
        )


def parsed_version(text: Any) -> tuple[int, int, int] | None:
    """A version `1.2.3` as numbers, None for anything else."""
    found = _VERSION.fullmatch(text) if isinstance(text, str) else None
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _descriptions(identifier: str, value: Any) -> dict[str, str]:
    entries = value if isinstance(value, list) else [None]
    found = {}
    for entry in entries:
        lang = entry.get("lang") if isinstance(entry, dict) else None
        desc = entry.get("desc") if isinstance(entry, dict) else None
        if not isinstance(lang, str) or not isinstance(desc, str):
            raise RuleError(f"rule {identifier}: Description is a list of lang and desc")
        found[lang] = desc
    return found


def _fields(identifier: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(field, str) for field in value):
        raise RuleError(f"rule {identifier}: AffectedFields is a list of texts")
    return tuple(value)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules and value sets of a folder; `value_sets` are lists of codes by their id."""

    rules: tuple[Rule, ...]
    value_sets: Mapping[str, list[str]]

    @classmethod
    def load(cls, folder: Path) -> RuleBook:
        """Read every *.json file under a folder (or one file): a rule, a value set or a list.

        Whatever is neither a rule (it has Identifier and Logic, or an Identifier of a rule's form)
        nor a value set is passed over. Raises RuleError that names the file.
        """
        rules: list[Rule] = []
        value_sets: dict[str, list[str]] = {}
        for file in _files(folder):
            try:
                if file.stat().st_size > _MAX_BYTES:
                    raise RuleError(f"larger than {_MAX_BYTES >> 20} MB, which no rule is")
                document = json.loads(file.read_bytes())
                for item in document if isinstance(document, list) else [document]:
                    if _is_rule(item):
                        rules.append(Rule.from_json(item))
                    elif _is_value_set(item):
                        codes = item["valueSetValues"]
                        # Deprecated codes stay: a verifier accepts any that was ever legal.
                        value_sets[item["valueSetId"]] = list(codes)
            except RuleError as error:
                raise RuleError(f"{file}: {error}") from None
            except OSError as error:
                raise RuleError(f"{file}: cannot be read ({error.strerror})") from None
            except (ValueError, RecursionError):
                raise RuleError(f"{file}: not JSON that can be read") from None
        return cls(tuple(rules), value_sets)


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise RuleError(f"{folder}: no such folder")
    files = sorted(folder.rglob("*.json"))
    if len(files) > _MAX_FILES:
        raise RuleError(f"{folder}: more than {_MAX_FILES} files; name the folder of the rules")
    return files


def _is_rule(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    identifier = item.get("Identifier")
    named = isinstance(identifier, str) and _IDENTIFIER.fullmatch(identifier) is not None
    return named or ("Identifier" in item and "Logic" in item)


def _is_value_set(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("valueSetId"), str)
        and isinstance(item.get("valueSetValues"), dict)
    )

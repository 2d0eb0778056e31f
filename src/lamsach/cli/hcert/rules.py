"""`lamsach hcert rules`: what a country's business rules say of a certificate."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from lamsach.cli.hcert.inputs import read_input, read_time
from lamsach.cli.hcert.outputs import json_text
from lamsach.identity.errors import InputError

__all__ = ["rules"]


def rules(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT", help="HC1 text, a text file, - or a PNG/JPEG of the QR code."
        ),
    ],
    rules_dir: Annotated[
        Path,
        typer.Argument(metavar="RULES_DIR", help="Folder of CertLogic rules in JSON files."),
    ],
    *,
    country: Annotated[
        str, typer.Option(metavar="CC", help="Country whose rules are asked (ISO 3166-1 alpha-2).")
    ],
    at: Annotated[
        str | None,
        typer.Option(metavar="T", help="Time of the check; now if absent."),
    ] = None,
) -> None:
    """Evaluate business rules: a JSON array of results, status 0 if none failed.

    Says nothing of the signature: see `lamsach hcert verify`.

    Example: lamsach hcert rules certificate.png rules/ --country AT
    """
    from lamsach.hcert.decode import as_json, body_of  # noqa: PLC0415 - `--help` stays quick
    from lamsach.hcert.envelope import open_envelope  # noqa: PLC0415
    from lamsach.hcert.errors import Refused, sentence  # noqa: PLC0415
    from lamsach.hcert.rules import RuleBook, RuleError, evaluate_rules  # noqa: PLC0415

    if not re.fullmatch("[A-Z]{2}", country, re.ASCII):
        raise InputError(f"--country {country[:20]!r} is no country: write two letters such as AT")
    moment = read_time(at, "--at") or datetime.now(UTC)
    try:
        book = RuleBook.load(rules_dir)
        envelope = open_envelope(read_input(source))
    except RuleError as error:
        raise InputError(str(error)) from error
    except Refused as refused:
        problem = f"{refused.code.value}: {sentence(refused.code)['en']} ({refused.detail})"
        raise InputError(problem) from refused
    payload: dict[str, Any] = as_json(body_of(envelope) or {})
    results = evaluate_rules(
        payload,
        book,
        country=country,
        issuer=_issuer(envelope.issuer, payload),
        at=moment,
        issued_at=_moment(envelope.issued_at),
        expires_at=_moment(envelope.expires_at),
    )
    typer.echo(json_text([result.as_json() for result in results]))
    raise typer.Exit(1 if any(result.outcome == "failed" for result in results) else 0)


def _issuer(claim: str | None, payload: dict[str, Any]) -> str:
    """The issuing country: the claim iss; where that is none ("CNAM", "CH BAG"), the event's."""
    if claim is not None and re.fullmatch("[A-Z]{2}", claim, re.ASCII):
        return claim
    for group in ("v", "t", "r"):
        events = payload.get(group)
        event = events[0] if isinstance(events, list) and events else None
        country = event.get("co") if isinstance(event, dict) else None
        if isinstance(country, str):
            return country
    return ""


def _moment(seconds: float | None) -> datetime | None:
    """A NumericDate as a time; None where the calendar has none."""
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, tz=UTC)
    except (OverflowError, ValueError, OSError):
        return None

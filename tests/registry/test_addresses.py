"""Every address that names a thing is tried with somebody else's: nothing leaks, nothing changes.

The addresses are taken from the site itself. Whoever adds one that takes an identifier says here
how a foreign thing of its kind is made; until then this test fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import foreign_making
import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from lamsach.accounts.models import Officer, Post
from lamsach.cleansing.models import CleansingEntry, CleansingList
from lamsach.intake.models import Batch
from lamsach.jobs import registry as kinds
from lamsach.jobs.models import Job
from lamsach.passports.models import Passport
from lamsach.places.models import Office, Territory
from lamsach.registry.actions import request_correction
from lamsach.registry.models import Campaign, Correction, Dose, Person
from lamsach.signing.models import SigningBatch

pytestmark = [pytest.mark.db, pytest.mark.django_db]

SECRET = "Bưởi Bí Mật"  # in the foreign person's name: no answer may bear it


#: (application, kind of thing): the names of its addresses.
ADDRESSES = {
    ("registry", "person"): "person numbers correct history",
    ("registry", "dose"): "correct_dose",
    ("registry", "correction"): "correction approve refuse withdraw",
    ("jobs", "jobs"): "job again",
    ("intake", "intake"): "batch apply discard returned",
    ("signing", "signing"): "batch sign upload abandon manifest",
    ("signing", "signer"): "signer bind unbind",
    ("cleansing", "list"): "list return manifest scan export import sheet desk block doors",
    ("cleansing", "entry"): "entry confirm decide undo door",
    ("cleansing", "step"): "step",
    ("passports", "passports"): "passport pdf code revoke release",
    ("administration", "officer"): (
        "officer appoint end_post rename password factor shut open leave"
    ),
    ("administration", "campaign"): "campaign campaign_close",
    ("administration", "office"): (
        "office office_change territory end_territory office_close office_successor"
    ),
    ("passports", "key"): "key",
}
#: Addresses whose parts name nobody's thing: the public log's files.
PUBLIC = {"passports:log"}
#: Tried in tests/accounts/test_sign_in.py: they ask for the password again before they look.
SECURITY_KEYS = {"mfa_edit_webauthn", "mfa_remove_webauthn"}


def addresses() -> Iterator[tuple[str, tuple[str, ...]]]:
    """The names of all addresses that take identifiers, and what those are called."""
    waiting: list[tuple[str, tuple[str, ...], Any]] = [("", (), get_resolver())]
    while waiting:
        space, names, one = waiting.pop()
        names += tuple(one.pattern.converters)
        if isinstance(one, URLResolver):
            inside = f"{space}{one.namespace}:" if one.namespace else space
            waiting += [(inside, names, below) for below in one.url_patterns]
        elif isinstance(one, URLPattern) and names:
            yield f"{space}{one.name}", names


@pytest.fixture
def foreign(country: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """For each address, identifiers of things that are none of Charlie's business."""
    person = country.person(full_name=f"Nguyễn Thị {SECRET}")
    dose = person.doses.get()
    correction = request_correction(
        officer=country.alice, office=country.facility, person=person,
        changes={"sex": "Nam"}, grounds=SECRET,
    )  # fmt: skip
    monkeypatch.setattr(kinds, "_WORK", {})
    listed, entry = foreign_making.cleansing_list(country, person)
    things = {
        "list": {"public_id": listed},
        "entry": {"public_id": listed, "entry": entry},
        "step": {"public_id": listed, "step": "close"},
        "jobs": {"public_id": foreign_making.job(country)},
        "intake": {"public_id": foreign_making.file_batch(country, SECRET)},
        "signing": {"public_id": foreign_making.signing_batch(country)},
        "signer": {"officer": country.bob.public_id},
        "key": {"name": foreign_making.KID},
        "passports": {"public_id": foreign_making.passport(country, person)},
        "person": {"person": person.public_id},
        "correction": {"correction": correction.public_id},
        "dose": {"dose": dose.public_id},
        "officer": {"officer": foreign_making.officer(SECRET)},
        "campaign": {"code": country.campaign.code},
        "office": {"office": foreign_making.office(SECRET)},
    }
    return {
        f"{space}:{name}": things[thing]
        for (space, thing), names in ADDRESSES.items()
        for name in names.split()
    }


def test_every_address_with_an_identifier_is_tried_here(foreign: dict[str, Any]) -> None:
    assert {name for name, _taken in addresses()} == set(foreign) | PUBLIC | SECURITY_KEYS


def test_nothing_foreign_is_shown_or_changed(
    country: Any, foreign: dict[str, dict[str, Any]], signed_in: Any
) -> None:
    charlie, visitor = signed_in(country.charlie), None
    before = _everything()
    forms = [
        {}, {"office": str(country.facility.public_id)}, {"purpose": "contact"},
        {"office": str(country.other_facility.public_id), "reason": "x", "grounds": "x",
         "full_name": "x", "sex": "F"},
    ]  # fmt: skip
    for name, identifiers in foreign.items():
        address = reverse(name, kwargs=identifiers)
        answers = [charlie.get(address), *(charlie.post(address, one) for one in forms)]
        for answer in answers:
            assert answer.status_code in (403, 404, 405), (name, answer.status_code)
            assert SECRET not in answer.content.decode(), name
        visitor = type(charlie)()
        for answer in (visitor.get(address), visitor.post(address, {})):
            assert answer.status_code == 302, name
            assert answer.headers["Location"].startswith("/accounts/login/"), name
    assert _everything() == before


def test_what_is_not_there_answers_as_what_is_foreign(
    country: Any, foreign: dict[str, dict[str, Any]], signed_in: Any
) -> None:
    """Nobody learns from an answer whether somebody has a record."""
    import uuid

    charlie = signed_in(country.charlie)
    for name, identifiers in foreign.items():
        there = charlie.get(reverse(name, kwargs=identifiers))
        nowhere = charlie.get(reverse(name, kwargs=dict.fromkeys(identifiers, uuid.uuid4())))
        assert there.status_code == nowhere.status_code, name
        assert there.content == nowhere.content, name


def _everything() -> list[Any]:
    models = (
        Person, Dose, Correction, Job, Batch, CleansingList, CleansingEntry, SigningBatch, Passport,
        Officer, Post, Office, Territory, Campaign,
    )  # fmt: skip
    return [list(model.objects.order_by("pk").values()) for model in models]

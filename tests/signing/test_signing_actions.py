"""One PIN, one signature over the day's doses; stored before it is signed, and nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from signing_making import (
    PIN,
    SYSTEM,
    Authority,
    Head,
    answer,
    correct,
    make_campaign,
    make_dose,
    make_head,
    make_office,
    make_officer,
    make_person,
    write_p12,
)

from lamsach.accounts.actions import actor_of
from lamsach.clock import now
from lamsach.esign.batch import Manifest, Receipt, verify_record
from lamsach.esign.keys import open_key
from lamsach.esign.signatures import Signer
from lamsach.ledger.actions import action
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.places.models import Office
from lamsach.registry.consequences import apply_consequences
from lamsach.registry.models import Campaign, Correction, Dose, Person, Standing
from lamsach.registry.standing import refresh_standing
from lamsach.signing import actions, hooks
from lamsach.signing.errors import CannotSignError, NotNowError
from lamsach.signing.models import BatchState, DoseStatement, SignerCertificate, SigningBatch
from lamsach.signing.queries import signed_doses, verify_batch
from lamsach.signing.statements import read_statement
from lamsach.signing.trust import authorities

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("committed")]

MakeHead = Callable[..., Head]


@pytest.fixture
def campaign(committed: None) -> Campaign:
    return make_campaign()


def vaccinated(office: Office, campaign: Campaign, doses: int = 1, kind: str = "right") -> Person:
    person = make_person(office)
    for _ in range(doses):
        make_dose(person, office, campaign)
    if kind:
        answer(person, kind)
    refresh_standing([person.pk])
    return person


def obstacle(person: Person) -> str | None:
    return Standing.objects.filter(person=person).values_list("obstacle", flat=True).first()


def sign(head: Head) -> SigningBatch:
    batch = actions.prepare_batch(officer=head.officer, office=head.office)
    actions.sign_batch(officer=head.officer, batch=batch, pin=PIN)
    batch.refresh_from_db()
    return batch


def test_one_signature_covers_all_doses_and_each_is_proven_alone(
    head: MakeHead, campaign: Campaign
) -> None:
    chief = head()
    people = [vaccinated(chief.office, campaign, doses=2) for _ in range(3)]
    assert {obstacle(one) for one in people} == {"unsigned"}
    batch = sign(chief)
    assert (batch.state, batch.count) == (BatchState.SIGNED, 6)
    assert verify_batch(batch).valid
    manifest = Manifest.read(bytes(batch.manifest))
    assert manifest.statement["office"]["id"] == str(chief.office.public_id)
    for row in batch.statements.select_related("dose__person", "dose__facility"):
        receipt = Receipt(row.index, bytes(row.salt), bytes(row.proof))
        assert verify_record(bytes(row.statement), receipt, manifest)
        said = read_statement(bytes(row.statement))
        assert said["person"] == str(row.dose.person.reference)
        assert (said["dose"], said["version"]) == (str(row.dose.public_id), row.dose.version)
        assert said["date"] == row.dose.vaccinated_on.isoformat()
        assert said["facility"]["name"] == row.dose.facility.name
        assert row.dose.person.full_name not in bytes(row.statement).decode()
    assert {obstacle(one) for one in people} & {"unsigned"} == set()
    assert signed_doses().count() == 6
    event = Event.objects.get(verb=Verb.DOSES_SIGN)
    assert event.facts == {"count": 6, "left_out": 0}
    assert event.subject_id == str(batch.public_id)


@pytest.mark.parametrize(
    ("kind", "signed"),
    [("right", True), ("exempt", True), ("wrong", False), ("not_checkable", False), ("", False)],
)
def test_only_doses_of_authenticated_people_are_signed(
    head: MakeHead, campaign: Campaign, kind: str, signed: bool
) -> None:
    chief = head()
    vaccinated(chief.office, campaign, kind=kind)
    if signed:
        assert sign(chief).count == 1
    else:
        with pytest.raises(CannotSignError, match="nothing"):
            actions.prepare_batch(officer=chief.officer, office=chief.office)


def test_the_newest_answer_about_the_present_version_counts(
    head: MakeHead, campaign: Campaign
) -> None:
    chief = head()
    older, newer, changed = (vaccinated(chief.office, campaign, kind="") for _ in range(3))
    answer(older, "right")
    answer(older, "wrong")
    answer(newer, "wrong")
    answer(newer, "right")
    answer(changed, "right")
    Person.objects.filter(pk=changed.pk).update(version=2)
    batch = sign(chief)
    assert [row.dose.person_id for row in batch.statements.all()] == [newer.pk]


def test_the_office_that_entered_a_dose_signs_it_and_its_successor_after_it(
    head: MakeHead, campaign: Campaign
) -> None:
    old, other = make_office(), make_office()
    chief = head()
    mine = vaccinated(chief.office, campaign)
    theirs = vaccinated(other, campaign)
    heritage = vaccinated(old, campaign)
    given_elsewhere = make_person(other)
    make_dose(given_elsewhere, other, campaign, entered_by=chief.office)
    answer(given_elsewhere)
    Office.objects.filter(pk=old.pk).update(closed_on=date(2025, 7, 1), successor=chief.office)
    batch = sign(chief)
    signed = {row.dose.person_id for row in batch.statements.all()}
    assert signed == {mine.pk, heritage.pk, given_elsewhere.pk}
    refresh_standing([theirs.pk])
    assert Standing.objects.get(person=theirs).responsible_id == other.pk


def test_what_waits_for_a_correction_or_was_withdrawn_is_not_signed(
    head: MakeHead, campaign: Campaign
) -> None:
    chief = head()
    waiting = vaccinated(chief.office, campaign).doses.get()
    withdrawn = vaccinated(chief.office, campaign).doses.get()
    Dose.objects.filter(pk=withdrawn.pk).update(withdrawn_at=now())
    Correction.objects.create(
        person=waiting.person,
        dose=waiting,
        changes={"lot": ["FK0112", "FK0113"]},
        grounds="nhầm lô",
        requested_by=make_officer("clerk"),
        requested_from=chief.office,
        requested_at=now(),
    )
    with pytest.raises(CannotSignError, match="nothing"):
        actions.prepare_batch(officer=chief.officer, office=chief.office)


def test_a_wrong_pin_signs_nothing_and_five_shut_the_key(
    head: MakeHead, campaign: Campaign, clock_at: Any
) -> None:
    chief = head()
    vaccinated(chief.office, campaign)
    batch = actions.prepare_batch(officer=chief.officer, office=chief.office)
    for _ in range(5):
        with pytest.raises(CannotSignError, match="wrong_pin"):
            actions.sign_batch(officer=chief.officer, batch=batch, pin="không phải")
    with pytest.raises(CannotSignError, match="locked"):
        actions.sign_batch(officer=chief.officer, batch=batch, pin=PIN)
    assert Event.objects.filter(verb=Verb.SIGNER_PIN_REFUSE).count() == 5
    assert PIN not in str(list(Event.objects.values()))
    with clock_at(now() + timedelta(minutes=16)):
        actions.sign_batch(officer=chief.officer, batch=batch, pin=PIN)
    assert signed_doses().count() == 1


def test_only_the_head_signs_and_only_for_their_own_facility(
    head: MakeHead, campaign: Campaign
) -> None:
    chief, stranger = head(), head()
    vaccinated(chief.office, campaign)
    batch = actions.prepare_batch(officer=chief.officer, office=chief.office)
    for refused in (
        lambda: actions.prepare_batch(officer=stranger.officer, office=chief.office),
        lambda: actions.sign_batch(officer=stranger.officer, batch=batch, pin=PIN),
        lambda: actions.abandon_batch(officer=stranger.officer, batch=batch),
        lambda: actions.accept_signature(officer=stranger.officer, batch=batch, signature=b""),
    ):
        with pytest.raises(PermissionDenied):
            refused()


def test_a_certificate_is_bound_by_somebody_else_and_to_one_officer(
    head: MakeHead, authority: Authority
) -> None:
    chief = head()
    with pytest.raises(PermissionDenied):
        actions.bind_certificate(
            officer=chief.officer, certificate=chief.certificate, by=actor_of(chief.officer)
        )
    with pytest.raises(CannotSignError, match="somebody_elses"):
        actions.bind_certificate(
            officer=make_officer("other"), certificate=chief.certificate, by=SYSTEM
        )
    unknown = Authority("Người lạ").officer("Kẻ giả mạo")[1]
    with pytest.raises(CannotSignError, match="PATH_UNTRUSTED"):
        actions.bind_certificate(officer=chief.officer, certificate=unknown, by=SYSTEM)
    renewed = authority.officer("Trần Thị Ngát")[1]
    actions.bind_certificate(officer=chief.officer, certificate=renewed, by=SYSTEM)
    assert SignerCertificate.objects.filter(officer=chief.officer, unbound_at=None).count() == 1


def test_another_key_in_the_officers_place_signs_nothing(
    head: MakeHead, authority: Authority, campaign: Campaign
) -> None:
    chief = head()
    vaccinated(chief.office, campaign)
    batch = actions.prepare_batch(officer=chief.officer, office=chief.office)
    key, certificate = authority.officer("Người khác")
    write_p12(settings.SIGNING_KEYS / f"{chief.officer.username}.p12", key, certificate)
    with pytest.raises(CannotSignError, match="other_certificate"):
        actions.sign_batch(officer=chief.officer, batch=batch, pin=PIN)
    assert signed_doses().count() == 0


def test_a_revoked_certificate_signs_nothing(
    head: MakeHead, authority: Authority, campaign: Campaign
) -> None:
    chief = head()
    vaccinated(chief.office, campaign)
    batch = actions.prepare_batch(officer=chief.officer, office=chief.office)
    (settings.SIGNING_AUTHORITIES / "root.crl").write_bytes(authority.crl(chief.certificate))
    try:
        with pytest.raises(CannotSignError, match="CERTIFICATE_REVOKED"):
            actions.sign_batch(officer=chief.officer, batch=batch, pin=PIN)
    finally:
        authority.trust_in(settings.SIGNING_AUTHORITIES)


def test_the_ceiling_of_the_day_holds_and_a_new_day_opens_it(
    head: MakeHead, campaign: Campaign, clock_at: Any
) -> None:
    chief = head(daily_ceiling=3)
    for _ in range(5):
        vaccinated(chief.office, campaign)
    assert sign(chief).count == 3
    with pytest.raises(CannotSignError, match="ceiling"):
        actions.prepare_batch(officer=chief.officer, office=chief.office)
    with clock_at(now() + timedelta(days=1)):
        assert sign(chief).count == 2


def test_the_ceiling_counts_over_all_offices_of_an_officer(
    head: MakeHead, campaign: Campaign
) -> None:
    chief = head(daily_ceiling=3)
    second = make_office()
    make_head(chief.officer, second)
    batches = []
    for office in (chief.office, second):
        for _ in range(2):
            vaccinated(office, campaign)
        batches.append(actions.prepare_batch(officer=chief.officer, office=office))
    actions.sign_batch(officer=chief.officer, batch=batches[0], pin=PIN)
    with pytest.raises(CannotSignError, match="ceiling"):
        actions.sign_batch(officer=chief.officer, batch=batches[1], pin=PIN)
    assert signed_doses().count() == 2


def test_a_batch_is_prepared_once_and_abandoned_its_doses_wait_again(
    head: MakeHead, campaign: Campaign
) -> None:
    chief = head()
    vaccinated(chief.office, campaign)
    first = actions.prepare_batch(officer=chief.officer, office=chief.office)
    assert actions.prepare_batch(officer=chief.officer, office=chief.office) == first
    vaccinated(chief.office, campaign)
    actions.abandon_batch(officer=chief.officer, batch=first)
    with pytest.raises(NotNowError):
        actions.sign_batch(
            officer=chief.officer, batch=SigningBatch.objects.get(pk=first.pk), pin=PIN
        )
    assert sign(chief).count == 2


def test_a_batch_that_was_signed_meanwhile_is_not_signed_again(
    head: MakeHead, campaign: Campaign
) -> None:
    chief = head()
    vaccinated(chief.office, campaign)
    seen_by_another_page = actions.prepare_batch(officer=chief.officer, office=chief.office)
    signed = sign(chief)
    with pytest.raises(NotNowError):
        actions.sign_batch(officer=chief.officer, batch=seen_by_another_page, pin=PIN)
    with pytest.raises(NotNowError):
        actions.abandon_batch(officer=chief.officer, batch=seen_by_another_page)
    assert bytes(SigningBatch.objects.get(pk=signed.pk).signature or b"") == bytes(
        signed.signature or b""
    )


def test_a_signature_made_at_the_officers_own_desk_is_taken(
    head: MakeHead, campaign: Campaign
) -> None:
    chief = head(key="")
    vaccinated(chief.office, campaign)
    batch = actions.prepare_batch(officer=chief.officer, office=chief.office)
    with pytest.raises(CannotSignError, match="no_key"):
        actions.sign_batch(officer=chief.officer, batch=batch, pin=PIN)
    path = settings.SIGNING_KEYS / f"{chief.officer.username}.p12"
    with open_key(path, pin=PIN) as key:
        signer = Signer(key, authorities())
        other = signer.cms(b"another manifest")
        own = signer.cms(bytes(batch.manifest))
    for false in (b"", b"junk", other, own[:-1]):
        with pytest.raises(CannotSignError):
            actions.accept_signature(officer=chief.officer, batch=batch, signature=false)
    assert signed_doses().count() == 0
    assert actions.accept_signature(
        officer=chief.officer, batch=batch, signature=own
    ) == actions.Checked(1, 0)
    assert signed_doses().count() == 1


def test_a_colleagues_signature_on_the_batch_is_not_the_officers(
    head: MakeHead, campaign: Campaign
) -> None:
    chief = head()
    colleague = head(office=chief.office)
    vaccinated(chief.office, campaign)
    batch = actions.prepare_batch(officer=chief.officer, office=chief.office)
    path = settings.SIGNING_KEYS / f"{colleague.officer.username}.p12"
    with open_key(path, pin=PIN) as key:
        signature = Signer(key, authorities()).cms(bytes(batch.manifest))
    with pytest.raises(CannotSignError, match="other_certificate"):
        actions.accept_signature(officer=chief.officer, batch=batch, signature=signature)
    actions.accept_signature(officer=colleague.officer, batch=batch, signature=signature)
    batch.refresh_from_db()
    assert batch.officer == colleague.officer


def test_a_corrected_dose_loses_its_signature_and_waits_again(
    head: MakeHead, campaign: Campaign
) -> None:
    chief = head()
    person = vaccinated(chief.office, campaign, doses=2)
    first = sign(chief)
    dose = person.doses.order_by("id")[0]
    assert signed_doses().count() == 2
    with action() as act:
        correction = correct(dose, make_officer("approver"), chief.office, lot="FK0113")
        apply_consequences(act, [correction])
        refresh_standing([person.pk])
    assert obstacle(person) == "unsigned"
    assert list(signed_doses()) == list(person.doses.order_by("id")[1:])
    voided = DoseStatement.objects.get(dose=dose)
    assert voided.voided_by == correction
    assert Event.objects.get(verb=Verb.DOSE_SIGNATURE_VOID).subject_id == str(first.public_id)
    again = sign(chief)
    assert again.counts["again"] == 1
    (row,) = again.statements.all()
    assert read_statement(bytes(row.statement))["lot"] == "FK0113"
    assert verify_batch(first).valid  # what was signed stays proven, it only does not count


def test_a_correction_of_the_person_voids_nothing(head: MakeHead, campaign: Campaign) -> None:
    chief = head()
    person = vaccinated(chief.office, campaign)
    sign(chief)
    with action() as act:
        correction = correct(person.doses.get(), make_officer("approver"), chief.office)
        correction.dose = None
        apply_consequences(act, [correction])
    assert DoseStatement.objects.get().voided_at is None


@pytest.mark.parametrize("change", ["corrected", "withdrawn", "wrong"])
def test_what_changes_between_preparing_and_signing_stays_unsigned(
    head: MakeHead, campaign: Campaign, change: str
) -> None:
    chief = head()
    person, other = (vaccinated(chief.office, campaign) for _ in range(2))
    batch = actions.prepare_batch(officer=chief.officer, office=chief.office)
    if change == "corrected":
        Dose.objects.filter(person=person).update(version=2)
    elif change == "withdrawn":
        Dose.objects.filter(person=person).update(withdrawn_at=now())
    else:
        answer(person, "wrong")
    done = actions.sign_batch(officer=chief.officer, batch=batch, pin=PIN)
    assert done == actions.Checked(1, 1)
    assert [one.person_id for one in signed_doses()] == [other.pk]


def test_floors_above_hear_of_the_people_inside_the_action(
    head: MakeHead, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    chief = head()
    people = {vaccinated(chief.office, campaign, doses=2).pk for _ in range(2)}
    heard: list[int] = []

    def fail(_act: Any, told: Any) -> None:
        heard.extend(told)
        raise RuntimeError("the floor above fails")

    monkeypatch.setattr(hooks, "_REGISTERED", [fail])
    batch = actions.prepare_batch(officer=chief.officer, office=chief.office)
    with pytest.raises(RuntimeError):
        actions.sign_batch(officer=chief.officer, batch=batch, pin=PIN)
    assert sorted(heard) == sorted(people)
    assert SigningBatch.objects.get().state == BatchState.PREPARED


def test_the_database_lets_a_dose_be_stated_once(head: MakeHead, campaign: Campaign) -> None:
    chief = head()
    vaccinated(chief.office, campaign)
    batch = sign(chief)
    row = batch.statements.get()
    row.pk = None
    row.index = 7
    with pytest.raises(IntegrityError):
        row.save()


def test_preparing_takes_the_same_number_of_statements_for_any_number_of_doses(
    head: MakeHead, campaign: Campaign, count_queries: Any
) -> None:
    numbers = set()
    for people in (1, 40):
        chief = head()
        for _ in range(people):
            vaccinated(chief.office, campaign)
        with count_queries() as seen:
            sign(chief)
        numbers.add(len(seen))
    assert len(numbers) == 1

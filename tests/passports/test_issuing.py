"""What is signed and authenticated becomes a passport by itself; what changes, a new one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hcert_making import Dsc
from signing_making import Head, answer, correct, make_dose, make_office, make_officer

from lamsach.authentication.actions import answers_have_come
from lamsach.clock import now
from lamsach.hcert.trust import TrustList
from lamsach.hcert.verify import verify
from lamsach.jobs.actions import start_job
from lamsach.jobs.models import Job, JobState
from lamsach.ledger.actions import Actor, action
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.passports.actions import ISSUE_QUICK, look_at
from lamsach.passports.models import Due, LogEntry, Passport, PassportSigner, Reason, Refusal
from lamsach.passports.queries import current_passport
from lamsach.places.models import OfficeKind
from lamsach.registry.consequences import apply_consequences
from lamsach.registry.models import Campaign, Correction, Dose, Person, Standing
from lamsach.registry.standing import rebuild_standing, refresh_standing

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("committed", "ministry", "fresh_log")]

Make = Callable[..., Person]


def obstacle(person: Person) -> str | None:
    return Standing.objects.filter(person=person).values_list("obstacle", flat=True).first()


def only(person: Person) -> Passport:
    return Passport.objects.get(person=person)


def correct_person(person: Person, head: Head, **changes: Any) -> Correction:
    """An approved correction of the person, with its consequences; no answer yet."""
    told = {name: [str(getattr(person, name)), str(new)] for name, new in changes.items()}
    four = {"full_name", "birth_date", "sex", "personal_id"}
    with action() as act:
        for name, new in changes.items():
            setattr(person, name, new)
        person.version += bool(four & changes.keys())
        person.save()
        correction = Correction.objects.create(
            person=person,
            changes=told,
            grounds="theo căn cước",
            state="approved",
            requested_by=make_officer("station"),
            requested_from=head.office,
            requested_at=now(),
            decided_by=head.officer,
            decided_from=head.office,
            decided_at=now(),
        )
        apply_consequences(act, [correction])
        refresh_standing([person.pk])
    return correction


def hear(person: Person, kind: str = "right") -> None:
    """The register's answer comes, as the authentication floor tells it."""
    with action() as act:
        answer(person, kind)
        look_at(act, [person.pk])
        refresh_standing([person.pk])


def test_signing_the_last_dose_issues_the_passport(
    vaccinated: Make, sign: Any, run_jobs: Any, ministry: Dsc
) -> None:
    person = vaccinated(full_name="Nguyễn Bửu Lộc", birth_date="1983-10-05")
    assert obstacle(person) == "unsigned"
    sign()
    assert obstacle(person) == "eligible"
    run_jobs()
    assert obstacle(person) is None
    passport = only(person)
    result = verify(passport.hc1, TrustList.from_bytes(ministry.pem))
    assert result.valid
    assert result.certificate is not None
    assert result.certificate["nam"] == {
        "fn": "Nguyễn", "fnt": "NGUYEN", "gn": "Bửu Lộc", "gnt": "BUU<LOC",
    }  # fmt: skip
    assert result.certificate["dob"] == "1983-10-05"
    (event,) = result.certificate["v"]
    assert (event["dn"], event["sd"], event["ci"]) == (2, 2, passport.uvci)
    assert event["dt"] == person.doses.order_by("-vaccinated_on")[0].vaccinated_on.isoformat()
    assert event["is"] == "Cục Y tế dự phòng"
    assert person.personal_id not in str(result.certificate)
    assert "nationality" not in str(result.certificate)
    assert passport.expires_at - passport.issued_at in (timedelta(365), timedelta(366))
    assert {one.dose_id for one in passport.doses.all()} == {one.pk for one in person.doses.all()}
    assert all(one.statement.batch.state == "signed" for one in passport.doses.all())
    assert Event.objects.get(verb=Verb.PASSPORT_ISSUE).facts["count"] == 1
    assert person.full_name not in str(list(Event.objects.values("facts")))


def test_the_answer_that_comes_last_issues_it_too(
    vaccinated: Make, sign: Any, run_jobs: Any
) -> None:
    person = vaccinated()
    sign()
    Passport.objects.all().delete()
    Due.objects.all().delete()
    Person.objects.filter(pk=person.pk).update(version=2)
    person.refresh_from_db()
    run_jobs()
    assert not Passport.objects.exists()
    hear(person, "wrong")
    run_jobs()
    assert not Passport.objects.exists()
    hear(person, "right")
    run_jobs()
    assert only(person).full_name == person.full_name


@pytest.mark.parametrize(
    ("products", "minimum", "shown"),
    [
        (("EU/1/20/1528",), None, None),
        (("EU/1/20/1528",), 1, (1, 2)),
        (("EU/1/20/1528",) * 2, None, (2, 2)),
        (("EU/1/20/1528",) * 3, None, (3, 3)),
        (("EU/1/21/1529", "EU/1/20/1528"), None, (2, 2)),
        (("EU/1/20/1525",), None, (1, 1)),
        (("EU/1/20/1525", "EU/1/20/1528"), None, (2, 1)),
        (("EU/1/20/1528", "EU/1/20/1528", "EU/1/20/1525"), None, (3, 1)),
        (("Abdala",) * 2, None, None),
        (("Abdala",) * 2, 1, (2, 3)),
        (("Abdala",) * 3, None, (3, 3)),
        (("EU/1/20/1528", "Sputnik-V"), None, None),
    ],
)
def test_doses_required_and_what_is_shown_of_them(
    vaccinated: Make,
    sign: Any,
    run_jobs: Any,
    campaign: Campaign,
    products: tuple[str, ...],
    minimum: int | None,
    shown: tuple[int, int] | None,
) -> None:
    Campaign.objects.update(minimum_doses=minimum)
    person = vaccinated(products=products)
    for number, dose in enumerate(person.doses.order_by("id")):
        Dose.objects.filter(pk=dose.pk).update(vaccinated_on=date(2021, 10, 1 + number))
    sign()
    run_jobs()
    found = Passport.objects.filter(person=person).first()
    assert (None if found is None else (found.dose_number, found.series)) == shown
    assert obstacle(person) == ("not_eligible" if shown is None else None)


def test_a_foreigner_is_exempt_and_named_as_in_the_travel_document(
    vaccinated: Make, sign: Any, run_jobs: Any, ministry: Dsc
) -> None:
    person = vaccinated(
        answered="exempt",
        full_name="Anna Maria Müller",
        nationality="DE",
        travel_name="MUELLER<<ANNA<MARIA",
    )
    sign()
    run_jobs()
    result = verify(only(person).hc1, TrustList.from_bytes(ministry.pem))
    assert result.certificate is not None
    assert result.certificate["nam"] == {
        "fn": "Müller", "fnt": "MUELLER", "gn": "Anna Maria", "gnt": "ANNA<MARIA",
    }  # fmt: skip
    assert only(person).nationality == "DE"


def test_one_dose_of_another_facility_unsigned_keeps_the_passport_back(
    vaccinated: Make, sign: Any, run_jobs: Any, campaign: Campaign
) -> None:
    person = vaccinated()
    other = make_office()
    make_dose(person, other, campaign)
    sign()
    run_jobs()
    assert not Passport.objects.exists()
    assert obstacle(person) == "unsigned"
    assert Standing.objects.get(person=person).responsible_id == other.pk


def test_a_corrected_name_renews_the_passport_without_any_signature(
    vaccinated: Make, sign: Any, run_jobs: Any, head: Head
) -> None:
    person = vaccinated(full_name="Nguyễn Bửu Lộc")
    sign()
    run_jobs()
    old = only(person)
    correct_person(person, head, full_name="Nguyễn Bảo Lộc")
    run_jobs()
    old.refresh_from_db()
    assert old.superseded_at is None  # the new one does not exist yet
    assert current_passport(person) == old
    hear(person)
    assert obstacle(person) == "eligible"
    run_jobs()
    old.refresh_from_db()
    new = current_passport(person)
    assert new is not None
    assert (new.full_name, new.replaces) == ("Nguyễn Bảo Lộc", old)
    assert old.revocation_reason == Reason.CORRECTED
    assert old.revoked_at is not None
    assert old.revocation_effective_at == old.revoked_at + timedelta(hours=72)
    assert new.issued_at <= old.revoked_at
    assert old.state(now()) == "valid"
    assert obstacle(person) is None
    assert Event.objects.get(verb=Verb.PASSPORT_REVOKE).subject_id == str(old.public_id)


def test_a_correction_of_what_is_not_shown_leaves_the_passport_alone(
    vaccinated: Make, sign: Any, run_jobs: Any, head: Head
) -> None:
    person = vaccinated()
    sign()
    run_jobs()
    old = only(person)
    correct_person(person, head, personal_id="070180999999")
    hear(person)
    run_jobs()
    assert only(person) == old
    assert obstacle(person) is None
    assert not Due.objects.exists()


def test_a_nationality_needs_no_answer_to_change_the_passport(
    vaccinated: Make, sign: Any, run_jobs: Any, head: Head
) -> None:
    person = vaccinated()
    sign()
    run_jobs()
    correct_person(person, head, nationality="LA")
    run_jobs()
    new = current_passport(person)
    assert new is not None
    assert new.nationality == "LA"
    assert Passport.objects.filter(person=person).count() == 2


def correct_dose(dose: Dose, head: Head, **changes: Any) -> None:
    with action() as act:
        correction = correct(dose, head.officer, head.office, **changes)
        apply_consequences(act, [correction])
        refresh_standing([dose.person_id])


def test_a_corrected_dose_is_signed_again_before_the_passport_changes(
    vaccinated: Make, sign: Any, run_jobs: Any, head: Head
) -> None:
    person = vaccinated()
    sign()
    run_jobs()
    old = only(person)
    last = person.doses.order_by("-vaccinated_on")[0]
    correct_dose(last, head, vaccinated_on=date(2021, 11, 11))
    run_jobs()
    assert only(person) == old
    assert obstacle(person) == "unsigned"
    sign()
    run_jobs()
    new = current_passport(person)
    assert new is not None
    assert new.vaccinated_on == date(2021, 11, 11)
    old.refresh_from_db()
    assert old.revocation_reason == Reason.CORRECTED


def test_a_lot_is_not_shown_so_the_passport_stays_after_signing_again(
    vaccinated: Make, sign: Any, run_jobs: Any, head: Head
) -> None:
    person = vaccinated()
    sign()
    run_jobs()
    old = only(person)
    correct_dose(person.doses.order_by("id")[0], head, lot="FK0113")
    run_jobs()
    assert obstacle(person) == "unsigned"
    sign()
    run_jobs()
    assert only(person) == old
    assert obstacle(person) is None


@pytest.mark.parametrize("all_of_them", [False, True])
def test_a_dose_that_never_was_takes_the_passport_with_it(
    vaccinated: Make, sign: Any, run_jobs: Any, head: Head, all_of_them: bool
) -> None:
    person = vaccinated()
    sign()
    run_jobs()
    old = only(person)
    for dose in person.doses.order_by("-id")[: 2 if all_of_them else 1]:
        correct_dose(dose, head, withdrawn_at=now())
    run_jobs()
    old.refresh_from_db()
    assert old.revocation_reason == Reason.WITHDRAWN
    assert old.revoked_at is not None
    assert old.revocation_effective_at == old.revoked_at + timedelta(hours=72)
    assert current_passport(person) is None


def test_renewal_comes_by_itself_and_revokes_nothing(
    vaccinated: Make, sign: Any, run_jobs: Any, clock_at: Any
) -> None:
    from lamsach.passports.desk import SYSTEM

    person = vaccinated()
    sign()
    run_jobs()
    old = only(person)

    def night(days: int) -> None:
        with clock_at(old.expires_at - timedelta(days=days)):
            with action() as act:
                start_job(act, "passports.renew", key=f"renew/{days}", actor=SYSTEM)
            run_jobs()

    night(31)
    assert only(person) == old
    night(29)
    old.refresh_from_db()
    new = current_passport(person)
    assert new is not None
    assert new.replaces == old
    assert old.superseded_at is not None
    assert old.revoked_at is None
    night(28)
    assert Passport.objects.filter(person=person).count() == 2


def test_a_renewal_that_is_to_be_tried_again_is_not_refused_any_more(
    vaccinated: Make, sign: Any, run_jobs: Any, settings: Any, tmp_path: Any
) -> None:
    person = vaccinated()
    sign()
    run_jobs()
    old = only(person)
    PassportSigner.objects.filter(pk=old.signer_id).update(distrusted_at=now())
    Refusal.objects.create(
        person=person, campaign=old.campaign, code="x", message_vi="x", message_en="x", at=now()
    )
    refresh_standing([person.pk])
    assert obstacle(person) == "refused"
    settings.PASSPORT_KEY = str(tmp_path / "none.pem")  # so that nothing more is projected
    with action() as act:
        start_job(act, "passports.renew", key="renew", actor=Actor.system("test"))
    run_jobs()
    assert obstacle(person) == "eligible"


def test_it_never_outlives_the_ministrys_certificate(
    vaccinated: Make, sign: Any, run_jobs: Any, clock_at: Any
) -> None:
    person = vaccinated()
    sign()
    with clock_at(now() + timedelta(days=500)):
        run_jobs()
    passport = only(person)
    assert passport.expires_at == passport.signer.valid_until
    assert passport.expires_at - passport.issued_at < timedelta(days=201)


def test_what_cannot_be_issued_says_why_and_is_tried_again_after_a_correction(
    vaccinated: Make, sign: Any, run_jobs: Any, head: Head
) -> None:
    person = vaccinated(birth_date="2021-09-15")  # born after the first dose, before the second
    dose = person.doses.order_by("-vaccinated_on")[0]
    Dose.objects.filter(pk=dose.pk).update(vaccinated_on=date(2021, 9, 10))
    sign()
    run_jobs()
    assert not Passport.objects.exists()
    refusal = Refusal.objects.get(person=person)
    assert refusal.code == "event.before_birth"
    assert obstacle(person) == "refused"
    with action() as act:  # what calls for another try is projected, too
        job = start_job(act, ISSUE_QUICK, key="asked", actor=Actor.system("test"))
        answers_have_come(act, job, [person.pk])
    assert obstacle(person) == "eligible"
    run_jobs()
    assert obstacle(person) == "refused"
    correct_person(person, head, birth_date="1980-09-15")
    hear(person)
    run_jobs()
    assert current_passport(person) is not None
    assert not Refusal.objects.exists()
    assert obstacle(person) is None


def test_without_the_ministrys_key_the_job_says_so_and_goes_on_when_it_is_there(
    vaccinated: Make, sign: Any, run_jobs: Any, settings: Any, tmp_path: Any
) -> None:
    from lamsach.passports.desk import SYSTEM

    there = settings.PASSPORT_KEY
    settings.PASSPORT_KEY = str(tmp_path / "none.pem")
    person = vaccinated()
    sign()
    run_jobs()
    job = Job.objects.get(task="passports.issue")
    assert job.state == JobState.FAILED
    assert "LAMSACH_ISSUER_KEY" in job.problem["vi"]
    assert obstacle(person) == "eligible"
    settings.PASSPORT_KEY = there
    with action() as act:
        start_job(act, "passports.sweep", key="sweep", actor=SYSTEM)
    run_jobs()
    assert current_passport(person) is not None


def test_the_database_lets_one_passport_be_current(
    vaccinated: Make, sign: Any, run_jobs: Any
) -> None:
    person = vaccinated()
    sign()
    run_jobs()
    copy = only(person)
    copy.pk, copy.uvci = None, "URN:UVCI:01:VN:OTHER"
    copy.public_id = make_office().public_id
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save(force_insert=True)


def test_looking_twice_issues_once(vaccinated: Make, sign: Any, run_jobs: Any) -> None:
    person = vaccinated()
    sign()
    for _ in range(3):
        with action() as act:
            look_at(act, [person.pk])
        run_jobs()
    assert Passport.objects.count() == 1
    assert LogEntry.objects.count() == 1


def test_an_issued_passport_is_in_the_log_by_a_digest_that_tells_nothing(
    vaccinated: Make, sign: Any, run_jobs: Any
) -> None:
    from lamsach.esign.transparency import digest_of
    from lamsach.passports.log_keeper import log_reader
    from lamsach.passports.logged import log_statement

    people = [vaccinated() for _ in range(3)]
    sign()
    run_jobs()
    reader = log_reader()
    checkpoint = reader.checkpoint()
    reader.audit(checkpoint)
    assert checkpoint.size == 3
    for person in people:
        passport = only(person)
        entry = passport.log_entries.get()
        digest = digest_of(log_statement("issued", passport.uvci, passport.hc1), bytes(entry.salt))
        assert digest == bytes(entry.digest)
        assert entry.position is not None
        reader.inclusion(digest, entry.position, checkpoint)


def test_standing_is_what_a_recount_says(vaccinated: Make, sign: Any, run_jobs: Any) -> None:
    vaccinated()
    vaccinated(doses=1)
    vaccinated(answered="wrong")
    sign()
    run_jobs()
    kept = set(Standing.objects.values_list("person", "obstacle", "responsible"))
    rebuild_standing()
    assert set(Standing.objects.values_list("person", "obstacle", "responsible")) == kept


def test_the_ministry_is_named_for_what_waits_for_it(vaccinated: Make, sign: Any) -> None:
    ministry = make_office(OfficeKind.MINISTRY)
    person = vaccinated()
    sign()
    assert Standing.objects.get(person=person).responsible == ministry


def test_a_round_of_the_desk_takes_the_same_number_of_statements_for_any_number_of_people(
    vaccinated: Make, sign: Any, run_jobs: Any, count_queries: Any
) -> None:
    numbers = []
    vaccinated()
    sign()
    run_jobs()  # the signer is on record, the shard is open
    for people in (1, 30):
        for _ in range(people):
            vaccinated()
        sign()
        with count_queries() as seen:
            run_jobs()
        numbers.append(len(seen))
    assert numbers[0] == numbers[1]

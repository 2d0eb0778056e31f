"""Files come in: checked, entered once, matched as far as may be known, and never twice."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from tests.intake.conftest import Country
from tests.intake.making import BAO, HEADINGS, HOA, sheets, workbook

from lamsach.accounts.actions import end_post
from lamsach.accounts.models import Post
from lamsach.accounts.refusals import ConflictError
from lamsach.clock import today
from lamsach.files.actions import content_of
from lamsach.files.errors import FileRefusedError
from lamsach.intake import tasks
from lamsach.intake.actions import apply_batch, discard_batch, upload_batch
from lamsach.intake.models import Batch, TypedPerson
from lamsach.intake.queries import batch_for, batches_for
from lamsach.jobs.models import Job
from lamsach.ledger.actions import Actor
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.registry.models import Dose, Person

pytestmark = [pytest.mark.db, pytest.mark.django_db]

Send = Callable[..., Batch]
SECOND = {"dose_number": "2", "vaccinated_on": "20/04/2022"}


def record() -> list[tuple[Any, ...]]:
    """Everything that was entered, without keys and times."""
    doses = Dose.objects.order_by("person__full_name", "person__personal_id", "vaccinated_on")
    return list(
        doses.values_list(
            "person__full_name", "person__birth_date", "person__personal_id", "person__phone",
            "vaccine_code", "lot", "vaccinated_on", "dose_number", "presence",
            "facility__name", "entered_by__name",
        )
    )  # fmt: skip


def test_nothing_is_entered_before_somebody_says_so(send: Send, country: Country) -> None:
    batch = send(workbook([BAO, HOA | {"sex": "?"}]), enter=False)
    assert (batch.state, batch.rows, batch.good, batch.bad) == ("checked", 2, 1, 1)
    assert not Person.objects.exists()
    assert batch.problems == {"sex/sex_unreadable": 1}
    discard_batch(officer=country.bob, batch=batch)
    with pytest.raises(ConflictError):
        apply_batch(officer=country.bob, batch=batch)
    assert not Person.objects.exists()


def test_good_rows_go_in_and_the_bad_come_back(send: Send, country: Country) -> None:
    batch = send(workbook([BAO, HOA | {"sex": "?"}, BAO | SECOND]))
    assert batch.state == "applied"
    assert batch.result["people_new"] == 1
    assert batch.result["doses_new"] == 2
    person = Person.objects.get()
    assert (person.full_name, person.birth_date, person.sex) == (
        "Nguyễn Văn Bảo",
        "1963-05-04",
        "M",
    )
    assert person.residence is not None
    assert person.residence.code == "25195"
    assert person.entered_by == country.near
    assert batch.returned is not None
    back = sheets(content_of(batch.returned))
    assert len(back["Mũi tiêm"]) == 2
    assert back["Mũi tiêm"][1][0] == "Trần Thị Hoà"


def test_the_same_file_again_changes_nothing(send: Send) -> None:
    content = workbook(
        [BAO, HOA, BAO | SECOND, HOA | {"full_name": "Lê Thị Lan", "birth_date": ""}]
    )
    send(content)
    before = record()
    batch = send(content)
    assert record() == before
    assert Person.objects.count() == 3
    assert batch.result == {
        "people_new": 0, "people_known": 3, "doses_new": 0, "doses_known": 4, "guesses": 0,
    }  # fmt: skip


def test_the_corrected_returned_file_adds_what_was_missing_and_nothing_else(send: Send) -> None:
    first = send(workbook([BAO, HOA | {"sex": "?"}]))
    assert first.returned is not None
    back = sheets(content_of(first.returned))
    headings, row = back["Mũi tiêm"]
    mended = dict(zip(headings, row, strict=True)) | {HEADINGS["sex"]: "Nữ"}
    identity = {one[0]: one[1] for one in back["lamsach"]}
    content = workbook([mended], columns=headings, identity=identity)
    second = send(content)
    assert second.returned_from == first
    assert {one[0] for one in record()} == {"Nguyễn Văn Bảo", "Trần Thị Hoà"}
    before = record()
    send(content)
    assert record() == before


def test_a_workbook_returned_to_another_facility_is_refused(send: Send) -> None:
    first = send(workbook([HOA | {"sex": "?"}]))
    identity = {"batch": str(first.public_id)}
    stolen = send(workbook([HOA], identity=identity), by="charlie")
    assert (stolen.state, stolen.refusal) == ("refused", "other_office")


def test_a_later_dose_reaches_the_person_who_is_there(send: Send) -> None:
    """By number, name and birth, also from another facility; the record itself stays as it is."""
    send(workbook([BAO]))
    again = BAO | SECOND | {"phone": "0999999999", "hamlet": "Ấp 9", "full_name": "NGUYEN VAN BAO"}
    batch = send(workbook([again]), by="charlie")
    person = Person.objects.get()
    assert (person.full_name, person.phone, person.hamlet) == (
        "Nguyễn Văn Bảo",
        "0912345678",
        "Ấp 3",
    )
    assert person.doses.count() == 2
    assert batch.result["people_known"] == 1


@pytest.mark.parametrize(
    "other",
    [
        {"full_name": "Nguyễn Văn Bửu"},
        {"birth_date": "04/05/1964"},
        {"personal_id": "070063001235"},
        {"personal_id": ""},
    ],
)
def test_anything_less_than_number_name_and_birth_is_another_person(
    send: Send, other: dict[str, str]
) -> None:
    send(workbook([BAO]))
    send(workbook([BAO | SECOND | other]), by="charlie")
    assert Person.objects.count() == 2


def test_a_year_alone_finds_nobody_elsewhere_but_does_at_home(send: Send) -> None:
    vague = BAO | {"birth_date": "1963"}
    send(workbook([vague]))
    send(workbook([vague | SECOND | {"hamlet": "Ấp 9"}]))
    assert Person.objects.count() == 1
    send(workbook([vague | SECOND]), by="charlie")
    assert Person.objects.count() == 2


def test_without_a_number_the_telephone_and_the_row_itself_tell(send: Send) -> None:
    nobody = HOA | {"phone": "0912000001"}
    send(workbook([nobody, nobody | {"phone": "0912000002"}]))
    assert Person.objects.count() == 2  # two namesakes
    send(workbook([nobody | SECOND | {"hamlet": "Ấp 9"}]))
    assert Person.objects.count() == 2
    assert Person.objects.get(phone="0912000001").doses.count() == 2
    send(workbook([nobody | SECOND]), by="charlie")  # nothing to know them by elsewhere
    assert Person.objects.count() == 3


def test_one_person_in_many_rows_of_one_file_is_one(send: Send) -> None:
    rows = [
        BAO | {"vaccinated_on": f"{day:02d}/03/2022", "hamlet": f"Ấp {day}"} for day in range(1, 20)
    ]
    send(workbook(rows))
    assert Person.objects.get().doses.count() == 19


def test_guesses_are_stopped_over_many_files(send: Send) -> None:
    """A clerk who knows name and birth tries one number a file: the fourth is no longer entered."""
    send(workbook([BAO]), by="charlie")
    for number in range(6):
        guess = BAO | SECOND | {"personal_id": f"07006300900{number}"}
        send(workbook([guess]))
    assert Person.objects.filter(entered_by__code="70-A").count() == 3
    last = send(workbook([BAO | SECOND]))  # the right number, too late
    assert last.result["guesses"] == 1
    assert Person.objects.get(personal_id=BAO["personal_id"]).doses.count() == 1


def test_only_the_facilitys_own_officers(send: Send, country: Country) -> None:
    batch = send(workbook([BAO]), enter=False)
    for stranger in (country.charlie, country.dora):
        assert batch_for(stranger, batch.public_id) is None
        with pytest.raises(PermissionDenied):
            apply_batch(officer=stranger, batch=batch)
        with pytest.raises(PermissionDenied):
            upload_batch(
                officer=stranger,
                office=country.near,
                campaign=country.campaign,
                content=workbook([BAO]),
                name="x",
            )
    assert list(batches_for(country.bob)) == [batch]


def test_a_clerk_who_left_enters_nothing_more(
    send: Send, country: Country, run_jobs: Callable[[], None]
) -> None:
    batch = send(workbook([BAO]), enter=False)
    job = apply_batch(officer=country.alice, batch=batch)
    end_post(post=Post.objects.get(officer=country.alice), by=Actor.system("test"), on=today())
    run_jobs()
    job.refresh_from_db()
    assert job.state == "failed"
    assert "đồng nghiệp" in job.problem["vi"]
    assert not Person.objects.exists()


def test_the_register_is_asked_about_who_is_new(send: Send) -> None:
    send(workbook([BAO, HOA]))
    send(workbook([BAO, HOA, BAO | SECOND]))
    jobs = Job.objects.filter(task="authentication.ask")
    asked = [one.arguments for one in jobs]
    people = sorted(Person.objects.values_list("pk", flat=True))
    assert [(sorted(one["people"]), one["purpose"]) for one in asked] == [(people, "entry")]


def test_what_is_no_workbook_leaves_no_trace(country: Country) -> None:
    with pytest.raises(FileRefusedError):
        upload_batch(
            officer=country.alice,
            office=country.near,
            campaign=country.campaign,
            content=b"a;b",
            name="x.csv",
        )
    assert not Batch.objects.exists()
    assert not Job.objects.exists()


def test_the_ledger_tells_of_each_step_and_of_nobody(send: Send) -> None:
    send(workbook([BAO, HOA | {"sex": "?"}]))
    verbs = set(Event.objects.values_list("verb", flat=True))
    assert {Verb.INTAKE_UPLOAD, Verb.INTAKE_RETURN, Verb.INTAKE_APPLY} <= verbs
    facts = str(list(Event.objects.values_list("facts", flat=True)))
    assert not any(word in facts for word in ("Bảo", "070063001234", "0912345678", "1963"))


def test_typed_people_are_kept_as_digests_only(send: Send) -> None:
    send(workbook([BAO]))
    (row,) = TypedPerson.objects.values_list("typed", "name_and_birth", "number")
    assert all(len(bytes(one)) == 16 for one in row)


def test_statements_do_not_grow_with_the_rows(
    send: Send, country: Country, count_queries: Any, run_jobs: Callable[[], None]
) -> None:
    counts = []
    for size in (5, 150):
        rows = [
            BAO | {"full_name": f"Nguyễn Văn {name}", "personal_id": f"07006{size:03d}{name:04d}"}
            for name in range(size)
        ]
        batch = send(workbook(rows), enter=False)
        apply_batch(officer=country.alice, batch=batch)
        with count_queries() as seen:
            run_jobs()
        counts.append(len(seen))
    assert counts[1] <= counts[0] + 1


class Killed(BaseException):
    """The worker is gone: no handler of ours runs."""


@pytest.mark.parametrize("seed", range(20))
def test_a_kill_anywhere_loses_and_doubles_nothing(
    send: Send,
    country: Country,
    run_jobs: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    """The entering dies at random statements, over and over, until it is through."""
    from django.db.backends.utils import CursorWrapper

    draw = random.Random(seed)
    monkeypatch.setattr(tasks, "PART", 3)
    rows = []
    for one in range(23):
        day, who = divmod(one, 7)
        person = {"full_name": f"Nguyễn Văn {chr(65 + who)}", "personal_id": f"0700630012{who:02d}"}
        rows.append(BAO | person | {"vaccinated_on": f"{1 + day:02d}/03/2022"})
    batch = send(workbook(rows), enter=False)
    apply_batch(officer=country.alice, batch=batch)
    job = Job.objects.get(task="intake.apply")
    real = CursorWrapper.execute
    left = 0

    def execute(self: Any, sql: Any, params: Any = None) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed
        return real(self, sql, params)

    kills = 0
    while True:
        left = draw.randrange(1, 60)
        with monkeypatch.context() as patch:
            patch.setattr(CursorWrapper, "execute", execute)
            try:
                tasks.apply(Job.objects.get(pk=job.pk))
            except Killed:
                kills += 1
                continue
        break
    batch.refresh_from_db()
    assert kills >= 1
    assert batch.state == "applied"
    assert batch.result["people_new"] == Person.objects.count() == 7
    assert batch.result["doses_new"] == Dose.objects.count() == 23

"""A list's way: made of who is wrong, sent, decided, signed, applied; nobody else sees it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cleansing_making import Commune, answer, make_commune
from django.core.exceptions import PermissionDenied, ValidationError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from PIL import Image

from lamsach.accounts.refusals import ConflictError
from lamsach.accounts.roles import Role
from lamsach.cleansing import actions
from lamsach.cleansing.actions.deciding import undo_decision
from lamsach.cleansing.models import (
    CleansingEntry,
    CleansingList,
    Decision,
    DecisionKind,
    ListState,
    ListStep,
    LookedAt,
)
from lamsach.cleansing.queries import entries_of, list_for, lists_for
from lamsach.cleansing.workflow import STEPS, drawn
from lamsach.clock import moved, now
from lamsach.files.errors import FileRefusedError
from lamsach.ledger.actions import Actor
from lamsach.ledger.models import Event
from lamsach.registry.models import Correction, Person, Standing
from lamsach.registry.queries import persons_for
from lamsach.registry.standing import refresh_standing

pytestmark = [pytest.mark.db, pytest.mark.django_db]

DOCS = Path(__file__).resolve().parents[2] / "docs"


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 60), "white").save(out, "PNG")
    return out.getvalue()


def standing(person: Person) -> str:
    row = Standing.objects.filter(person=person).first()
    return row.obstacle if row else ""


def return_all(commune: Commune, made: CleansingList) -> None:
    actions.return_with_scan(officer=commune.hoang, cleansing_list=made, scan=picture())
    made.refresh_from_db()


def test_the_docs_show_the_way_of_a_list() -> None:
    assert drawn() in (DOCS / "cleansing.md").read_text(encoding="utf-8")


def test_a_list_takes_the_wrong_residents_and_nobody_else(commune: Commune) -> None:
    people = [commune.wrong(kind) for kind in ("wrong", "id_missing", "id_malformed")]
    commune.wrong(residence=commune.country.far.pk)
    answer(commune.country.person(full_name="Ai Đó"), "not_checkable")
    made = commune.listed(sent=False)
    assert {one.person for one in entries_of(made)} == set(people)
    assert {standing(person) for person in people} == {"at_station"}
    with pytest.raises(ValidationError):  # they are on a list now
        commune.listed(sent=False)


def test_households_stand_together(commune: Commune) -> None:
    rows = [("Ấp 1", ""), ("Ấp 2", "Số 5"), ("Ấp 1", "Số 5"), ("Ấp 2", "Số 5"), ("Ấp 1", "Số 9")]
    for hamlet, address in rows:
        commune.wrong(hamlet=hamlet, address=address)
    entries = list(entries_of(commune.listed()))
    homes = [(one.person.hamlet, one.person.address) for one in entries]
    assert homes == sorted(homes)
    together = [one for one in entries if one.household]
    assert len(together) == 2
    assert len({one.household for one in together}) == 1
    assert together[0].position + 1 == together[1].position


def test_making_a_list_costs_the_same_for_any_number(commune: Commune, count_queries: Any) -> None:
    counts = []
    for size in (2, 30):
        for _ in range(size):
            commune.wrong()
        with count_queries() as seen:
            made = commune.listed(sent=False)
        counts.append(len(seen))
        actions.discard_list(officer=commune.country.dung, cleansing_list=made)
    assert counts[1] <= counts[0] + 1


def test_whom_a_list_is_with_sees_its_people_and_nobody_else(commune: Commune) -> None:
    person = commune.wrong()
    hoang, lan, minh, nga = commune.hoang, commune.lan, commune.minh, commune.nga
    assert not any(persons_for(one).exists() for one in (hoang, lan, minh, nga))
    made = commune.listed(sent=False)
    assert not persons_for(hoang).exists()
    assert persons_for(minh).exists()
    actions.send_to_hamlet(officer=commune.country.dung, cleansing_list=made)
    assert list(persons_for(lan)) == [person]
    assert not persons_for(hoang).exists()
    actions.send_to_police(officer=commune.country.dung, cleansing_list=made)
    assert list(persons_for(hoang)) == [person]
    assert not persons_for(lan).exists()
    assert list_for(lan, made.public_id) is None
    assert list_for(nga, made.public_id) is None
    assert not lists_for(commune.country.charlie).exists()
    assert standing(person) == "with_police"
    assert Standing.objects.get().responsible == commune.police
    actions.return_for_completion(officer=hoang, cleansing_list=made, note="thiếu địa chỉ")
    assert not persons_for(hoang).exists()
    actions.discard_list(officer=commune.country.dung, cleansing_list=made)
    assert standing(person) == "wrong"


def test_a_list_is_due_as_its_campaign_says(commune: Commune) -> None:
    commune.wrong()
    campaign = commune.country.campaign
    system = Actor.system("test")
    with pytest.raises(PermissionDenied):
        actions.set_terms(
            officer=commune.hoang, campaign=campaign, days=99, last_day=None, by=system
        )
    actions.set_terms(
        officer=None, campaign=campaign, days=2, last_day=date(2022, 5, 31), by=system
    )
    made = commune.listed(sent=False)
    for sent, due in (
        (datetime(2022, 5, 10, 3, tzinfo=UTC), datetime(2022, 5, 12, 3, tzinfo=UTC)),
        (datetime(2022, 5, 30, 3, tzinfo=UTC), datetime(2022, 5, 31, 16, 59, tzinfo=UTC)),
    ):
        with moved(sent):
            actions.send_to_police(officer=commune.country.dung, cleansing_list=made)
            made.refresh_from_db()
            assert made.due_at is not None
            assert abs(made.due_at - due) < timedelta(seconds=5)
            actions.return_for_completion(officer=commune.hoang, cleansing_list=made, note="x")


def test_decided_signed_applied_corrected(
    commune: Commune, apply_lists: Callable[[], None]
) -> None:
    """Bửu becomes Bảo: the police officer asks for it, the station officer approves it."""
    person = commune.wrong()
    made = commune.listed()
    with pytest.raises(ConflictError):  # undecided
        return_all(commune, made)
    commune.decide_all(made)
    return_all(commune, made)
    assert made.state == ListState.RETURNED
    assert standing(person) == "at_station"
    actions.apply_list(officer=commune.country.dung, cleansing_list=made)
    apply_lists()
    made.refresh_from_db()
    person.refresh_from_db()
    assert made.state == ListState.APPLIED
    assert person.full_name == "Nguyễn Văn Bảo A"
    correction = Correction.objects.get()
    assert correction.requested_by == commune.hoang
    assert correction.decided_by == commune.country.dung
    assert "công an" in correction.grounds.lower()
    (entry,) = entries_of(made)
    assert (entry.outcome, entry.is_open, entry.correction) == ("corrected", False, correction)
    assert standing(person) == "not_checked"
    actions.close_list(officer=commune.country.dung, cleansing_list=made)
    steps = ListStep.objects.filter(list=made).order_by("pk").values_list("action", flat=True)
    assert list(steps) == ["make_list", "send_to_police", "sign_and_return", "apply",
                           "finish_applying", "close"]  # fmt: skip


def test_each_decision_has_its_end(commune: Commune, apply_lists: Callable[[], None]) -> None:
    kinds = [kind for kind in DecisionKind if kind != DecisionKind.CONFIRMED_PROPOSAL]
    people = {kind: commune.wrong() for kind in kinds}
    other = commune.country.person(full_name="Nguyễn Văn Bảo")
    made = commune.listed()
    entries = {one.person_id: one.public_id for one in entries_of(made)}
    brings: dict[str, dict[str, Any]] = {
        "corrected": {"changes": {"birth_date": "05/04/1963"}},
        "foreigner": {"changes": {"nationality": "LA"}},
        "not_resident": {"commune": commune.country.far},
        "duplicate_of": {"duplicate_of": other},
    }
    actions.decide_entries(
        officer=commune.hoang,
        cleansing_list=made,
        judgements=[
            actions.Judgement(entries[person.pk], kind, **brings.get(kind.value, {}))
            for kind, person in people.items()
        ],
        looked_at=LookedAt.SINGLY,
    )
    return_all(commune, made)
    actions.apply_list(officer=commune.country.dung, cleansing_list=made)
    apply_lists()
    outcomes = {one.decision.kind: one.outcome for one in entries_of(made) if one.decision}
    assert outcomes == {
        "corrected": "corrected", "foreigner": "corrected", "not_resident": "moved",
        "register_wrong": "kept", "not_in_register": "kept", "deceased": "kept",
        "duplicate_of": "kept", "unidentifiable": "kept",
    }  # fmt: skip
    for person in people.values():
        person.refresh_from_db()
    assert people[DecisionKind.CORRECTED].birth_date == "1963-04-05"
    assert people[DecisionKind.FOREIGNER].nationality == "LA"
    moved_one = people[DecisionKind.NOT_RESIDENT]
    assert moved_one.residence == commune.country.far
    onward = CleansingEntry.objects.get(person=moved_one, is_open=True)
    assert onward.list.station == commune.far_station
    assert onward.list.state == ListState.DRAFT
    assert list_for(commune.nga, onward.list.public_id) is not None
    assert standing(moved_one) == "at_station"


def test_who_was_judged_is_not_listed_again_until_the_record_changes(
    commune: Commune, apply_lists: Callable[[], None]
) -> None:
    person = commune.wrong()
    made = commune.listed()
    (entry,) = entries_of(made)
    judgement = actions.Judgement(entry.public_id, DecisionKind.DECEASED)
    actions.decide_entries(
        officer=commune.hoang, cleansing_list=made, judgements=[judgement], looked_at="singly"
    )
    return_all(commune, made)
    actions.apply_list(officer=commune.country.dung, cleansing_list=made)
    apply_lists()
    with pytest.raises(ValidationError):
        commune.listed()
    Person.objects.filter(pk=person.pk).update(version=2)
    answer(person, "wrong")
    commune.listed()


def test_a_record_that_changed_meanwhile_is_left_alone(
    commune: Commune, apply_lists: Callable[[], None]
) -> None:
    person = commune.wrong()
    made = commune.listed()
    commune.decide_all(made)
    return_all(commune, made)
    Person.objects.filter(pk=person.pk).update(full_name="Trần Bửu", version=2)
    actions.apply_list(officer=commune.country.dung, cleansing_list=made)
    apply_lists()
    made.refresh_from_db()
    assert made.state == ListState.APPLIED
    assert [one.outcome for one in entries_of(made)] == ["stale"]
    assert not Correction.objects.exists()


def test_if_who_decided_has_left_a_colleague_of_the_station_approves(
    commune: Commune, apply_lists: Callable[[], None]
) -> None:
    commune.wrong()
    made = commune.listed()
    commune.decide_all(made)
    return_all(commune, made)
    commune.hoang.posts.update(period=("2021-01-01", "2021-06-01"))
    actions.apply_list(officer=commune.country.dung, cleansing_list=made)
    apply_lists()
    assert [one.outcome for one in entries_of(made)] == ["waiting"]
    correction = Correction.objects.get()
    assert (correction.state, correction.requested_by) == ("requested", commune.country.dung)


def test_a_decision_stays_when_another_takes_its_place(commune: Commune) -> None:
    commune.wrong()
    made = commune.listed()
    (entry,) = entries_of(made)
    for kind in (DecisionKind.DECEASED, DecisionKind.UNIDENTIFIABLE):
        actions.decide_entries(
            officer=commune.hoang,
            cleansing_list=made,
            judgements=[actions.Judgement(entry.public_id, kind)],
            looked_at=LookedAt.SINGLY,
        )
    entry.refresh_from_db()
    assert entry.decision is not None
    assert entry.decision.kind == "unidentifiable"
    assert Decision.objects.count() == 2
    undo_decision(officer=commune.khanh, cleansing_list=made, entry=entry.public_id)
    entry.refresh_from_db()
    assert entry.decision is None
    assert Decision.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (DecisionKind.CORRECTED, {}),
        (DecisionKind.CORRECTED, {"changes": {"birth_date": "31/02/1980"}}),
        (DecisionKind.CORRECTED, {"changes": {"personal_id": "123"}}),
        (DecisionKind.FOREIGNER, {}),
        (DecisionKind.NOT_RESIDENT, {}),
        (DecisionKind.DUPLICATE_OF, {}),
    ],
)
def test_what_could_not_be_applied_is_refused_where_it_is_typed(
    commune: Commune, kind: DecisionKind, more: dict[str, Any]
) -> None:
    commune.wrong()
    made = commune.listed()
    (entry,) = entries_of(made)
    with pytest.raises(ValidationError):
        actions.decide_entries(
            officer=commune.hoang,
            cleansing_list=made,
            judgements=[actions.Judgement(entry.public_id, kind, **more)],
            looked_at=LookedAt.SINGLY,
        )
    assert not Decision.objects.exists()


def test_the_manifest_binds_every_decision_and_names_nobody(commune: Commune) -> None:
    commune.wrong()
    made = commune.listed()
    commune.decide_all(made)
    text = actions.manifest_of(made)
    assert text == actions.manifest_of(made)
    for secret in ("Bửu", "Bảo", "0700630"):
        assert secret not in text.decode()
    (entry,) = entries_of(made)
    actions.decide_entries(
        officer=commune.hoang,
        cleansing_list=made,
        judgements=[actions.Judgement(entry.public_id, DecisionKind.CORRECTED,
                                      {"full_name": "Khác"})],
        looked_at=LookedAt.SINGLY,
    )  # fmt: skip
    assert actions.manifest_of(made) != text


def test_only_a_scan_that_can_be_one(commune: Commune) -> None:
    commune.wrong()
    made = commune.listed()
    commune.decide_all(made)
    for scan in (
        bytes(15 << 20) + b"x",
        b"",
        b"MZ\x90",
        b"%PDF-1.7 without an end",
        b"\x89PNG\r\n\x1a\nbroken",
    ):
        with pytest.raises(FileRefusedError):
            actions.return_with_scan(officer=commune.hoang, cleansing_list=made, scan=scan)
    made.refresh_from_db()
    assert made.state == ListState.POLICE_CHECK
    return_all(commune, made)
    assert made.scan_type == "image/jpeg"


def test_the_ledger_names_steps_and_decisions_but_nobody(commune: Commune) -> None:
    commune.wrong()
    made = commune.listed()
    commune.decide_all(made, note="Bảo, sinh 1963")
    return_all(commune, made)
    verbs = set(Event.objects.values_list("verb", flat=True))
    assert {"cleansing:list:make", "cleansing:list:send", "cleansing:entry:decide",
            "cleansing:list:return"} <= verbs  # fmt: skip
    told = str(list(Event.objects.values_list("facts", flat=True)))
    assert not any(word in told for word in ("Bửu", "Bảo", "1963", "0700630"))


def test_statements_do_not_grow_with_the_entries(
    commune: Commune, count_queries: Any, apply_lists: Callable[[], None]
) -> None:
    counts = []
    for size in (2, 25):
        for _ in range(size):
            commune.wrong()
        made = commune.listed()
        commune.decide_all(made)
        return_all(commune, made)
        actions.apply_list(officer=commune.country.dung, cleansing_list=made)
        with count_queries() as seen:
            apply_lists()
        counts.append(len(seen))
    assert counts[1] <= counts[0] + 5


STEP_ACTIONS: dict[str, Callable[[Any, CleansingList], Any]] = {
    "send_to_hamlet": lambda who, made: actions.send_to_hamlet(officer=who, cleansing_list=made),
    "hand_back": lambda who, made: actions.hand_back(officer=who, cleansing_list=made),
    "call_back": lambda who, made: actions.call_back(officer=who, cleansing_list=made),
    "send_to_police": lambda who, made: actions.send_to_police(officer=who, cleansing_list=made),
    "return_for_completion": lambda who, made: actions.return_for_completion(
        officer=who, cleansing_list=made, note="x"
    ),
    "sign_and_return": lambda who, made: actions.return_with_scan(
        officer=who, cleansing_list=made, scan=picture()
    ),
    "discard": lambda who, made: actions.discard_list(officer=who, cleansing_list=made),
    "apply": lambda who, made: actions.apply_list(officer=who, cleansing_list=made),
    "close": lambda who, made: actions.close_list(officer=who, cleansing_list=made),
    "decide": lambda who, made: actions.decide_entries(
        officer=who,
        cleansing_list=made,
        judgements=[
            actions.Judgement(one.public_id, DecisionKind.DECEASED) for one in entries_of(made)
        ],
        looked_at=LookedAt.SINGLY,
    ),
}
#: The workflow once more, by hand: state, step → side, next state.
MODEL = {
    ("draft", "send_to_hamlet"): ("station", "hamlet_review"),
    ("draft", "send_to_police"): ("station", "police_check"),
    ("draft", "discard"): ("station", "closed"),
    ("hamlet_review", "hand_back"): ("hamlet", "draft"),
    ("hamlet_review", "call_back"): ("station", "draft"),
    ("hamlet_review", "send_to_police"): ("station", "police_check"),
    ("police_check", "decide"): ("police", "police_check"),
    ("police_check", "return_for_completion"): ("police", "draft"),
    ("police_check", "sign_and_return"): ("police", "returned"),
    ("returned", "apply"): ("station", "returned"),
    ("applied", "close"): ("station", "closed"),
}


def test_the_frozen_table_is_the_one_that_was_agreed() -> None:
    sides = {"hamlet_group": "hamlet"}
    table = {
        (state.value, name): (sides.get(step.side, step.side), step.leads_to.value)
        for (state, name), step in STEPS.items()
        if name not in ("suggest", "finish_applying")
    }
    assert table == MODEL
    assert all(len(step.roles) == 1 for step in STEPS.values())
    assert {Role.STATION, Role.HAMLET_GROUP, Role.COMMUNE_POLICE} == {
        role for step in STEPS.values() for role in step.roles
    }


class Way(RuleBasedStateMachine):
    """Any officer tries any step at any time: the model says what happens."""

    commune: Commune

    @initialize()
    def begin(self) -> None:
        CleansingEntry.objects.update(is_open=False, decision=None)
        refresh_standing([one.pk for one in self.commune.people])
        self.made = self.commune.listed(sent=False)
        self.state, self.decided, self.applying = "draft", False, False
        country = self.commune.country
        self.officers = {
            "station": [country.dung, country.em],
            "hamlet": [self.commune.lan],
            "police": [self.commune.hoang, self.commune.khanh],
            "": [country.charlie, country.alice, self.commune.nga, self.commune.minh],
        }

    @rule(
        name=st.sampled_from(sorted(STEP_ACTIONS)),
        side=st.sampled_from(["station", "station", "hamlet", "police", "police", ""]),
        which=st.integers(0, 3),
    )
    def step(self, name: str, side: str, which: int) -> None:
        officers = self.officers[side]
        officer = officers[which % len(officers)]
        allowed = MODEL.get((self.state, name))
        before = self._everything()
        may = allowed is not None and allowed[0] == side
        if name == "sign_and_return" and not self.decided:
            may = False
        try:
            STEP_ACTIONS[name](officer, self.made)
        except (PermissionDenied, ConflictError):
            assert not may, (self.state, name, side)
            assert self._everything() == before
            return
        assert may, (self.state, name, side)
        assert allowed is not None
        self.state = allowed[1]
        self.decided = self.decided or name == "decide"

    def _everything(self) -> list[Any]:
        return [
            list(model.objects.order_by("pk").values())
            for model in (CleansingList, CleansingEntry, Decision, ListStep, Standing)
        ] + [Event.objects.filter(verb__startswith="cleansing").count()]

    @invariant()
    def the_list_stands_where_the_model_does(self) -> None:
        if hasattr(self, "made"):
            self.made.refresh_from_db()
            assert self.made.state == self.state
            person = self.commune.people[0]
            expected = {"police_check": "with_police", "closed": "wrong"}
            assert standing(person) == expected.get(self.state, "at_station")


def test_illegal_steps_are_refused_and_change_nothing(db: None) -> None:
    commune = make_commune()
    commune.wrong()

    class Here(Way):
        pass

    Here.commune = commune
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=15,
            stateful_step_count=12,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert now()

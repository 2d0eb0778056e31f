"""The gate, by random nations: nobody sees a person, dose or correction that users.md withholds.

Units of both catalogues with successions between them, offices of every kind, officers with one or
two posts, people who live and were vaccinated anywhere. The table of users.md is written here a
second time, over plain sets, and every way to a record must agree with it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamsach.accounts.models import Officer, Post
from lamsach.accounts.roles import OFFICE_KINDS, Role, View
from lamsach.clock import now
from lamsach.ledger.actions import Actor, action
from lamsach.places.actions import load_successions
from lamsach.places.models import Office, Succession, Territory, Unit
from lamsach.registry import queries, visibility
from lamsach.registry.actions import (
    approve_corrections,
    enter_doses,
    enter_people,
    request_correction,
)
from lamsach.registry.entries import DoseEntry, PersonEntry
from lamsach.registry.models import Campaign, Correction, Dose, Person, Standing

pytestmark = [pytest.mark.db, pytest.mark.django_db]

SYSTEM, OPENED = Actor.system("test"), date(2021, 1, 1)

OWN = {"facility_clerk", "facility_head"}
RESIDENTS = {"station"}
AROUND = {"district", "cdc", "department", "committee"}
LISTS = {"hamlet_group": "shared", "commune_police": "sent", "chair": "commune"}
ALL = {"ministry"}
NOBODY = {"task_force", "auditor", "administrator", "police_above"}
ASKS = {"facility_clerk", "facility_head", "station", "commune_police", "district", "cdc",
        "department"}  # fmt: skip
DECIDES = {"facility_head", "station", "district", "cdc", "department"}


@dataclass
class Nation:
    """What there is, in plain sets; `of` fields are keys of rows."""

    dice: random.Random
    below: dict[int, set[int]] = field(default_factory=dict)
    before: dict[int, set[int]] = field(default_factory=dict)
    communes: list[Unit] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    territory: dict[int, set[int]] = field(default_factory=dict)
    offices: dict[Role, list[Office]] = field(default_factory=dict)
    lists: dict[int, set[int]] = field(default_factory=dict)
    posts: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    officers: list[Officer] = field(default_factory=list)

    def covered(self, office: int) -> set[int]:
        """All units that an office's territory reaches: what lies below, and what was before."""
        reached: set[int] = set()
        waiting = list(self.territory.get(office, ()))
        while waiting:
            one = waiting.pop()
            if one not in reached:
                reached.add(one)
                waiting += self.below.get(one, set()) | self.before.get(one, set())
        return reached

    def sees(self, role: str, office: int, person: Person, doses: list[Dose]) -> bool:
        """The table of users.md, for one post."""
        if role in OWN:
            return any(one.entered_by_id == office for one in doses)
        if role in RESIDENTS:
            return person.residence_id in self.covered(office)
        if role in AROUND:
            return person.residence_id in self.covered(office) or any(
                self.there(office, one) for one in doses if not one.withdrawn_at
            )
        if role in LISTS:
            return person.pk in self.lists.get(office, set())
        return role in ALL

    def there(self, office: int, dose: Dose) -> bool:
        """Whether a dose was given in an office's territory."""
        return bool(self.territory.get(dose.facility_id, set()) & self.covered(office))

    def fully(self, role: str, office: int, dose: Dose, person: Person) -> bool:
        """Whether a post sees a dose fully."""
        if role in OWN:
            return dose.entered_by_id == office
        if role in RESIDENTS:
            return person.residence_id in self.covered(office)
        if role in AROUND:
            return person.residence_id in self.covered(office) or self.there(office, dose)
        return role in ALL

    def opened_by(
        self,
        posts: list[tuple[str, int]],
        everyone: dict[int, Person],
        doses: dict[int, list[Dose]],
    ) -> tuple[set[int], set[int]]:
        """The keys of the people whom posts open, and of the doses that they show fully."""
        people = {
            pk
            for pk, person in everyone.items()
            if any(self.sees(role, office, person, doses[pk]) for role, office in posts)
        }
        fully = {
            dose.pk
            for pk, given_doses in doses.items()
            for dose in given_doses
            if any(self.fully(role, office, dose, everyone[pk]) for role, office in posts)
        }
        return people, fully


def build(dice: random.Random) -> Nation:
    nation = Nation(dice)
    _units(nation)
    _offices(nation)
    return nation


def _units(nation: Nation) -> None:
    dice = nation.dice

    def unit(catalogue: str, code: str, level: int, above: Unit | None = None) -> Unit:
        made = Unit.objects.create(
            catalogue=catalogue, code=code, level=level, name=f"Đơn vị {code}", above=above
        )
        nation.units.append(made)
        if above:
            nation.below.setdefault(above.pk, set()).add(made.pk)
        if level == 3:
            nation.communes.append(made)
        return made

    old = [unit("2022", f"{90 + i}", 1) for i in range(dice.randint(1, 3))]
    new = [unit("2025", f"{90 + i}", 1) for i in range(dice.randint(1, 2))]
    for place, province in enumerate(old):
        for number in range(dice.randint(1, 2)):
            middle = unit("2022", f"9{place}{number}", 2, province)
            for last in range(dice.randint(1, 3)):
                unit("2022", f"99{place}{number}{last}", 3, middle)
        went = dice.choice(new)
        Succession.objects.create(predecessor=province, successor=went, usual=True)
        nation.before.setdefault(went.pk, set()).add(province.pk)
    for place, province in enumerate(new):
        for last in range(dice.randint(1, 3)):
            unit("2025", f"98{place}0{last}", 3, province)
    rows = []
    for one in nation.communes:
        if one.catalogue == "2022" and dice.random() < 0.8:
            later = [two for two in nation.communes if two.catalogue == "2025"]
            usual = dice.choice(later)
            rows.append((one.code, usual.code, True))
            nation.before.setdefault(usual.pk, set()).add(one.pk)
            part = dice.choice(later)  # a commune that was split: the smaller part counts for none
            if part != usual:
                rows.append((one.code, part.code, False))
    load_successions(rows=rows, actor=SYSTEM)


def _offices(nation: Nation) -> None:
    dice = nation.dice
    kinds = sorted({kind for role in Role for kind in OFFICE_KINDS[role]})
    several = ("facility", "station", "district_centre", "cdc")
    rows = [
        Office(kind=kind, name=f"{kind} {number}", opened_on=OPENED)
        for kind in kinds
        for number in range(3 if kind in several else 1)
    ]
    made: dict[str, list[Office]] = {}
    territories = []
    for office in Office.objects.bulk_create(rows):
        units = dice.sample(nation.units, dice.randint(0, min(3, len(nation.units))))
        nation.territory[office.pk] = {one.pk for one in units}
        period = DateRange(OPENED, None)
        territories += [Territory(office=office, unit=one, period=period) for one in units]
        made.setdefault(office.kind, []).append(office)
    Territory.objects.bulk_create(territories)
    for role in Role:
        nation.offices[role] = [one for kind in sorted(OFFICE_KINDS[role]) for one in made[kind]]


def people(nation: Nation, country: Any) -> dict[int, list[Dose]]:
    """Some people with doses, entered by whatever facility."""
    dice = nation.dice
    clerks = {
        office.pk: country.officer(f"clerk{office.pk}", (office, Role.FACILITY_CLERK))
        for office in nation.offices[Role.FACILITY_CLERK]
    }
    facilities = nation.offices[Role.FACILITY_CLERK]
    campaign = Campaign.objects.create(
        code="random", name="Random", disease="840539006", opened_on=OPENED
    )
    found: dict[int, list[Dose]] = {}
    for number in range(dice.randint(4, 8)):
        home = dice.choice([*nation.communes, None, None])
        office = dice.choice(facilities)
        name = f"Người {'ABCDEGHIKL'[number]}"
        entry = PersonEntry(full_name=name, residence=home.pk if home else None)
        with action() as act:
            (pk,) = enter_people(act, officer=clerks[office.pk], office=office, rows=[entry])
        doses = []
        for place in range(dice.randint(0, 3)):
            by, at = dice.choice(facilities), dice.choice(facilities)
            row = DoseEntry(
                person=pk, campaign=campaign.pk, vaccine_code="EU/1/21/1529", dose_number=place + 1,
                vaccinated_on=OPENED + timedelta(30 * place), facility=at.pk,
            )  # fmt: skip
            with action() as act:
                (made,) = enter_doses(act, officer=clerks[by.pk], office=by, rows=[row])
            if dice.random() < 0.35:
                Dose.objects.filter(pk=made).update(withdrawn_at=now())
            doses.append(Dose.objects.get(pk=made))
        found[pk] = doses
    return found


def officers(nation: Nation) -> None:
    """Officers of all roles, most of them with more than one post."""
    dice = nation.dice
    roles = [*Role, *AROUND, *OWN, *RESIDENTS, "commune_police"]
    names = [f"officer{number}" for number in range(len(roles))]
    rows = [
        Officer(username=one, full_name=one, awake_since=now(), must_change_password=False)
        for one in names
    ]
    given_posts = []
    for first, made in zip(roles, Officer.objects.bulk_create(rows), strict=True):
        wanted = [Role(first), *(Role(dice.choice(roles)) for _ in range(dice.randint(0, 2)))]
        posts = {(dice.choice(nation.offices[one]), one) for one in wanted}
        nation.officers.append(made)
        nation.posts[made.pk] = [(one.value, office.pk) for office, one in posts]
        given_posts += [
            Post(officer=made, office=office, role=one, period=DateRange(OPENED, None))
            for office, one in posts
        ]
    Post.objects.bulk_create(given_posts)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Lists as upper floors would open them: each office has some people on its lists."""
    monkeypatch.setattr(visibility, "_REGISTERED", {})
    held: dict[str, Any] = {}
    for view in (View.SHARED_LISTS, View.SENT_LISTS, View.LISTS_AND_BATCHES):

        def condition(scope: Any, view: View = view) -> Q:
            lists = held["nation"].lists
            listed = [pk for one in scope.office_ids(view) for pk in lists.get(one, ())]
            return Q(pk__in=listed)

        visibility.register_visibility(view, condition)
    return held


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dice=st.randoms(use_true_random=False))
def test_every_way_to_a_record_agrees_with_the_table(
    country: Any, opened: dict[str, Any], dice: random.Random
) -> None:
    mark = transaction.savepoint()
    try:
        nation = opened["nation"] = build(dice)
        doses = people(nation, country)
        officers(nation)
        everyone = {one.pk: one for one in Person.objects.all()}
        for role in LISTS:
            for office in nation.offices[Role(role)]:
                nation.lists[office.pk] = {pk for pk in everyone if dice.random() < 0.4}
        waiting = _ask_for_corrections(nation, country, doses)
        for viewer in nation.officers:
            _agree_on_lists(nation, viewer, everyone, doses, waiting)
        for viewer in dice.sample(nation.officers, 2):
            _agree_on_records(nation, viewer, everyone, doses)
            _agree_on_actions(nation, viewer, everyone, doses, waiting)
    finally:
        transaction.savepoint_rollback(mark)
        transaction.set_rollback(False)


def _ask_for_corrections(
    nation: Nation, country: Any, doses: dict[int, list[Dose]]
) -> list[Correction]:
    """A correction of each person who has a dose, asked for by an officer nobody else is."""
    made = []
    for pk, given_doses in doses.items():
        for dose in given_doses[:1]:
            office = Office.objects.get(pk=dose.entered_by_id)
            asker = country.officer(f"asker{pk}", (office, Role.FACILITY_CLERK))
            about_dose = nation.dice.random() < 0.5 and not dose.withdrawn_at
            made.append(
                request_correction(
                    officer=asker, office=office, person=Person.objects.get(pk=pk),
                    dose=dose if about_dose else None,
                    changes={"lot": "B"} if about_dose else {"full_name": "Người Khác"},
                    grounds="thử",
                )
            )  # fmt: skip
    return made


def _agree_on_lists(
    nation: Nation,
    viewer: Officer,
    everyone: dict[int, Person],
    doses: dict[int, list[Dose]],
    waiting: list[Correction],
) -> None:
    """Lists of people, doses, corrections and of those who wait."""
    posts = nation.posts[viewer.pk]
    seen, whole = nation.opened_by(posts, everyone, doses)
    assert set(queries.persons_for(viewer).values_list("pk", flat=True)) == seen, posts
    assert set(queries.doses_for(viewer).values_list("pk", flat=True)) == whole, posts
    known = {
        one.pk
        for one in waiting
        if one.person_id in seen and (one.dose_id is None or one.dose_id in whole)
    }
    assert set(queries.corrections_for(viewer).values_list("pk", flat=True)) == known, posts
    offices = {office for _role, office in posts}
    acting = Standing.objects.filter(responsible__in=offices).values_list("person", flat=True)
    assert {one.person_id for one in queries.waiting_for(viewer)} == set(acting) & seen
    others = [(role, office) for role, office in posts if role not in ALL]
    near, _doses = nation.opened_by(others, everyone, doses)
    masked = seen - near if len(others) < len(posts) else set()
    assert queries.masked_among(viewer, list(everyone.values())) & seen == masked


def _agree_on_records(
    nation: Nation, viewer: Officer, everyone: dict[int, Person], doses: dict[int, list[Dose]]
) -> None:
    """One record by its address, by a search, its doses one by one."""
    posts = nation.posts[viewer.pk]
    seen, whole = nation.opened_by(posts, everyone, doses)
    may_search = any(role not in {"task_force", "auditor", "administrator"} for role, _one in posts)
    for pk, person in everyone.items():
        opened = queries.person_for(viewer, person.public_id)
        assert (opened is not None) == (pk in seen), posts
        if may_search:
            found = queries.search_people(viewer, name=person.full_name)
            assert {one.pk for one in found.people} == ({pk} & seen), posts
        else:
            with pytest.raises(PermissionDenied):
                queries.search_people(viewer, name=person.full_name)
        for dose in doses[pk]:
            assert (queries.dose_for(viewer, dose.public_id) is not None) == (dose.pk in whole)
        if opened is not None:
            lines = [one.dose.pk for one in queries.dose_lines(viewer, opened) if one.dose]
            assert set(lines) == {one.pk for one in doses[pk]} & whole


def _agree_on_actions(
    nation: Nation,
    viewer: Officer,
    everyone: dict[int, Person],
    doses: dict[int, list[Dose]],
    waiting: list[Correction],
) -> None:
    """Asking and deciding: by a post in that office that has the role and reaches the record."""
    for role, office_pk in nation.posts[viewer.pk]:
        office = Office.objects.get(pk=office_pk)
        posts = [(one, at) for one, at in nation.posts[viewer.pk] if at == office_pk]
        for pk, person in everyone.items():
            may = any(one in ASKS and nation.sees(one, at, person, doses[pk]) for one, at in posts)
            assert _done(lambda p=person, o=office: _ask(viewer, o, p)) == may, (role, "ask")
        for correction in waiting:
            person = everyone[correction.person_id]
            dose = next((d for d in doses[person.pk] if d.pk == correction.dose_id), None)
            deciding = [(one, at) for one, at in posts if one in DECIDES]
            may = any(nation.sees(one, at, person, doses[person.pk]) for one, at in deciding) and (
                dose is None or any(nation.fully(one, at, dose, person) for one, at in deciding)
            )
            allowed = _done(lambda c=correction, o=office: _approve(viewer, o, c))
            assert allowed == may, (role, "approve")
            offices = [one.pk for one in queries.offices_deciding(viewer, correction)]
            assert (office_pk in offices) == may


def _ask(viewer: Officer, office: Office, person: Person) -> None:
    request_correction(
        officer=viewer, office=office, person=person, changes={"hamlet": "Ấp 1"}, grounds="thử"
    )


def _approve(viewer: Officer, office: Office, correction: Correction) -> None:
    approve_corrections(officer=viewer, office=office, corrections=[correction])


def _done(step: Any) -> bool:
    """Whether a step is allowed; it is undone again."""
    mark = transaction.savepoint()
    try:
        step()
    except PermissionDenied:
        return False
    except ValidationError:
        raise AssertionError("the step itself is sound") from None
    finally:
        transaction.savepoint_rollback(mark)
    return True


def test_the_roles_of_this_table_are_all_roles() -> None:
    named: Iterator[str] = iter(OWN | RESIDENTS | AROUND | set(LISTS) | ALL | NOBODY)
    assert set(named) == {one.value for one in Role}

"""Tables of places: units with their validity, who followed whom, what covers what, offices.

Every period is a pair of local days, the end excluded; an open end is null.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["Coverage", "Office", "OfficeKind", "Succession", "Territory", "Unit", "UnitLevel"]


class UnitLevel(models.IntegerChoices):
    """The three tiers; since 1 July 2025 there is no district."""

    PROVINCE = 1, _("Province")
    DISTRICT = 2, _("District")
    COMMUNE = 3, _("Commune")


class Unit(models.Model):
    """An administrative unit (đơn vị hành chính) as one catalogue knows it."""

    catalogue = models.TextField()
    code = models.TextField()
    level = models.SmallIntegerField(choices=UnitLevel)
    name = models.TextField()
    above = models.ForeignKey("self", models.PROTECT, null=True, related_name="below")
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["catalogue", "code"], name="unit_code"),
            models.CheckConstraint(
                condition=models.Q(catalogue__in=["2022", "2025"]), name="unit_catalogue"
            ),
            models.CheckConstraint(
                condition=models.Q(level=UnitLevel.PROVINCE, above=None)
                | (~models.Q(level=UnitLevel.PROVINCE) & models.Q(above__isnull=False)),
                name="unit_above",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_from=None)
                | models.Q(valid_until=None)
                | models.Q(valid_until__gt=models.F("valid_from")),
                name="unit_validity",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Succession(models.Model):
    """That a unit went, wholly or in part, into a later one.

    A unit that was split has several successors; `usual` marks the one that most of it went to,
    when nothing better is known of an address.
    """

    predecessor = models.ForeignKey(Unit, models.PROTECT, related_name="successions")
    successor = models.ForeignKey(Unit, models.PROTECT, related_name="precessions")
    usual = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="succession_once"),
            models.UniqueConstraint(
                fields=["predecessor"], condition=models.Q(usual=True), name="succession_usual"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id}"


class Coverage(models.Model):
    """That responsibility for one unit includes another: itself, those below, those before.

    Derived from `Unit` and `Succession`; rebuilt with them (`actions.rebuild_coverage`).
    """

    covering = models.ForeignKey(Unit, models.CASCADE, related_name="covers")
    covered = models.ForeignKey(Unit, models.CASCADE, related_name="covered_by")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["covering", "covered"], name="coverage_once"),
        ]

    def __str__(self) -> str:
        return f"{self.covering_id} ⊇ {self.covered_id}"


class OfficeKind(models.TextChoices):
    """What an office is, and so which roles its officers can have (users.md)."""

    FACILITY = "facility", _("Vaccination facility")
    STATION = "station", _("Commune health station")
    HAMLET_GROUP = "hamlet_group", _("Hamlet task group")
    COMMUNE_POLICE = "commune_police", _("Commune police")
    PROVINCE_POLICE = "province_police", _("Provincial police")
    MINISTRY_POLICE = "ministry_police", _("Ministry of Public Security")
    COMMUNE_COMMITTEE = "commune_committee", _("Commune People's Committee")
    DISTRICT_CENTRE = "district_centre", _("District health centre")
    CDC = "cdc", _("Centre for Disease Control")
    DEPARTMENT = "department", _("Department of Health")
    PROVINCE_COMMITTEE = "province_committee", _("Provincial People's Committee")
    TASK_FORCE = "task_force", _("Project 06 task force")
    MINISTRY = "ministry", _("Ministry of Health")
    AUDIT = "audit", _("Audit office")
    ADMINISTRATION = "administration", _("System administration")


class Office(models.Model):
    """An office (cơ quan, đơn vị): anything with officers; a facility is one that vaccinates."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.TextField(choices=OfficeKind)
    name = models.TextField()
    name_key = models.TextField(editable=False, default="", db_collation="C")
    code = models.TextField(blank=True)
    above = models.ForeignKey("self", models.PROTECT, null=True, related_name="below")
    successor = models.ForeignKey("self", models.PROTECT, null=True, related_name="predecessors")
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=OfficeKind.values), name="office_kind"
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="office_name"),
            models.CheckConstraint(
                condition=models.Q(closed_on=None) | models.Q(closed_on__gt=models.F("opened_on")),
                name="office_period",
            ),
            models.CheckConstraint(
                condition=models.Q(successor=None) | models.Q(closed_on__isnull=False),
                name="office_successor_after_close",
            ),
            models.UniqueConstraint(
                fields=["kind", "code"], condition=~models.Q(code=""), name="office_code"
            ),
        ]
        indexes = [models.Index(fields=["name_key", "id"], name="office_by_name")]

    def __str__(self) -> str:
        return self.name


class Territory(models.Model):
    """That an office is responsible for a unit, from one day to another."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="territories")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="territories")
    period = DateRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="territory_once",
                expressions=[
                    ("office", RangeOperators.EQUAL),
                    ("unit", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=models.Q(period__isempty=False), name="territory_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.office_id}: {self.unit_id}"

"""Roles, which offices have them, and what kind of view of people each gives (users.md).

The one table of who may see what; the gate reads it, the scope tests write it a second time.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from lamsach.places.models import OfficeKind

__all__ = ["OFFICE_KINDS", "VIEWS", "Role", "View"]


class Role(models.TextChoices):
    """What an officer does in an office."""

    FACILITY_CLERK = "facility_clerk", _("Facility clerk")
    FACILITY_HEAD = "facility_head", _("Head of facility")
    STATION = "station", _("Health station officer")
    HAMLET_GROUP = "hamlet_group", _("Hamlet task group member")
    COMMUNE_POLICE = "commune_police", _("Commune police officer")
    POLICE_ABOVE = "police_above", _("Police of province or ministry")
    CHAIR = "chair", _("Commune chair")
    DISTRICT = "district", _("District health centre officer")
    CDC = "cdc", _("CDC officer")
    DEPARTMENT = "department", _("Department of Health officer")
    COMMITTEE = "committee", _("Provincial People's Committee officer")
    TASK_FORCE = "task_force", _("Project 06 task force member")
    MINISTRY = "ministry", _("Ministry officer")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


class View(StrEnum):
    """What a role's holder may see of persons and doses."""

    OWN_DOSES = "own_doses"  # persons with a dose entered there; others' date and vaccine
    RESIDENTS = "residents"  # by stated residence
    SHARED_LISTS = "shared_lists"  # entries of lists shared with the office
    SENT_LISTS = "sent_lists"  # entries of lists sent to it, proposals of the register's residents
    PROPOSALS_BELOW = "proposals_below"
    LISTS_AND_BATCHES = "lists_and_batches"
    RESIDENTS_AND_VACCINATED = "residents_and_vaccinated"
    COUNTS = "counts"
    ALL_MASKED = "all_masked"
    LEDGER_MASKED = "ledger_masked"
    NOBODY = "nobody"


VIEWS: Final = MappingProxyType(
    {
        Role.FACILITY_CLERK: View.OWN_DOSES,
        Role.FACILITY_HEAD: View.OWN_DOSES,
        Role.STATION: View.RESIDENTS,
        Role.HAMLET_GROUP: View.SHARED_LISTS,
        Role.COMMUNE_POLICE: View.SENT_LISTS,
        Role.POLICE_ABOVE: View.PROPOSALS_BELOW,
        Role.CHAIR: View.LISTS_AND_BATCHES,
        Role.DISTRICT: View.RESIDENTS_AND_VACCINATED,
        Role.CDC: View.RESIDENTS_AND_VACCINATED,
        Role.DEPARTMENT: View.RESIDENTS_AND_VACCINATED,
        Role.COMMITTEE: View.RESIDENTS_AND_VACCINATED,
        Role.TASK_FORCE: View.COUNTS,
        Role.MINISTRY: View.ALL_MASKED,
        Role.AUDITOR: View.LEDGER_MASKED,
        Role.ADMINISTRATOR: View.NOBODY,
    }
)

OFFICE_KINDS: Final = MappingProxyType(
    {
        Role.FACILITY_CLERK: {OfficeKind.FACILITY, OfficeKind.STATION},
        Role.FACILITY_HEAD: {OfficeKind.FACILITY, OfficeKind.STATION},
        Role.STATION: {OfficeKind.STATION},
        Role.HAMLET_GROUP: {OfficeKind.HAMLET_GROUP},
        Role.COMMUNE_POLICE: {OfficeKind.COMMUNE_POLICE},
        Role.POLICE_ABOVE: {OfficeKind.PROVINCE_POLICE, OfficeKind.MINISTRY_POLICE},
        Role.CHAIR: {OfficeKind.COMMUNE_COMMITTEE},
        Role.DISTRICT: {OfficeKind.DISTRICT_CENTRE},
        Role.CDC: {OfficeKind.CDC},
        Role.DEPARTMENT: {OfficeKind.DEPARTMENT},
        Role.COMMITTEE: {OfficeKind.PROVINCE_COMMITTEE},
        Role.TASK_FORCE: {OfficeKind.TASK_FORCE},
        Role.MINISTRY: {OfficeKind.MINISTRY},
        Role.AUDITOR: {OfficeKind.AUDIT},
        Role.ADMINISTRATOR: {OfficeKind.ADMINISTRATION},
    }
)

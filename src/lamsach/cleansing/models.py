"""Tables of cleansing: a commune's lists, their entries, what was decided of each, every step.

Decisions and steps are rows that are added; an entry points to its newest decision. The values that
a decision brings are the ones an officer confirmed: nothing else of the register is ever here.
"""

from __future__ import annotations

import secrets
import uuid
from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.models import Officer
from lamsach.files.models import StoredFile
from lamsach.jobs.models import Job
from lamsach.places.models import Office, Unit
from lamsach.registry.models import Campaign, Correction, Person

__all__ = [
    "CleansingEntry",
    "CleansingList",
    "CleansingTerms",
    "Decision",
    "DecisionKind",
    "ListState",
    "ListStep",
    "LookedAt",
]


class ListState(models.TextChoices):
    """Where a list stands (2262/BYT-CNTT)."""

    DRAFT = "draft", _("At the station")
    HAMLET_REVIEW = "hamlet_review", _("With the hamlet group")
    POLICE_CHECK = "police_check", _("With the commune police")
    RETURNED = "returned", _("Returned by the police")
    APPLIED = "applied", _("Applied")
    CLOSED = "closed", _("Closed")


class DecisionKind(models.TextChoices):
    """What the police found about an entry."""

    CONFIRMED_PROPOSAL = "confirmed_proposal", _("The proposed person, confirmed")
    CORRECTED = "corrected", _("Corrected by hand")
    REGISTER_WRONG = "register_wrong", _("The record is right, the register is wrong")
    NOT_IN_REGISTER = "not_in_register", _("Not in the register")
    NOT_RESIDENT = "not_resident", _("Lives in another commune")
    DECEASED = "deceased", _("Has died")
    DUPLICATE_OF = "duplicate_of", _("The same person as another record")
    FOREIGNER = "foreigner", _("Not a Vietnamese citizen")
    UNIDENTIFIABLE = "unidentifiable", _("Cannot be identified")


class LookedAt(models.TextChoices):
    """How a decision was made: it stays with the decision."""

    SINGLY = "singly", _("Looked at alone")
    BLOCK = "block", _("Confirmed in a block")
    FILE = "file", _("Brought by a workbook")


class CleansingTerms(models.Model):
    """How long the police have in a campaign: days from sending, and a last day for all."""

    campaign = models.OneToOneField(Campaign, models.CASCADE, related_name="+")
    days = models.SmallIntegerField(default=7)
    last_day = models.DateField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(days__gte=1), name="terms_days")]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.days}"


class CleansingList(models.Model):
    """A list (danh sách làm sạch) of a commune's residents whose data are wrong.

    `manifest` is the canonical text of all decisions; the police sign it (`signature`, CMS) or send
    the scan of the signed paper (`scan`).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    station = models.ForeignKey(Office, models.PROTECT, related_name="+")
    commune = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+")
    hamlet = models.TextField(blank=True)
    made_by = models.ForeignKey(Officer, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    state = models.TextField(choices=ListState, default=ListState.DRAFT)
    state_since = models.DateTimeField()
    hamlet_group = models.ForeignKey(Office, models.PROTECT, null=True, related_name="+")
    police = models.ForeignKey(Office, models.PROTECT, null=True, related_name="+")
    due_at = models.DateTimeField(null=True)

    manifest = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    signature = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    scan = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    scan_type = models.TextField(blank=True)
    certificate = models.TextField(blank=True)
    signed_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)
    job = models.ForeignKey(Job, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ListState.values), name="list_state"),
            models.CheckConstraint(
                condition=~Q(state="police_check")
                | Q(police__isnull=False) & Q(due_at__isnull=False),
                name="list_police",
            ),
            models.CheckConstraint(
                condition=~Q(state="hamlet_review") | Q(hamlet_group__isnull=False),
                name="list_hamlet",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["returned", "applied"])
                | Q(manifest__isnull=False, signed_by__isnull=False, signed_at__isnull=False)
                & (Q(signature__isnull=False) | Q(scan__isnull=False)),
                name="list_signed",
            ),
        ]
        indexes = [
            models.Index(fields=["station", "-id"], name="list_by_station"),
            models.Index(fields=["police", "state", "due_at"], name="list_by_police"),
            models.Index(fields=["hamlet_group", "state"], name="list_by_hamlet"),
            models.Index(fields=["commune", "state"], name="list_by_commune"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class CleansingEntry(models.Model):
    """One person on a list, as recorded when it was made.

    `household` numbers those of a list who live at one address (0: alone), so that they are looked
    at together. `suggestion` is what the hamlet group heard at the door. A person is on one open
    list at a time.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    list = models.ForeignKey(CleansingList, models.PROTECT, related_name="entries")
    person = models.ForeignKey(Person, models.PROTECT, related_name="cleansing_entries")
    person_version = models.IntegerField()
    obstacle = models.TextField()
    position = models.IntegerField()
    household = models.IntegerField(default=0)
    suggestion = models.JSONField(default=dict)
    suggestion_note = models.TextField(blank=True)
    decision = models.OneToOneField("Decision", models.PROTECT, null=True, related_name="holds_for")
    is_open = models.BooleanField(default=True)
    #: What applying did: "", "corrected", "moved", "asked", "kept" or "stale".
    outcome = models.TextField(blank=True)
    correction = models.ForeignKey(Correction, models.PROTECT, null=True, related_name="+")
    came_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["list", "position"], name="entry_position"),
            models.UniqueConstraint(fields=["list", "person"], name="entry_once_a_list"),
            models.UniqueConstraint(
                fields=["person"], condition=Q(is_open=True), name="entry_one_open_list"
            ),
        ]
        indexes = [
            models.Index(
                fields=["list", "position"], condition=Q(decision=None), name="entry_undecided"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


def new_salt() -> bytes:
    """128 random bits."""
    return secrets.token_bytes(16)


class Decision(models.Model):
    """What an officer decided of an entry; a later one takes its place, none is ever changed."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entry = models.ForeignKey(CleansingEntry, models.PROTECT, related_name="decisions")
    kind = models.TextField(choices=DecisionKind)
    changes = models.JSONField(default=dict)
    commune = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    duplicate_of = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    note = models.TextField(blank=True)
    looked_at = models.TextField(choices=LookedAt)
    #: Hides the values in the digest that is signed; with it goes what could be guessed of them.
    salt = models.BinaryField(default=new_salt)
    officer = models.ForeignKey(Officer, models.PROTECT, related_name="+")
    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=DecisionKind.values), name="decision_kind"),
            models.CheckConstraint(
                condition=Q(looked_at__in=LookedAt.values), name="decision_looked_at"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["confirmed_proposal", "corrected", "foreigner"])
                & ~Q(changes={})
                | ~Q(kind__in=["confirmed_proposal", "corrected", "foreigner"]) & Q(changes={}),
                name="decision_changes",
            ),
            models.CheckConstraint(
                condition=Q(kind="not_resident", commune__isnull=False)
                | ~Q(kind="not_resident") & Q(commune=None),
                name="decision_commune",
            ),
            models.CheckConstraint(
                condition=Q(kind="duplicate_of", duplicate_of__isnull=False)
                | ~Q(kind="duplicate_of") & Q(duplicate_of=None),
                name="decision_duplicate",
            ),
            models.CheckConstraint(
                condition=~Q(looked_at="block") | Q(kind="confirmed_proposal"),
                name="decision_block",
            ),
        ]
        indexes = [models.Index(fields=["officer", "-id"], name="decision_by_officer")]

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.kind}"


STEPS_SAID: Final = {
    "make_list": _("List made"),
    "send_to_hamlet": _("Sent to the hamlet group"),
    "hand_back": _("Given back by the hamlet group"),
    "call_back": _("Taken back by the station"),
    "send_to_police": _("Sent to the commune police"),
    "return_for_completion": _("Returned for completion"),
    "sign_and_return": _("Signed and returned"),
    "apply": _("Applying begun"),
    "finish_applying": _("Applied"),
    "close": _("Closed"),
    "discard": _("Undone"),
}


class ListStep(models.Model):
    """One step a list took: from, to, by whom, with what word."""

    list = models.ForeignKey(CleansingList, models.PROTECT, related_name="steps")
    action = models.TextField()
    before = models.TextField()
    after = models.TextField()
    officer = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+")
    office = models.ForeignKey(Office, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["list", "id"], name="step_by_list")]

    def __str__(self) -> str:
        return f"{self.list_id}: {self.action}"

    @property
    def said(self) -> str:
        """The step in words."""
        return str(STEPS_SAID.get(self.action, self.action))

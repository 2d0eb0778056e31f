"""Tables of the record: campaigns, people, doses and the corrections to them.

A person's four compulsory fields (9438/BYT-CNTT) and a dose's signed fields have a version that
each correction raises: an answer of the register and a signature name the version they are about.
Search keys are columns made by `lamsach.identity`; nothing rests on the database's collation.
A foreign key has no index of its own where another index begins with it: these tables are large.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.models import Officer
from lamsach.places.models import Office, Unit

__all__ = [
    "Campaign",
    "Correction",
    "CorrectionState",
    "Dose",
    "IdStatus",
    "Person",
    "Presence",
    "Presentation",
    "Sex",
    "Standing",
]


class Campaign(models.Model):
    """A campaign (chiến dịch): what a set of doses belongs to, with its rules.

    `doses_required` maps a product's code to the doses of its ordinary course; "" stands for every
    other product. `minimum_doses` is what a passport needs (5772/QĐ-BYT: the full course, null;
    later guidance: one).
    """

    code = models.SlugField(unique=True)
    name = models.TextField()
    disease = models.TextField()  # SNOMED CT, as certificates carry it
    legal_basis = models.TextField(blank=True)
    units_as_of = models.TextField(default="2022")
    compulsory_fields = ArrayField(models.TextField(), default=list)
    vaccines = ArrayField(models.TextField(), default=list)
    doses_required = models.JSONField(default=dict)
    minimum_doses = models.SmallIntegerField(null=True)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(closed_on__gt=F("opened_on")),
                name="campaign_period",
            ),
            models.CheckConstraint(
                condition=Q(units_as_of__in=["2022", "2025"]), name="campaign_units"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Sex(models.TextChoices):
    """Sex as the register knows it; empty where it was not given."""

    MALE = "M", _("Male")
    FEMALE = "F", _("Female")


class IdStatus(models.TextChoices):
    """The three piles that the ministry's procedure counts (2262/BYT-CNTT)."""

    WELL_FORMED = "well_formed", _("Well-formed number")
    MALFORMED = "malformed", _("Number of wrong format")
    MISSING = "missing", _("No number")


class Person(models.Model):
    """A record of a person vaccinated (đối tượng tiêm chủng); several may be one human being.

    `birth_date` is `YYYY-MM-DD`, `YYYY-MM`, `YYYY` or, where it could not be read, as typed.
    `reference` is the opaque name under which signed statements and the register's answers speak
    of this person; `public_id` stands in addresses and files.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    # The four compulsory fields.
    full_name = models.TextField()
    birth_date = models.TextField(blank=True, db_collation="C")
    sex = models.TextField(choices=Sex, blank=True)
    personal_id = models.TextField(blank=True)

    nationality = models.TextField(default="VN")
    passport_number = models.TextField(blank=True)
    travel_name = models.TextField(blank=True)  # as the travel document writes it, "SUR<<GIVEN"
    guardian_name = models.TextField(blank=True)
    guardian_personal_id = models.TextField(blank=True)
    phone = models.TextField(blank=True)
    email = models.TextField(blank=True)
    insurance_number = models.TextField(blank=True)

    residence = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", db_index=False)
    hamlet = models.TextField(blank=True)
    address = models.TextField(blank=True)

    # Made by `keys` from the fields above, with them.
    name_key = models.TextField(editable=False, db_collation="C")
    id_status = models.TextField(choices=IdStatus, editable=False)

    #: Raised by each correction of the four fields; answers of the register name it.
    version = models.IntegerField(default=1)
    entered_by = models.ForeignKey(Office, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(full_name=""), name="person_name"),
            models.CheckConstraint(condition=Q(sex__in=["", *Sex.values]), name="person_sex"),
            models.CheckConstraint(
                condition=Q(nationality__regex=r"^[A-Z]{2}$"), name="person_nationality"
            ),
            models.CheckConstraint(
                condition=Q(id_status__in=IdStatus.values), name="person_id_status"
            ),
            models.CheckConstraint(condition=Q(version__gt=0), name="person_version"),
        ]
        indexes = [
            models.Index(
                fields=["personal_id"], condition=~Q(personal_id=""), name="person_by_number"
            ),
            # Who walks along names, or along those born on a day (names with a slip in them are
            # looked for there), passes over those who live elsewhere without reading their rows.
            models.Index(
                fields=["name_key", "birth_date", "id"],
                include=["residence"],
                name="person_by_name",
            ),
            models.Index(
                fields=["birth_date", "name_key", "id"],
                include=["residence"],
                name="person_by_birth",
            ),
            models.Index(
                fields=["residence", "name_key", "birth_date", "id"], name="person_by_residence"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)  # never the name: this lands in logs and errors

    @property
    def is_foreigner(self) -> bool:
        """Whether the register is not asked about this person (1908/BYT-CNTT)."""
        return self.nationality != "VN"


class Presence(models.TextChoices):
    """How the identity was checked when the dose was given; part of what is signed."""

    CARD_SCANNED = "card_scanned", _("Identity card scanned")
    CODE = "code", _("One-time code")
    VNEID = "vneid", _("VNeID")
    NONE = "none", _("Not checked")


class Dose(models.Model):
    """A dose (mũi tiêm): one vaccination event of a person.

    `entered_by` is the facility that entered the dose and so signs it; `facility` is where it was
    given. A dose that was recorded by mistake is withdrawn by a correction, never deleted.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="doses", db_index=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+", db_index=False)
    vaccine_code = models.TextField()  # the product's code as certificates carry it (mp)
    lot = models.TextField(blank=True)
    vaccinated_on = models.DateField()
    dose_number = models.SmallIntegerField()
    facility = models.ForeignKey(Office, models.PROTECT, related_name="+", db_index=False)
    country = models.TextField(default="VN")
    supervising_clinician = models.TextField(blank=True)
    presence = models.TextField(choices=Presence, default=Presence.NONE)

    #: Raised by each correction; signatures name it.
    version = models.IntegerField(default=1)
    entered_by = models.ForeignKey(Office, models.PROTECT, related_name="+", db_index=False)
    entered_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "campaign", "vaccinated_on", "vaccine_code"],
                condition=Q(withdrawn_at=None),
                name="dose_once",
            ),
            models.CheckConstraint(
                condition=Q(dose_number__gte=1, dose_number__lte=20), name="dose_number"
            ),
            models.CheckConstraint(condition=Q(presence__in=Presence.values), name="dose_presence"),
            models.CheckConstraint(condition=Q(version__gt=0), name="dose_version"),
        ]
        indexes = [
            # Where somebody was vaccinated is asked for each name that is passed in a search.
            models.Index(
                fields=["person"], include=["facility", "withdrawn_at"], name="dose_by_person"
            ),
            models.Index(fields=["entered_by", "person"], name="dose_by_entry"),
            models.Index(fields=["facility", "vaccinated_on", "id"], name="dose_by_facility"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class CorrectionState(models.TextChoices):
    """A change is asked for by one officer and approved or refused by another.

    Who asked may take it back as long as nobody has decided.
    """

    REQUESTED = "requested", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Taken back")


class Correction(models.Model):
    """A correction (chỉnh sửa): a change to a person or one of their doses, and its grounds.

    `changes` maps a field to [old, new]. The old value is the record's when the change was asked
    for; a correction whose old values no longer hold cannot be approved. `source` names what asked
    for it: a cleansing entry, a complaint, an officer's own desk.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="corrections")
    dose = models.ForeignKey(Dose, models.PROTECT, null=True, related_name="corrections")
    changes = models.JSONField()
    grounds = models.TextField()
    source_kind = models.TextField(blank=True)
    source_id = models.TextField(blank=True)
    state = models.TextField(choices=CorrectionState, default=CorrectionState.REQUESTED)
    requested_by = models.ForeignKey(Officer, models.PROTECT, related_name="+")
    requested_from = models.ForeignKey(Office, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+")
    decided_from = models.ForeignKey(Office, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    refusal = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("requested_by")),
                name="correction_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state="requested", decided_by=None, decided_at=None)
                | Q(state="withdrawn", decided_by=None, decided_at__isnull=False)
                | Q(state__in=["approved", "refused"], decided_by__isnull=False)
                & Q(decided_at__isnull=False),
                name="correction_decided",
            ),
            models.CheckConstraint(condition=~Q(grounds=""), name="correction_grounds"),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(refusal=""), name="correction_refusal"
            ),
            models.UniqueConstraint(
                fields=["source_kind", "source_id", "person", "dose"],
                condition=~Q(source_id=""),
                nulls_distinct=False,
                name="correction_once_a_source",
            ),
        ]
        indexes = [
            models.Index(
                fields=["requested_from", "id"],
                condition=Q(state="requested"),
                name="correction_waiting",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Presentation(models.Model):
    """That somebody stood before an officer with their card, or said exactly who they are.

    It opens one record to that officer for a while, wherever the person lives.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="presentations")
    officer = models.ForeignKey(Officer, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["officer", "person", "at"], name="presentation_open")]

    def __str__(self) -> str:
        return str(self.pk)


class Standing(models.Model):
    """What stands in the way of a person's passport: one row a person, derived, rebuildable.

    Kept by `lamsach.registry.standing` in the transaction of whatever changed it. `rank` orders the
    obstacles along the way; the first that holds is the one shown. Office and unit are copied from
    rows that refer to them, and neither is ever deleted: here the database does not ask again for
    each of a nation's rows.
    """

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True)
    rank = models.SmallIntegerField()
    obstacle = models.TextField()
    responsible = models.ForeignKey(
        Office, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    since = models.DateTimeField()
    residence = models.ForeignKey(
        Unit, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["responsible", "rank", "since", "person"], name="standing_by_office"
            ),
            models.Index(fields=["residence", "obstacle"], name="standing_by_residence"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.obstacle}"

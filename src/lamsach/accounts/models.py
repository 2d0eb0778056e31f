"""Tables of accounts: officers, and the posts they hold from one day to another."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, ClassVar, Final

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models

from lamsach.accounts.roles import Role
from lamsach.clock import now
from lamsach.places.models import Office

__all__ = ["Officer", "Post", "ProviderIdentity"]

ASLEEP_AFTER: Final = timedelta(days=30)


class OfficerManager(BaseUserManager["Officer"]):
    """Finds officers by the name they sign in with; they are made in `actions`."""

    def get_by_natural_key(self, username: str | None) -> Officer:
        """The officer of a name, in whatever letter case it is typed."""
        return self.get(username=(username or "").lower())


class Officer(AbstractBaseUser):
    """An officer (cán bộ): a user of the staff site."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    username = models.TextField(unique=True)
    full_name = models.TextField()
    name_key = models.TextField(editable=False, default="", db_collation="C")
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=True)
    failed_sign_ins = models.SmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    awake_since = models.DateTimeField()

    objects: ClassVar[OfficerManager] = OfficerManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(username__regex=r"^[a-z0-9][a-z0-9._-]{1,62}$"),
                name="officer_username",
            ),
            models.CheckConstraint(
                condition=models.Q(failed_sign_ins__gte=0), name="officer_failed"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def is_locked(self) -> bool:
        """Whether too many wrong passwords keep the account shut for now."""
        return self.locked_until is not None and self.locked_until > now()

    @property
    def is_asleep(self) -> bool:
        """Whether nobody has signed in for so long that an administrator must wake the account."""
        last = max(filter(None, (self.last_login, self.awake_since)))
        return now() - last > ASLEEP_AFTER

    def get_full_name(self) -> str:
        """The officer's name as pages show it."""
        return self.full_name

    def has_perm(self, _permission: str, _thing: Any = None) -> bool:
        """No framework permission is ever granted: the gate is `scope`."""
        return False


class Post(models.Model):
    """That an officer has a role in an office, from a day to another (the end excluded)."""

    officer = models.ForeignKey(Officer, models.PROTECT, related_name="posts")
    office = models.ForeignKey(Office, models.PROTECT, related_name="posts")
    role = models.TextField(choices=Role)
    on_behalf_of = models.ForeignKey(
        Officer, models.PROTECT, null=True, related_name="delegated_posts"
    )
    period = DateRangeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="post_role"),
            models.CheckConstraint(condition=models.Q(period__isempty=False), name="post_period"),
            models.CheckConstraint(
                condition=models.Q(on_behalf_of=None) | ~models.Q(on_behalf_of=models.F("officer")),
                name="post_on_behalf",
            ),
            ExclusionConstraint(
                name="post_once",
                expressions=[
                    ("officer", RangeOperators.EQUAL),
                    ("office", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.officer_id}: {self.role} in {self.office_id}"


class ProviderIdentity(models.Model):
    """That an identity provider's account is an officer's, as an administrator has bound it.

    Of the provider's name for the person (`sub`, which may be a personal number) only a keyed
    digest is kept. It holds for one issuer: another provider's same name is another person.
    """

    officer = models.ForeignKey(Officer, models.PROTECT, related_name="identities")
    issuer = models.TextField()
    digest = models.BinaryField(max_length=32)
    bound_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "digest"], name="identity_of_one"),
            models.UniqueConstraint(fields=["officer", "issuer"], name="identity_once"),
        ]

    def __str__(self) -> str:
        return f"{self.officer_id}: {self.issuer}"

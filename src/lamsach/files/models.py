"""The table of files: where each lies and how large it is; never whose it is or what it is called.

Names, owners and scope belong to the rooms above, whose rows point here.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

__all__ = ["StoredFile"]


class StoredFile(models.Model):
    """One content, kept once: `address` is a keyed digest of it, so that nobody can guess it."""

    address = models.TextField(unique=True)
    size = models.BigIntegerField()
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(address__regex=r"^[0-9a-f]{64}$"), name="file_address"
            ),
            models.CheckConstraint(condition=Q(size__gte=0), name="file_size"),
        ]

    def __str__(self) -> str:
        return self.address[:12]

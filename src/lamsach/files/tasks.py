"""Files' background work: sweeping away what no row names."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from lamsach.files.actions import sweep_files
from lamsach.jobs.models import Job
from lamsach.jobs.registry import periodic

__all__ = ["sweep"]


@periodic("17 * * * *", "files.sweep", label=_("Sweeping away files that nothing names"))
def sweep(_job: Job) -> None:
    """Delete files on the disk that no row names."""
    sweep_files()

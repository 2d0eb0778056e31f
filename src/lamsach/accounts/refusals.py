"""Refusals that are no fault of rights: a step that is not possible now.

The site answers them with a page of their own (409). Who lacks the right gets Django's
`PermissionDenied` instead.
"""

from __future__ import annotations

__all__ = ["ConflictError"]


class ConflictError(Exception):
    """A step that the present state does not allow; nothing was changed.

    The text is a sentence for the person at the page and bears nobody's data.
    """

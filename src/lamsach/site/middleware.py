"""Refused steps become pages: what the present state does not allow is answered with 409."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from lamsach.accounts.refusals import ConflictError
from lamsach.site.errors import refused

__all__ = ["ConflictMiddleware"]


class ConflictMiddleware:
    """Answers `ConflictError` of any view; its transaction is undone by then."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, _request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page for a step that is not possible now; None for every other error."""
        if isinstance(exception, ConflictError):
            return refused(409, detail=str(exception))
        return None

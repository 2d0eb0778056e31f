"""Taking an upload: counted while it arrives, so that nobody fills the disk before it is judged.

`bounded_upload` marks a view; the form of such a view is read only by the view itself, after the
bound is set, and its forgery token is checked there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from lamsach.files.workbook_guard import LARGEST_WORKBOOK

__all__ = ["TOO_LARGE", "bounded_upload"]

#: Stands in `request.META` when an upload was broken off for its size.
TOO_LARGE: Final = "lamsach.upload.too_large"
#: What a form's other fields and the parts' own headings may take.
_FORM: Final = 64 * 1024

_View = Callable[..., HttpResponse]


class _Bounded(TemporaryFileUploadHandler):
    """Breaks the upload off once it is larger than may be."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self._left = LARGEST_WORKBOOK

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self._left -= len(raw_data)
        if self._left < 0:
            assert self.request is not None
            self.request.META[TOO_LARGE] = True
            raise StopUpload(connection_reset=False)
        return super().receive_data_chunk(raw_data, start)


def bounded_upload(view: _View) -> _View:
    """Bound what a view's form may bring."""
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def bounded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            request.upload_handlers = [_Bounded(request)]
        return protected(request, *args, **kwargs)

    return bounded

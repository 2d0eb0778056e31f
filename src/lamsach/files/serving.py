"""Sending a file to whoever a view above has found entitled to it.

Always as a download under a name that the view gives: nothing that came from outside is ever shown
by the browser as a page of ours, and nothing of it stays in a cache.
"""

from __future__ import annotations

from typing import Final, TypeVar

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from lamsach.files.actions import pieces_of
from lamsach.files.models import StoredFile

__all__ = ["EXCEL", "content_response", "file_response"]

EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_Answer = TypeVar("_Answer", HttpResponse, StreamingHttpResponse)


def file_response(
    stored: StoredFile, *, name: str, media_type: str = EXCEL
) -> StreamingHttpResponse:
    """A stored file as a download."""
    response = StreamingHttpResponse(pieces_of(stored), content_type=media_type)
    response.headers["Content-Length"] = str(stored.size)
    return _as_download(response, name)


def content_response(content: bytes, *, name: str, media_type: str = EXCEL) -> HttpResponse:
    """A file made just now, as a download."""
    return _as_download(HttpResponse(content, content_type=media_type), name)


def _as_download(response: _Answer, name: str) -> _Answer:
    disposition = content_disposition_header(as_attachment=True, filename=name)
    response.headers["Content-Disposition"] = disposition or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response

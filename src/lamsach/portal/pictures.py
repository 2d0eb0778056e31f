"""A picture that a visitor sends: held in memory while it is looked at, and never anywhere else."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from lamsach.hcert.pictures import MAX_BYTES

__all__ = ["MemoryOnlyHandler"]

_CHUNK: Final = 256 * 1024


class MemoryOnlyHandler(FileUploadHandler):
    """Takes one file of a bounded size into memory; a larger one breaks the upload off."""

    chunk_size = _CHUNK

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin with a file."""
        super().new_file(*args, **kwargs)
        self._held = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Hold a piece."""
        if start + len(raw_data) > MAX_BYTES:
            raise StopUpload(connection_reset=True)
        self._held.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """The file, whole."""
        self._held.seek(0)
        return InMemoryUploadedFile(
            file=self._held,
            field_name=self.field_name,
            name="picture",
            content_type=self.content_type or "",
            size=file_size,
            charset=None,
            content_type_extra=None,
        )

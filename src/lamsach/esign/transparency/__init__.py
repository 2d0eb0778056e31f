"""A transparency log: what was issued, in public, append-only, in salted digests.

`Log` keeps one in a folder that any web server can serve (c2sp.org/tlog-tiles); `LogReader`
checks one from outside. The package knows nothing of certificates or doses.
"""

from __future__ import annotations

from lamsach.esign.transparency.checkpoints import Checkpoint
from lamsach.esign.transparency.log import Log
from lamsach.esign.transparency.notes import NoteKey, NoteVerifier
from lamsach.esign.transparency.outside import LogReader, at_address, in_folder
from lamsach.esign.transparency.salting import digest_of, salted_digest

__all__ = [
    "Checkpoint",
    "Log",
    "LogReader",
    "NoteKey",
    "NoteVerifier",
    "at_address",
    "digest_of",
    "in_folder",
    "salted_digest",
]

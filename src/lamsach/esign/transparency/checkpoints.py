"""Checkpoints (c2sp.org/tlog-checkpoint): the size and root of a log, signed.

This room reads and writes them; it knows no tiles.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from lamsach.esign.errors import ESignError, Sentence
from lamsach.esign.merkle import HASH_BYTES
from lamsach.esign.transparency.notes import NoteKey, NoteVerifier, exact_bytes, open_note

__all__ = ["Checkpoint"]

_LARGEST_SIZE = 2**63 - 1


@dataclass(frozen=True)
class Checkpoint:
    """A log at one size.

    >>> key = NoteKey.generate("log.example/vaccines")
    >>> note = Checkpoint("log.example/vaccines", 0, bytes(32)).signed(key)
    >>> Checkpoint.open(note, "log.example/vaccines", [key.verifier]).size
    0
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    def signed(self, key: NoteKey) -> bytes:
        """The signed note."""
        return key.sign(self.text()).encode()

    @classmethod
    def open(cls, note: bytes, origin: str, verifiers: Sequence[NoteVerifier]) -> Checkpoint:
        """Open a signed checkpoint of the log `origin`.

        Raises `ESignError`: NOTE_INVALID, NOTE_UNSIGNED, CHECKPOINT_INVALID.
        """
        lines = open_note(note, verifiers).removesuffix("\n").split("\n")
        try:
            stated, size, root = lines[0], lines[1], exact_bytes(lines[2])
            number = int(size) if re.fullmatch(r"0|[1-9][0-9]{0,18}", size) else -1
            if stated != origin or not all(lines) or len(root) != HASH_BYTES:
                raise ValueError("another log, or no root")
            if not 0 <= number <= _LARGEST_SIZE:
                raise ValueError("no size")
        except (ValueError, IndexError) as error:
            raise ESignError(
                "CHECKPOINT_INVALID",
                Sentence(
                    vi=f"Đây không phải là điểm kiểm tra (checkpoint) của nhật ký {origin}",
                    en=f"this is not a checkpoint of the log {origin}",
                ),
            ) from error
        return cls(stated, number, root)

"""The key that signs exported heads: made once, kept in the data folder for its owner alone."""

from __future__ import annotations

import os

from django.conf import settings

from lamsach.esign.transparency import NoteKey, NoteVerifier

__all__ = ["heads_key", "known_verifiers"]


def heads_key() -> NoteKey:
    """This side's key; made when there is none."""
    name = settings.LEDGER_ORIGIN
    path = settings.DATA_FOLDER / f"{name.replace('/', '-')}.key"
    if not path.exists():
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(NoteKey.generate(name).secret())
        try:
            os.link(beside, path)
        except FileExistsError:
            pass  # another process was first: its key is the key
        finally:
            beside.unlink()
    text: str = path.read_text(encoding="utf-8").strip()
    return NoteKey.read(text)


def known_verifiers() -> list[NoteVerifier]:
    """The public halves whose signatures on this side's heads are believed."""
    return [heads_key().verifier]

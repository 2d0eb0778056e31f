"""The keeper of the public log: gives entries their places and appends them.

A place is committed before its entry is appended; after a crash the log's own size says which
entries are in it, so that none is lost and none appended twice. What an entry stands for is told
only by its salt, which stays here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from lamsach.esign.transparency import Checkpoint, Log, LogReader, NoteKey, in_folder
from lamsach.passports.models import LogEntry

__all__ = ["LogOutOfStepError", "append_waiting", "log_reader", "origin_and_key", "proof_of"]

_AT_ONCE: Final = 10_000
_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('passports log', 0))"


class LogOutOfStepError(Exception):
    """The log holds entries that the database does not know: one was restored from an old copy."""


def append_waiting() -> int:
    """Append what waits for a place; how many entries. One keeper at a time, others wait.

    Raises `LogOutOfStepError`; then nothing may be appended until the two agree.
    """
    log, appended = _log(), 0
    while True:
        _give_places()
        found = _append_placed(log)
        appended += found
        if found == 0:
            return appended


def _give_places() -> None:
    """Commit a place for entries that have none, in the order in which they came."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK)
        cursor.execute(
            """update passports_logentry e set position = w.place from (
                select id, row_number() over (order by id) - 1 + coalesce(
                    (select max(position) + 1 from passports_logentry), 0) as place
                from (select id from passports_logentry where position is null
                    order by id limit %s) waiting
            ) w where e.id = w.id""",
            [_AT_ONCE],
        )


def _append_placed(log: Log) -> int:
    """Append the entries whose place is beyond the log's end; how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK)
        size = log.checkpoint().size
        last = LogEntry.objects.aggregate(last=Max("position"))["last"]
        if size > (-1 if last is None else last) + 1:
            raise LogOutOfStepError
        rows = LogEntry.objects.filter(position__gte=size).order_by("position")[:_AT_ONCE]
        digests = [bytes(one) for one in rows.values_list("digest", flat=True)]
        if digests:
            log.append(digests, at=size)
    return len(digests)


def log_reader() -> LogReader:
    """The log, as whoever stands outside reads it."""
    key = _key()
    return LogReader(in_folder(settings.TRANSPARENCY_LOG), key.name, [key.verifier])


def proof_of(entry: LogEntry) -> tuple[str, bytes] | None:
    """The checkpoint published now, and the proof that an entry is in the log under it.

    None as long as it is not in.
    """
    if entry.position is None:
        return None
    key = _key()
    note = (settings.TRANSPARENCY_LOG / "checkpoint").read_bytes()
    checkpoint = Checkpoint.open(note, key.name, [key.verifier])
    if entry.position >= checkpoint.size:
        return None
    proof = log_reader().inclusion(bytes(entry.digest), entry.position, checkpoint)
    return note.decode(), proof


def origin_and_key() -> tuple[str, str]:
    """The log's name and the key that opens its checkpoints, for readers."""
    key = _key()
    return key.name, str(key.verifier)


def _log() -> Log:
    return Log(settings.TRANSPARENCY_LOG, _key())


def _key() -> NoteKey:
    """The log's key, made at the first time; whoever comes second reads the first's."""
    path: Path = settings.TRANSPARENCY_KEY
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(NoteKey.generate(settings.TRANSPARENCY_NAME).secret())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(beside, path)
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    return NoteKey.read(path.read_text(encoding="utf-8").strip())

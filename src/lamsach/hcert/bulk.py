"""Many certificates at once: columns in, columns out, a reason for every row that is refused.

A row's payload is its template (product, doses, country, issuer) with names, dates and identifier
in it. What the linter says of a template, of a name and of a date is asked once and remembered; a
row that they do not all approve goes through `Issuer.issue`, which alone refuses. The first
certificate of a template and a random one in a hundred are rehearsed with a throwaway key. Must not
know where the columns come from nor where the key lies.
"""

from __future__ import annotations

import functools
import random
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import Any, Final, NamedTuple, TypeVar

import cbor2
import numpy as np
import pyarrow as pa

from lamsach.hcert.envelope import pack_many
from lamsach.hcert.errors import IssueError
from lamsach.hcert.issue import Issuer, Validity, with_latin_names
from lamsach.hcert.linter import lint_birth, lint_event, lint_names
from lamsach.hcert.uvci import check_uvci, new_uvci, well_formed

__all__ = ["COLUMNS", "RESULTS", "issue_many"]

_NAMES: Final = ("fn", "fnt", "gn", "gnt")
_BEFORE_DATE: Final = ("tg", "vp", "mp", "ma", "dn", "sd")
_AFTER_DATE: Final = ("co", "is")
_OPTIONAL: Final = (*_NAMES, "ci")
COLUMNS: Final = (*_NAMES, "dob", *_BEFORE_DATE, "dt", *_AFTER_DATE, "ci")
RESULTS: Final = pa.schema(
    [(name, pa.string()) for name in ("hc1", "ci", "code", "message_vi", "message_en")]
)
VERSION: Final = "1.3.3"  # the schema that these payloads follow
_SAMPLE: Final = 0.01
_CHUNK: Final = 1_000  # rows that one process takes at a time: they stay in its cache
_RANDOM: Final = 16  # bytes of an identifier
_REMEMBERED: Final = 1 << 17  # names of a process, some 40 MB
_LONGEST: Final = 80
_TEXT_HEADS: Final = [cbor2.dumps("x" * n).removesuffix(b"x" * n) for n in range(_LONGEST + 1)]
_MAP_HEADS: Final = [bytes((0xA0 | n,)) for n in range(len(_NAMES) + 1)]
# A hexadecimal digit's place in the alphabet of the check character, A-Z 0-9 / and ':'.
_CHECK_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:"
_DIGITS: Final = np.array([_CHECK_LETTERS.index(digit) for digit in "0123456789ABCDEF"])

_Result = tuple[str | bytes | None, str | None, str | None, str | None, str | None]


def issue_many(
    persons: pa.Table | Mapping[str, Any],
    open_issuer: Callable[[], Issuer],
    *,
    issued_at: datetime | None = None,
    expires_at: datetime | None = None,
    processes: int = 1,
) -> pa.Table:
    """Issue a certificate for each row of `COLUMNS`; the answer has the same rows in order.

    Columns are a payload's fields (`fn`, `fnt`, `gn`, `gnt`, `dob` and those of its vaccination);
    `fn`, `fnt`, `gn`, `gnt` and `ci` may be missing or null and are filled in as `Issuer.issue`
    does; `dn` and `sd` are integers. The answer's columns are `RESULTS`: `hc1` and `ci`, or a
    `code` and a message in both languages. `open_issuer` is called once in every process, so it
    must be picklable when there are several. Raises `IssueError` for what concerns all rows: the
    key, the times, a missing column.
    """
    table = persons if isinstance(persons, pa.Table) else pa.table(dict(persons))
    missing = [name for name in COLUMNS if name not in {*table.column_names, *_OPTIONAL}]
    if missing:
        raise IssueError(
            "columns",
            f"the columns {', '.join(missing)} are missing: add them",
            f"thiếu các cột {', '.join(missing)}: hãy bổ sung",
        )
    issuer = open_issuer()
    validity = issuer.validity(issued_at, expires_at)
    table = table.select([name for name in COLUMNS if name in table.column_names])
    chunks = table.to_batches(max_chunksize=_CHUNK)
    if processes == 1 or len(chunks) < 2:
        desk = _Desk(issuer, validity)
        answers = [desk.issue(chunk) for chunk in chunks]
    else:
        answers = list(_spread(chunks, open_issuer, validity, processes))
    return pa.Table.from_batches(answers, schema=RESULTS)


def _spread(
    chunks: Iterable[pa.RecordBatch],
    open_issuer: Callable[[], Issuer],
    validity: Validity,
    processes: int,
) -> Iterator[pa.RecordBatch]:
    """Answers in the order of the chunks, no more of them under way than keeps all busy."""
    waiting: deque[Future[pa.RecordBatch]] = deque()
    with ProcessPoolExecutor(
        processes,
        mp_context=get_context("spawn"),  # a fork would copy locks that Arrow's threads hold
        initializer=_open_desk,
        initargs=(open_issuer, validity),
    ) as pool:
        for chunk in chunks:
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
            waiting.append(pool.submit(_issue_here, chunk))
        while waiting:
            yield waiting.popleft().result()


class _Here:
    """What a helper process keeps between two chunks."""

    desk: _Desk


def _open_desk(open_issuer: Callable[[], Issuer], validity: Validity) -> None:
    _Here.desk = _Desk(open_issuer(), validity)


def _issue_here(chunk: pa.RecordBatch) -> pa.RecordBatch:
    return _Here.desk.issue(chunk)


_K = TypeVar("_K")
_V = TypeVar("_V")


class _Remembered(dict[_K, _V]):
    """What was found of each key, asked once; forgets everything when it has grown too large."""

    def __init__(self, find: Callable[[_K], _V]) -> None:
        self._find = find

    def __missing__(self, key: _K) -> _V:
        if len(self) >= _REMEMBERED:
            self.clear()
        found = self[key] = self._find(key)
        return found


class _Half(NamedTuple):
    """A surname or a forename with its Latin form: how many fields, and their CBOR."""

    fields: int
    encoded: bytes


class _Template(NamedTuple):
    """The CBOR around what differs: before the date, between date and identifier.

    `days` is the CBOR of a date on which such a dose may have been given; None for another.
    """

    before_date: bytes
    after_date: bytes
    days: _Remembered[str, bytes | None]


class _Draft(NamedTuple):
    """Claims that may be signed, and the identifier in them."""

    claims: bytes
    identifier: str


class _Desk:
    """One process's issuer, and what it has learned from the linter.

    Memory grows with what differs, up to a bound; templates are few.
    """

    def __init__(self, issuer: Issuer, validity: Validity) -> None:
        self.issuer = issuer
        self.validity = validity
        self.moment = datetime.fromtimestamp(validity.issued_at, UTC)
        self.templates: dict[tuple[Any, ...], _Template] = {}
        self.surnames = _Remembered(functools.partial(_half, ("fn", "fnt")))
        self.forenames = _Remembered(functools.partial(_half, ("gn", "gnt")))
        self.births = _Remembered(self._birth)
        self.specimen = new_uvci(issuer.country)
        self.head = _claims_head(issuer, validity)

    def issue(self, chunk: pa.RecordBatch) -> pa.RecordBatch:
        """The answers to the rows of a chunk."""
        given = set(chunk.schema.names)
        absent = [None] * chunk.num_rows
        columns = [chunk.column(n).to_pylist() if n in given else absent for n in COLUMNS]
        fresh = _identifiers(self.issuer.country, chunk.num_rows)
        rows = zip(*columns, strict=True)
        # One step for all rows before the next step: a signature drives all else from the cache.
        drafts = [self._draft(row, new) for row, new in zip(rows, fresh, strict=True)]
        answers = [self._signed(one) if type(one) is _Draft else one for one in drafts]
        sealed, *others = list(zip(*answers, strict=True)) or [()] * len(RESULTS.names)
        packed = iter(pack_many([one for one in sealed if type(one) is bytes]))
        texts = [next(packed) if type(one) is bytes else one for one in sealed]
        arrays = [pa.array(column, pa.string()) for column in (texts, *others)]
        return pa.RecordBatch.from_arrays(arrays, schema=RESULTS)

    def _signed(self, draft: _Draft) -> _Result:
        """A draft's answer, its certificate a message that is still to be packed."""
        try:
            return self.issuer.sign(draft.claims), draft.identifier, None, None, None
        except IssueError as error:
            return _refusal(error)

    def _draft(self, row: tuple[Any, ...], fresh: str) -> _Draft | _Result:
        """What of a row is to be signed, or its answer if it had to go the long way.

        `fresh` is an identifier for a row that brings none.
        """
        draft = self._approved(row, fresh)
        try:
            if draft is None:
                issued = self.issuer.issue_for(_payload(row), self.validity)
                self._learn(row)
                return issued.text, issued.identifier, None, None, None
            if random.random() < _SAMPLE:
                whole = _complete(row, draft.identifier)
                self.issuer.rehearse(draft.claims, whole, self.validity)
        except IssueError as error:
            return _refusal(error)
        return draft

    def _approved(self, row: tuple[Any, ...], fresh: str) -> _Draft | None:
        """The draft of a row, if everything in it is known to be legal."""
        fn, fnt, gn, gnt, dob, tg, vp, mp, ma, dn, sd, dt, co, by, ci = row
        template = self.templates.get((tg, vp, mp, ma, dn, sd, co, by))
        if template is None or type(dob) is not str or type(dt) is not str:
            return None
        surname = self.surnames[fn, fnt]
        forename = self.forenames[gn, gnt]
        born = self.births[dob]
        day = template.days[dt]
        if surname is None or forename is None or born is None or day is None:
            return None
        fields = surname.fields + forename.fields
        # A partial birth date counts from its first day: the texts compare as the days do.
        if not fields or dt[: len(dob)] < dob:
            return None
        if not ci:
            ci = fresh
        elif not _legal_identifier(ci):
            return None
        claims = b"".join(
            (
                self.head,
                _MAP_HEADS[fields],
                surname.encoded,
                forename.encoded,
                born,
                template.before_date,
                day,
                template.after_date,
                _TEXT_HEADS[len(ci)],
                ci.encode("ascii"),
            )
        )
        return _Draft(claims, ci)

    def _learn(self, row: tuple[Any, ...]) -> None:
        """Keep the template of a row that was issued, and thereby rehearsed."""
        fields = dict(zip(COLUMNS, row, strict=True))
        event = {name: fields[name] for name in (*_BEFORE_DATE, *_AFTER_DATE)}
        key = tuple(event.values())
        if key not in self.templates:
            self.templates[key] = _Template(
                _pairs(fields, _BEFORE_DATE) + cbor2.dumps("dt"),
                _pairs(fields, _AFTER_DATE) + cbor2.dumps("ci"),
                _Remembered(functools.partial(self._day, event)),
            )

    def _birth(self, dob: str) -> bytes | None:
        """The CBOR of a legal birth date, and of what stands between it and the vaccination."""
        if lint_birth(dob, issued_at=self.moment):
            return None
        return b"".join((b"\x63dob", _TEXT_HEADS[len(dob)], dob.encode(), b"\x61v\x81\xaa"))

    def _day(self, event: Mapping[str, Any], dt: str) -> bytes | None:
        whole = {**event, "dt": dt, "ci": self.specimen}
        return None if lint_event(whole, issued_at=self.moment) else cbor2.dumps(dt)


def _half(fields: tuple[str, str], names: tuple[Any, Any]) -> _Half | None:
    """A name and its Latin form, completed; None if they must not be signed."""
    given = {field: name for field, name in zip(fields, names, strict=True) if name}
    if not given:
        return _Half(0, b"")
    filled = with_latin_names(given)
    if lint_names(filled):
        return None
    return _Half(len(filled), _pairs(filled, tuple(filled)))


def _refusal(error: IssueError) -> _Result:
    return None, None, error.code, error.vi, error.en


def _identifiers(country: str, count: int) -> list[str]:
    """As many new identifiers as `new_uvci` would make one by one, in a tenth of the time.

    >>> [check_uvci(identifier) for identifier in _identifiers("VN", 3)]
    [True, True, True]
    """
    base = len(_CHECK_LETTERS)
    head = f"URN:UVCI:01:{country}:"
    # Luhn: every second letter from the right counts double, its digits added up.
    values = [_CHECK_LETTERS.index(letter) for letter in head]
    doubled = [sum(divmod(2 * value, base)) for value in values]
    fixed = sum(doubled[-1::-2]) + sum(values[-2::-2])
    raw = secrets.token_bytes(_RANDOM * count)
    halves = np.frombuffer(raw, dtype=np.uint8).reshape(count, _RANDOM)
    twice = 2 * _DIGITS[halves & 0xF]
    sums = (_DIGITS[halves >> 4] + twice // base + twice % base).sum(axis=1) + fixed
    checks = [_CHECK_LETTERS[at] for at in (-sums % base).tolist()]
    text, width = raw.hex().upper(), 2 * _RANDOM
    return [
        f"{head}{text[at * width : (at + 1) * width]}#{check}" for at, check in enumerate(checks)
    ]


def _claims_head(issuer: Issuer, validity: Validity) -> bytes:
    """The claims up to the map of names: they are equal in all certificates of a run."""
    names = {"ver": VERSION, "nam": {}, "dob": "", "v": []}
    whole = issuer.claims(names, validity)
    return whole[: whole.rindex(cbor2.dumps("nam")) + len(cbor2.dumps("nam"))]


def _legal_identifier(ci: Any) -> bool:
    return (
        type(ci) is str and len(ci) <= _LONGEST and well_formed(ci) and check_uvci(ci) is not False
    )


def _pairs(fields: Mapping[str, Any], names: tuple[str, ...]) -> bytes:
    return b"".join(cbor2.dumps(name) + cbor2.dumps(fields[name]) for name in names)


def _payload(row: tuple[Any, ...]) -> dict[str, Any]:
    """A row as a payload; what is null or an empty optional text is absent."""
    fields = {
        name: value
        for name, value in zip(COLUMNS, row, strict=True)
        if value is not None and not (name in _OPTIONAL and value == "")
    }
    event = [f for f in (*_BEFORE_DATE, "dt", *_AFTER_DATE, "ci") if f in fields]
    return {
        "ver": VERSION,
        "nam": {name: fields[name] for name in _NAMES if name in fields},
        **({"dob": fields["dob"]} if "dob" in fields else {}),
        "v": [{name: fields[name] for name in event}],
    }


def _complete(row: tuple[Any, ...], identifier: str) -> dict[str, Any]:
    payload = _payload((*row[:-1], identifier))
    payload["nam"] = with_latin_names(payload["nam"])
    return payload

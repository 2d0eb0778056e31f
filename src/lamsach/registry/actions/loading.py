"""Loading people and their doses from files, millions at a time (`lamsach manage load`).

The files are the contract's PERSONS and DOSES (contracts.md, section 1). Everything is one action:
after an error nothing is there. Values are read as `keys` reads them everywhere else, once for each
distinct value of a batch.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from psycopg.errors import UniqueViolation

from lamsach.clock import now
from lamsach.identity.sexes import parse_sex
from lamsach.identity.tables import (
    DOSES_SCHEMA,
    PERSONS_SCHEMA,
    open_table,
    reading,
    require_unique,
)
from lamsach.ledger.actions import Action, Actor, action
from lamsach.ledger.verbs import Verb
from lamsach.places.actions import NewOffice, open_offices
from lamsach.places.models import Office, OfficeKind, Unit
from lamsach.registry import keys
from lamsach.registry.actions.bare import filling
from lamsach.registry.actions.copying import copy_rows, take_keys
from lamsach.registry.models import Campaign
from lamsach.registry.standing import project_new

__all__ = ["Loaded", "load_people"]

_BATCH: Final = 200_000
_MOST_KNOWN: Final = 1_000_000  # distinct values that are kept read between batches
_SIMPLE: Final = r"^[0-9A-Za-z]*$"
_PLAIN: Final = r"^([0-9]{12}|[0-9]{9})$"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came in: rows written, and doses left out because the file has them twice."""

    people: int
    doses: int
    doubles: int


def load_people(
    *,
    persons: list[str],
    doses: list[str],
    campaign: str,
    actor: Actor,
    facilities: Path | None = None,
    office: str = "",
    say: Say = lambda _line: None,
) -> Loaded:
    """Load the files into the record. `office` (a facility's code) enters people without a dose.

    Facilities are offices by their code; those missing are opened when `facilities` names them
    (columns facility_code, name, kind and the codes of their commune, district and province).
    Raises `InputError` for files that cannot be read, `ValidationError` for content that has no
    place here; nothing is changed then. Whoever owns the tables (`lamsach manage load` does) fills
    them quickly while they are empty; the site waits meanwhile.
    """
    known = Campaign.objects.filter(code=campaign).first()
    if known is None:
        raise ValidationError(f"There is no campaign {campaign!r}; make it first.")
    with (
        tempfile.TemporaryDirectory(prefix="lamsach-load-") as folder,
        duckdb.connect(f"{folder}/load.duckdb") as engine,
        action() as act,
    ):
        engine.execute("set memory_limit = '4GB'; set preserve_insertion_order = false")
        engine.execute(f"set temp_directory = '{folder}'")
        people_in = open_table(engine, PERSONS_SCHEMA, persons, "persons")
        doses_in = open_table(engine, DOSES_SCHEMA, doses, "doses")
        require_unique(engine, people_in, "person_id")
        require_unique(engine, doses_in, "dose_id")
        with reading(people_in, doses_in):
            if facilities is not None:
                _open_offices(act, engine, facilities, known, actor)
            _prepare(engine, known, office)
            before = _number(engine, act.using)
            moment = now()
            with _once(), filling(act.using, "registry_person"):
                say("people")
                people = copy_rows(act.using, "registry_person", _people(engine, moment))
                say("people's indexes")
            with _once(), filling(act.using, "registry_dose"):
                say("doses")
                written = copy_rows(act.using, "registry_dose", _doses(engine, known, moment))
                say("doses' indexes")
        (given,) = engine.execute("select count(*) from doses").fetchone() or (0,)
        say("standing")
        if people:
            with filling(act.using, "registry_standing"):
                project_new(after=before, using=act.using)
        act.record(
            Verb.PEOPLE_LOAD,
            actor=actor,
            subject=("campaign", known.code),
            facts={"people": people, "doses": written, "doubles": given - written},
        )
    return Loaded(people, written, given - written)


@contextmanager
def _once() -> Iterator[None]:
    """Say in words that rows are there already; the database's own words would quote them."""
    try:
        yield
    except (IntegrityError, UniqueViolation):
        raise ValidationError(
            "People or doses of these files are in the record already; load each file once."
        ) from None


def _open_offices(
    act: Action, engine: duckdb.DuckDBPyConnection, file: Path, campaign: Campaign, actor: Actor
) -> None:
    """Open the facilities of a file that are no offices yet."""
    there = set(Office.objects.using(act.using).values_list("code", flat=True))
    units = {
        one.code: one
        for one in Unit.objects.using(act.using).filter(catalogue=campaign.units_as_of)
    }
    rows = engine.execute(
        "select facility_code, name, kind, coalesce(commune_code, district_code, province_code)"
        " from read_parquet(?) order by facility_code",
        [str(file)],
    ).fetchall()
    missing = [
        NewOffice(
            kind=OfficeKind.STATION if kind == "commune station" else OfficeKind.FACILITY,
            name=name,
            code=code,
            territory=(units[place],) if place in units else (),
            opened_on=campaign.opened_on,
        )
        for code, name, kind, place in rows
        if code not in there
    ]
    open_offices(rows=missing, actor=actor, using=act.using)


def _prepare(engine: duckdb.DuckDBPyConnection, campaign: Campaign, office: str) -> None:
    """Tell what has no place in the record before anything is written."""
    offices = Office.objects.exclude(code="").values_list("code", "pk")
    units = Unit.objects.filter(catalogue=campaign.units_as_of).values_list("code", "pk")
    for name, rows in (("office", list(offices)), ("unit", list(units))):
        table = pa.table({"code": [row[0] for row in rows], "id": [row[1] for row in rows]})
        engine.register("mapping", table.cast(pa.schema([("code", "string"), ("id", "int64")])))
        engine.execute(f"create table {name}_of as select * from mapping")
        engine.unregister("mapping")
    _refuse(
        engine,
        "select distinct facility_code from doses anti join office_of on code = facility_code",
        "doses are of facilities that are no office here",
    )
    _refuse(
        engine,
        "select dose_id from doses anti join persons using (person_id)",
        "doses are of nobody in PERSONS",
    )
    _refuse(
        engine,
        "select dose_id from doses where try_cast(vaccinated_on as date) is null"
        " or coalesce(try_cast(dose_number as integer), 0) not between 1 and 20",
        "doses have no day YYYY-MM-DD, or no number from 1 to 20",
    )
    engine.execute(
        "create table first_entry as select person_id, arg_min(id, vaccinated_on) as office_id"
        " from doses join office_of on code = facility_code group by person_id"
    )
    fallback = engine.execute("select id from office_of where code = ?", [office]).fetchone()
    if fallback is None:
        _refuse(
            engine,
            "select person_id from persons anti join first_entry using (person_id)",
            "people have no dose; say by --office which facility enters them",
        )
    engine.execute("create table fallback as select ?::bigint as id", [fallback and fallback[0]])


def _refuse(engine: duckdb.DuckDBPyConnection, query: str, problem: str) -> None:
    (count,) = engine.execute(f"select count(*) from ({query})").fetchone() or (0,)
    if count:
        first = engine.execute(f"{query} limit 3").fetchall()
        named = ", ".join(str(row[0]) for row in first)
        raise ValidationError(f"{count:,} {problem}; the first: {named}")


def _number(engine: duckdb.DuckDBPyConnection, using: str) -> int:
    """Give every person their key in the record; all are above the one that is returned."""
    (count,) = engine.execute("select count(*) from persons").fetchone() or (0,)
    first = take_keys(using, "registry_person", count)[0] if count else 0
    engine.execute(
        f"create table numbered as select row_number() over () - 1 + {first} as id, person_id"
        " from persons"
    )
    return first - 1


def _people(engine: duckdb.DuckDBPyConnection, at: datetime) -> Iterator[pa.Table]:
    """The rows of `registry_person`, batch by batch."""
    reader = _Reader()
    rows = engine.sql(f"""
        select n.id, {_uuid_of("person", "person_id")} as public_id,
            full_name, birth_date, sex, personal_id, nationality,
            passport_number, phone, insurance_number, u.id as residence_id,
            coalesce(f.office_id, (select id from fallback)) as entered_by_id
        from persons join numbered n using (person_id) left join first_entry f using (person_id)
        left join unit_of u on u.code = coalesce(nullif(commune_code, ''),
            nullif(district_code, ''), province_code)
    """)
    moment = at.isoformat()
    for batch in rows.to_arrow_reader(_BATCH):
        given = {name: _filled(batch.column(name)) for name in batch.schema.names[2:10]}
        count = batch.num_rows
        number, status = reader.numbers(given["personal_id"])
        empty = pa.array([""] * count)
        yield pa.table(
            {
                "id": batch.column("id"),
                "public_id": batch.column("public_id"),
                "reference": _random_uuids(count),
                "full_name": reader.read("name", given["full_name"], keys.clean),
                "birth_date": reader.read("birth", given["birth_date"], keys.read_birth),
                "sex": reader.read("sex", given["sex"], parse_sex),
                "personal_id": number,
                "nationality": reader.read("nationality", given["nationality"], _nationality),
                "passport_number": reader.cleaned(given["passport_number"]),
                "phone": reader.cleaned(given["phone"]),
                "insurance_number": reader.cleaned(given["insurance_number"]),
                **dict.fromkeys(_NOT_GIVEN, empty),
                "residence_id": batch.column("residence_id"),
                "name_key": reader.read("key", given["full_name"], keys.name_key),
                "id_status": status,
                "version": pa.array([1] * count),
                "entered_by_id": batch.column("entered_by_id"),
                "entered_at": pa.array([moment] * count),
            }
        )


_NOT_GIVEN: Final = (
    "travel_name", "guardian_name", "guardian_personal_id", "email", "hamlet", "address",
)  # fmt: skip


def _doses(
    engine: duckdb.DuckDBPyConnection, campaign: Campaign, at: datetime
) -> Iterator[pa.Table]:
    """The rows of `registry_dose`, batch by batch; of doses given twice, the first."""
    rows = engine.sql(f"""
        select {_uuid_of("dose", "dose_id")} as public_id, n.id as person_id,
            {campaign.pk} as campaign_id, trim(vaccine_code) as vaccine_code,
            coalesce(trim(lot), '') as lot, vaccinated_on::date::varchar as vaccinated_on,
            dose_number::integer as dose_number, o.id as facility_id, 'VN' as country,
            '' as supervising_clinician, 'none' as presence, 1 as version, o.id as entered_by_id,
            '{at.isoformat()}' as entered_at
        from doses join numbered n using (person_id) join office_of o on o.code = facility_code
        qualify row_number() over (
            partition by n.id, vaccinated_on, trim(vaccine_code) order by dose_id
        ) = 1
    """)
    for batch in rows.to_arrow_reader(_BATCH):
        yield pa.Table.from_batches([batch])


def _uuid_of(kind: str, column: str) -> str:
    """SQL: the identifier itself where it is a UUID, else one that is always the same for it."""
    return f"coalesce(try_cast({column} as uuid)::varchar, md5('lamsach {kind} ' || {column}))"


def _filled(column: pa.Array) -> pa.Array:
    return pc.fill_null(column, "")


def _nationality(text: str) -> str:
    return keys.read_nationality(text) or "XX"  # ISO 3166-1's own code for "not known"


def _random_uuids(count: int) -> pa.Array:
    drawn = secrets.token_bytes(16 * count).hex()
    return pa.array([drawn[place : place + 32] for place in range(0, 32 * count, 32)])


class _Reader:
    """Reads columns by their distinct values, which it remembers from batch to batch."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Any]] = {}

    def read(self, kind: str, column: pa.Array, read: Callable[[str], Any]) -> pa.Array:
        """The column with every value read."""
        encoded = column.dictionary_encode()
        known = self._known.setdefault(kind, {})
        if len(known) > _MOST_KNOWN:
            known.clear()
        values = []
        for text in encoded.dictionary.to_pylist():
            if text not in known:
                known[text] = read(text)
            values.append(known[text])
        return pa.array(values, pa.string()).take(encoded.indices)

    @staticmethod
    def cleaned(column: pa.Array) -> pa.Array:
        """Numbers of other kinds, cleaned; letters and digits alone need no cleaning."""
        odd = pc.invert(pc.match_substring_regex(column, _SIMPLE))
        read = [keys.clean(text) for text in column.filter(odd).to_pylist()]
        return pc.replace_with_mask(column, odd, pa.array(read, pa.string()))

    def numbers(self, column: pa.Array) -> tuple[pa.Array, pa.Array]:
        """Digits and statuses; what is 12 or 9 plain digits needs no reading."""
        plain = pc.match_substring_regex(column, _PLAIN)
        others = column.filter(pc.invert(plain))
        read = [keys.read_number(text) for text in others.to_pylist()]
        digits = pc.replace_with_mask(
            column, pc.invert(plain), pa.array([one[0] for one in read], pa.string())
        )
        statuses = pc.replace_with_mask(
            pa.array(["well_formed"] * len(column)),
            pc.invert(plain),
            pa.array([one[1] for one in read], pa.string()),
        )
        return digits, statuses

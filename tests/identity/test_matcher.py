"""One record at a time gives what the bulk run gives, for records with every kind of damage."""

from __future__ import annotations

import dataclasses
import random
import stat
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from pyarrow import parquet

from lamsach.identity import (
    Answer,
    BlockKey,
    CandidateSource,
    DuckDBSource,
    Matcher,
    Model,
    NumberOwner,
    Record,
    RegisterPerson,
    Totals,
    Written,
    prepare_lookup,
)
from lamsach.identity.engine import Options, authenticate
from lamsach.identity.engine.search import BLOCKS

PEOPLE = 20_000
RECORDS = 3_000

_SURNAMES = "Nguyễn Nguyễn Nguyễn Trần Trần Lê Phạm Huỳnh Hoàng Võ Vũ Lý Trương Đặng"
_MIDDLE = {
    "M": ("Văn", "Văn", "Đức", "Hữu", "Quang", "Minh", "Bá"),
    "F": ("Thị", "Thị", "Ngọc", "Thanh", "Kim", "Minh", "Thị Thu"),
}
_GIVEN = {
    "M": "Hùng Dũng Nam Sơn Phúc Phước Long Trung Chương Lộc Hòa Vy Tý Giang",
    "F": "Lan Hoa Hồng Hương Trang Linh Mai Loan Thúy Hòa Vy Vi Nhung Giang",
}
_ETHNIC = ("Y Moan Êñuôl", "H'Len Niê", "Sùng A Chống", "Thạch Sô Phi", "Y Blao")
_TELEX = {
    "ễ": "eex",
    "ị": "ij",
    "ù": "uf",
    "ũ": "ux",
    "ơ": "ow",
    "ộ": "ooj",
    "ươ": "uow",
    "ư": "uw",
}


@dataclass(frozen=True)
class Citizen:
    """A row of the register."""

    personal_id: str
    previous_id: str
    full_name: str
    birth_date: str
    sex: str
    province_code: str
    district_code: str
    commune_code: str


def _number(draw: random.Random, province: int, sex: str, year: int, taken: set[str]) -> str:
    century = (0 if year < 2000 else 2) + (sex == "F")
    while True:
        number = f"{province:03}{century}{year % 100:02}{draw.randrange(3000):06}"
        if number not in taken:
            taken.add(number)
            return number


def _people(draw: random.Random) -> list[Citizen]:
    """A register with few names and communes: namesakes, twins and household members abound."""
    people: list[Citizen] = []
    taken: set[str] = set()
    while len(people) < PEOPLE:
        sex = draw.choice("MF")
        given = draw.choice(_GIVEN[sex].split())
        name = f"{draw.choice(_SURNAMES.split())} {draw.choice(_MIDDLE[sex])} {given}"
        if draw.random() < 0.02:
            name = draw.choice(_ETHNIC)
        year, month, day = draw.randint(1935, 2015), draw.randint(1, 12), draw.randint(1, 28)
        birth = f"{year}-{month:02}-{day:02}"
        if draw.random() < 0.05:
            birth = draw.choice((f"{year}", f"{year}-{month:02}", f"{year}-01-01"))
        province = draw.choice((1, 1, 79, 48))
        district = province * 10 + draw.randint(1, 4)
        commune = district * 20 + draw.randint(1, 8)
        codes = (f"{province:02}", f"{district:03}", f"{commune:05}")
        if draw.random() < 0.02:
            codes = ("", "", "")
        previous = f"{draw.randrange(10**7, 38 * 10**7):09}" if draw.random() < 0.5 else ""
        made = Citizen(
            _number(draw, province, sex, year, taken), previous, name, birth, sex, *codes
        )
        people.append(made)
        if draw.random() < 0.02:  # a twin of the same sex
            given = draw.choice(_GIVEN[sex].split())
            people.append(
                dataclasses.replace(
                    made,
                    personal_id=_number(draw, province, sex, year, taken),
                    previous_id="",
                    full_name=" ".join([*name.split()[:-1], given]),
                )
            )
    return people[:PEOPLE]


def _without_marks(text: str) -> str:
    split = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    return "".join(letter for letter in split if not unicodedata.combining(letter))


def _telex(name: str) -> str:
    for letter, keys in _TELEX.items():
        name = name.replace(letter, keys)
    return name


def _mistaken_digit(draw: random.Random, number: str) -> str:
    at = draw.randrange(max(len(number), 1))
    return number[:at] + draw.choice("0123456789") + number[at + 1 :]


def _transposed(draw: random.Random, number: str) -> str:
    at = draw.randrange(max(len(number) - 1, 1))
    return number[:at] + number[at + 1 : at + 2] + number[at : at + 1] + number[at + 2 :]


def _swapped(birth: str) -> str:
    year, _, rest = birth.partition("-")
    month, _, day = rest.partition("-")
    return f"{year}-{day}-{month}" if day else birth


Damage = Callable[[random.Random, Record, Sequence[Citizen]], Mapping[str, str]]

#: One mishap each: the fields that it changes.
_DAMAGES: Sequence[Damage] = (
    lambda d, r, p: {},
    lambda d, r, p: {"full_name": unicodedata.normalize("NFD", r.full_name)},
    lambda d, r, p: {"full_name": f"  {r.full_name.upper()} "},
    lambda d, r, p: {"full_name": _without_marks(r.full_name)},
    lambda d, r, p: {"full_name": _telex(r.full_name)},
    lambda d, r, p: {"full_name": r.full_name.encode().decode("cp1252", "ignore")},
    lambda d, r, p: {"full_name": r.full_name.replace("ễ", "Ô").replace("ị", "Þ")},
    lambda d, r, p: {"full_name": r.full_name.replace("Tr", "Ch").replace("y", "i")},
    lambda d, r, p: {"full_name": " ".join(reversed(r.full_name.split()))},
    lambda d, r, p: {"full_name": " ".join(r.full_name.split()[:1] + r.full_name.split()[-1:])},
    lambda d, r, p: {"full_name": r.full_name + " Anh"},
    lambda d, r, p: {"full_name": r.full_name.replace(" ", "")},
    lambda d, r, p: {"full_name": d.choice(("", "Con bà Lan", "cháu bé", "x", "Hùng"))},
    lambda d, r, p: {"birth_date": "/".join(reversed(r.birth_date.split("-")))},
    lambda d, r, p: {"birth_date": _swapped(r.birth_date)},
    lambda d, r, p: {"birth_date": r.birth_date[:4]},
    lambda d, r, p: {"birth_date": r.birth_date[:7]},
    lambda d, r, p: {"birth_date": f"01/01/{r.birth_date[:4]}"},
    lambda d, r, p: {"birth_date": f"{d.randint(1930, 2020)}{r.birth_date[4:]}"},
    lambda d, r, p: {"birth_date": f"{r.birth_date[:7]}-{d.randint(1, 31):02}"},
    lambda d, r, p: {"birth_date": d.choice(("", "31/02/1980", "1021-05-04", "không rõ", "196x"))},
    lambda d, r, p: {"sex": d.choice(("", "x", "M", "F", "Nam", "nữ", "1", "0"))},
    lambda d, r, p: {"personal_id": ""},
    lambda d, r, p: {"personal_id": ""},
    lambda d, r, p: {"personal_id": r.personal_id.lstrip("0")},
    lambda d, r, p: {"personal_id": _mistaken_digit(d, r.personal_id)},
    lambda d, r, p: {"personal_id": _transposed(d, r.personal_id)},
    lambda d, r, p: {"personal_id": r.personal_id[: d.randint(7, 11)]},
    lambda d, r, p: {"personal_id": r.personal_id[d.randint(1, 4) :]},
    lambda d, r, p: {"personal_id": r.personal_id + d.choice("0123456789")},
    lambda d, r, p: {"personal_id": " ".join([r.personal_id[:3], r.personal_id[3:]])},
    lambda d, r, p: {"personal_id": d.choice(p).personal_id},
    lambda d, r, p: {"personal_id": d.choice(p).previous_id},
    lambda d, r, p: {"personal_id": r.personal_id.replace("0", "O", 1)},
    lambda d, r, p: {
        "personal_id": d.choice(
            ("không có", "0912345678", "000000000", "0", "1.09301E+11", "1E5000000001", "B1234567")
        )
    },
    lambda d, r, p: {"province_code": "", "district_code": "", "commune_code": ""},
    lambda d, r, p: {"province_code": "79", "district_code": "791", "commune_code": "15823"},
    lambda d, r, p: {"province_code": f"{r.province_code}.0", "commune_code": "?"},
)


def _record_of(one: Citizen, **changed: str) -> Record:
    fields = {f.name: getattr(one, f.name, "") for f in dataclasses.fields(Record)}
    return Record(**{**fields, **changed})


def _records(draw: random.Random, people: Sequence[Citizen]) -> list[Record]:
    """Records of register people, of strangers named like them and of foreigners, damaged."""
    records = []
    twins = [(a, b) for a, b in pairwise(people) if a.birth_date == b.birth_date]
    while len(records) < RECORDS:
        one = draw.choice(people)
        record = _record_of(one)
        kind = draw.random()
        if kind < 0.08:  # CMND, the person's own; 8 digits where a zero was lost
            own = one.previous_id.lstrip("0") if draw.random() < 0.2 else one.previous_id
            record = dataclasses.replace(record, personal_id=own)
        elif kind < 0.14:  # somebody who is not in the register, with a parent's or no number
            record = dataclasses.replace(
                record,
                personal_id=draw.choice(("", one.personal_id, "079190099999")),
                birth_date=f"{draw.randint(1950, 2015)}-{draw.randint(1, 12):02}-05",
            )
        elif kind < 0.17:
            record = dataclasses.replace(record, nationality=draw.choice(("LA", "vn ", "USA")))
        elif kind < 0.20:  # the number and birth of one twin, the name of the other
            one, other = draw.choice(twins)
            records.append(_record_of(one, full_name=other.full_name))
            continue
        for damage in draw.sample(_DAMAGES, draw.choice((1, 1, 1, 2, 2, 3))):
            record = dataclasses.replace(record, **damage(draw, record, people))
        records.append(record)
    return records


def _write(file: Path, rows: Sequence[Citizen] | Sequence[Record], **more: list[str]) -> None:
    columns = {f.name: [getattr(row, f.name) for row in rows] for f in dataclasses.fields(rows[0])}
    parquet.write_table(pa.table({**columns, **more}), file)


@dataclass(frozen=True)
class Bulk:
    """A finished bulk run: the records, its answers in their order, and its files."""

    records: list[Record]
    answers: list[Answer]
    told: list[list[tuple[str, float, tuple[str, ...]]]]
    evidence: dict[tuple[str, str], dict[str, int]]
    model: Model
    work: Path


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> Bulk:
    """The bulk run over all the records."""
    folder = tmp_path_factory.mktemp("bulk")
    draw = random.Random(20_220_425)
    people = _people(draw)
    records = _records(draw, people)
    _write(folder / "register.parquet", people)
    keys = [f"{n:05}" for n in range(len(records))]
    _write(folder / "persons.parquet", records, person_id=keys)
    authenticate(
        [str(folder / "persons.parquet")],
        [str(folder / "register.parquet")],
        folder / "out",
        Options(threads=2, memory_limit="1GB", temp_dir=folder / "work"),
    )
    told: dict[str, list[tuple[str, float, tuple[str, ...]]]] = {key: [] for key in keys}
    for row in parquet.read_table(folder / "out/candidates.parquet").to_pylist():
        told[row["person_id"]].append(
            (row["personal_id"], row["probability"], tuple(row["differences"]))
        )
    rows = parquet.read_table(folder / "out/results.parquet").sort_by("person_id").to_pylist()
    answers = [
        Answer(
            outcome=row["outcome"],
            id_status=row["id_status"],
            matched_personal_id=row["matched_personal_id"],
            probability=row["probability"],
            differences=tuple(row["differences"]),
            rivals=row["rivals"],
        )
        for row in rows
    ]
    model = Model.from_json((folder / "out/model.json").read_text(encoding="utf-8"))
    best_first = [sorted(told[key], key=lambda one: (-one[1], one[0])) for key in keys]
    evidence = {
        (row.pop("person_id"), row.pop("personal_id")): {
            column.removesuffix("_weight"): weight for column, weight in row.items()
        }
        for row in parquet.read_table(folder / "out/evidence.parquet").to_pylist()
    }
    return Bulk(records, answers, best_first, evidence, model, folder / "work")


@pytest.fixture(scope="module")
def lookup(bulk: Bulk) -> Path:
    """The run's register, prepared for one record at a time."""
    return prepare_lookup(
        bulk.work / "register.duckdb", bulk.work / "run.duckdb", memory_limit="1GB"
    )


@pytest.fixture
def source(lookup: Path) -> Iterator[DuckDBSource]:
    """The register, open."""
    with DuckDBSource(lookup) as opened:
        yield opened


class Listening:
    """A source that answers like another and notes what was asked."""

    def __init__(self, source: CandidateSource, asked: list[Sequence[BlockKey]]) -> None:
        self._source, self._asked = source, asked

    def totals(self) -> Totals:
        return self._source.totals()

    def owner(self, number: int, written: Written) -> NumberOwner | None:
        return self._source.owner(number, written)

    def found(self, keys: Sequence[BlockKey]) -> Sequence[RegisterPerson]:
        self._asked.append(keys)
        return self._source.found(keys)


@dataclass(frozen=True)
class Single:
    """The matcher's answers, one record at a time, and what it asked the register for."""

    answers: list[Answer]
    asked: list[Sequence[BlockKey]]


@pytest.fixture(scope="module")
def single(bulk: Bulk, lookup: Path) -> Single:
    """Every record of the bulk run, matched alone."""
    asked: list[Sequence[BlockKey]] = []
    with DuckDBSource(lookup) as source:
        matcher = Matcher(Listening(source, asked), bulk.model)
        return Single([matcher.match(record) for record in bulk.records], asked)


def test_every_record_gets_the_bulk_runs_answer(bulk: Bulk, single: Single) -> None:
    assert len(single.answers) == len(bulk.answers) == RECORDS
    for record, found, answer, told in zip(
        bulk.records, single.answers, bulk.answers, bulk.told, strict=True
    ):
        assert dataclasses.replace(found, candidates=()) == answer, record
        assert [(c.personal_id, c.probability, c.differences) for c in found.candidates] == told


def test_the_records_show_every_outcome_and_damage(bulk: Bulk) -> None:
    outcomes = Counter(answer.outcome for answer in bulk.answers)
    assert min(outcomes[o] for o in ("authenticated", "correctable", "ambiguous")) >= 100
    assert min(outcomes[o] for o in ("unmatched", "exempt")) >= 20
    assert max(answer.rivals for answer in bulk.answers) >= 3
    codes = Counter(code for answer in bulk.answers for code in answer.differences)
    kinds = {code.partition(".")[0] for code in codes}
    assert kinds == {"name", "birth_date", "sex", "personal_id"}
    assert len(codes) >= 22


def test_weights_of_the_fields_decide_between_candidates(single: Single) -> None:
    several = [answer.candidates for answer in single.answers if len(answer.candidates) > 1]
    assert len(several) >= 10
    for candidates in several:
        totals = [sum(one.weights.values()) for one in candidates]
        assert totals == sorted(totals, reverse=True)


def test_weights_are_the_bulk_runs_evidence(bulk: Bulk, single: Single) -> None:
    compared = 0
    for number, answer in enumerate(single.answers):
        for candidate in answer.candidates:
            bulk_weights = bulk.evidence[f"{number:05}", candidate.personal_id]
            fields = bulk_weights.keys() - {"personal_id"}  # an owner's has its advance in it
            assert {f: candidate.weights.get(f, 0) for f in fields} == {
                f: bulk_weights[f] or 0 for f in fields
            }
            compared += 1
    assert compared > 1000


def test_a_higher_threshold_leaves_more_to_people(
    bulk: Bulk, single: Single, source: DuckDBSource
) -> None:
    strict = Matcher(source, bulk.model, threshold=0.9999)
    moved = 0
    for record, usual in zip(bulk.records[:300], single.answers, strict=False):
        answer = strict.match(record)
        if usual.outcome == "correctable" and (usual.probability or 0) < 0.9999:
            assert (answer.outcome, answer.matched_personal_id) == ("ambiguous", None)
            assert (answer.rivals, answer.candidates) == (usual.rivals, usual.candidates)
            moved += 1
        else:
            assert answer == usual
    assert moved


def test_nobody_is_claimed_without_a_run(bulk: Bulk, lookup: Path, tmp_path: Path) -> None:
    register = tmp_path / "register.duckdb"
    register.write_bytes((bulk.work / "register.duckdb").read_bytes())
    with duckdb.connect(str(lookup), read_only=True) as connection:
        claimed = connection.execute("select count(*) from people where claimed").fetchall()
    with duckdb.connect(str(prepare_lookup(register)), read_only=True) as connection:
        without = connection.execute("select count(*) from people where claimed").fetchall()
    assert claimed[0][0] > 50
    assert without == [(0,)]


def test_the_lookup_is_its_owners_and_has_no_leftovers(lookup: Path) -> None:
    assert stat.S_IMODE(lookup.stat().st_mode) == 0o600
    assert [file.name for file in lookup.parent.glob("lookup*")] == ["lookup.duckdb"]


def test_a_lookup_of_another_version_is_refused(lookup: Path, tmp_path: Path) -> None:
    old = tmp_path / "lookup.duckdb"
    old.write_bytes(lookup.read_bytes())
    with duckdb.connect(str(old)) as connection:
        connection.execute("update prepared set version = '0'")
    with pytest.raises(ValueError, match="make it anew"):
        DuckDBSource(old)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        DuckDBSource(tmp_path / "lookup.duckdb")
    with pytest.raises(FileNotFoundError):
        prepare_lookup(tmp_path / "register.duckdb")


def test_the_file_finds_whom_the_blocks_define(single: Single, lookup: Path) -> None:
    columns = ("sound_key", "ends_key", *RegisterPerson._fields)
    with duckdb.connect(str(lookup), read_only=True) as connection:
        people = connection.execute(
            f"select {', '.join(columns)} from by_sound_key "
            "join (select id, ends_key from by_ends_key) using (id)"
        ).fetchall()
    members: dict[tuple[str, tuple[int, ...]], set[int]] = defaultdict(set)
    for block in BLOCKS:
        keys_of = [expression.function(*columns) for expression in block.register]
        for person in people:
            members[block.name, tuple(key(*person) for key in keys_of)].add(person[2])
    met: set[str] = set()
    with DuckDBSource(lookup) as source:
        for keys in single.asked[:400]:
            wanted: set[int] = set()
            for block, values in keys:
                brought = members.get((block.name, values), set())
                met |= {block.name} if brought else set()
                wanted |= brought
            assert {person.id for person in source.found(keys)} == wanted
    assert met == {block.name for block in BLOCKS}

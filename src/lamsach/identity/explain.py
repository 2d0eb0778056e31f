"""Explain: one record beside the register persons proposed for it, field by field.

For the register's side only: what it returns names register persons. Takes the rows concerned
from a run's files (`explain_run`) and compares them as the library does; `explain_sheet` puts the
result into words. Must not decide anything itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final
from unicodedata import normalize

from lamsach.identity.births import compare_births, parse_birth
from lamsach.identity.explain_run import Candidate, Row, RunFiles
from lamsach.identity.names import compare_names
from lamsach.identity.personal_ids import compare_personal_ids
from lamsach.identity.sexes import compare_sexes, parse_sex
from lamsach.identity.units import Catalogue, place_name, province_of

FIELDS: Final = ("full_name", "birth_date", "sex", "personal_id", "residence")
RESIDENCE_CODES: Final = ("commune_code", "district_code", "province_code")

_LONGEST: Final = 150  # letters of a typed text that a sheet shows
_CODES_OF: Final = {"full_name": "name"}  # the first part of a field's codes, where it differs
# Two texts that have nothing to do with each other: marking single letters would mislead.
_UNRELATED: Final = ("other", "missing", "previous_id", "different", "year_only")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class FieldEvidence:
    """One field: what was typed, what the register holds, how they compare.

    `weight` in bits: how much likelier the two are side by side when they are one person than by
    chance (None: not weighed). `typed_marks`, `register_marks`: spans (from, to) of the letters
    that differ. `level` is that of the library's comparison.
    """

    field: str
    typed: str
    register: str
    level: str
    codes: tuple[str, ...]
    weight: float | None
    typed_marks: tuple[Span, ...] = ()
    register_marks: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A register person that the record may be, with the evidence; `rank` 1 is the best."""

    rank: int
    personal_id: str
    probability: float
    fields: tuple[FieldEvidence, ...]

    @property
    def total(self) -> float:
        """The bits of all weighed fields together."""
        return sum(field.weight or 0.0 for field in self.fields)

    @property
    def codes(self) -> tuple[str, ...]:
        """The difference codes of all fields."""
        return tuple(code for field in self.fields for code in field.codes)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One record's answer with its grounds.

    `proposals` holds the matched register person alone when there is one, else the candidates;
    `others` the rivals that were kept, best first; `rivals` how many stayed plausible.
    """

    person_id: str
    outcome: str
    id_status: str
    typed: Mapping[str, str]
    proposals: tuple[Proposal, ...]
    others: tuple[Proposal, ...]
    rivals: int
    threshold: float
    made_at: str


def explain(person_id: str, directory: Path) -> Explanation:
    """Explain the answer that the run in `directory` gave for one record.

    Raises InputError when there is no run in the folder, when it holds the health side's answers,
    when it knows no such record, or when an input of the run is gone or is no longer the same.
    """
    with RunFiles(directory) as run:
        summary = run.summary
        result = run.answer(person_id)
        typed = run.persons([person_id])[person_id]
        found = {one.personal_id: one for one in run.candidates(person_id)}
        matched = result.matched_personal_id
        if matched is not None:
            found.setdefault(
                matched, Candidate(matched, result.probability or 0.0, result.differences)
            )
        register = run.register(list(found))
        weights = run.weights(person_id)
    catalogue: Catalogue = "2025" if summary.get("units") == "2025" else "2022"
    proposals = tuple(
        Proposal(
            rank,
            number,
            one.probability,
            compare_fields(
                typed, register[number], one.differences, catalogue, weights.get(number)
            ),
        )
        for rank, (number, one) in enumerate(found.items(), start=1)
    )
    chosen = tuple(p for p in proposals if p.personal_id == matched)
    return Explanation(
        person_id=person_id,
        outcome=result.outcome,
        id_status=result.id_status,
        typed=_readable(typed, catalogue),
        proposals=chosen or proposals,
        others=tuple(p for p in proposals if p.personal_id != matched) if chosen else (),
        rivals=result.rivals,
        threshold=float(summary.get("options", {}).get("threshold", 0.99)),
        made_at=str(summary.get("started_at", ""))[:10],
    )


# --- comparing -------------------------------------------------------------------------------


def compare_fields(
    typed: Row,
    register: Row,
    differences: Sequence[str] | None = None,
    catalogue: Catalogue = "2022",
    weights: Mapping[str, float] | None = None,
) -> tuple[FieldEvidence, ...]:
    """Compare a record with a register person in the order of FIELDS.

    Both rows hold the contract's columns as text ('' = not given). `differences`: the codes that
    a run found, which knows whose the typed number is; without them, those of the comparison.
    `weights`: bits by field as a run weighed them; without them, the library's own, which know
    neither the register's namesakes nor residence. With them, one more field says whether another
    record already agrees with this register person (`claim`).

    >>> typed = dict(full_name="Nguyen Van Duc", birth_date="03/12/1963", sex="M",
    ...              personal_id="70163001234")
    >>> register = dict(full_name="Nguyễn Văn Đức", birth_date="1963-12-03", sex="M",
    ...                 personal_id="070163001234")
    >>> [field.codes for field in compare_fields(typed, register)][:2]
    [('name.accents',), ()]
    """
    shown = _readable(typed, catalogue)
    proper = _readable(register, catalogue)
    name = compare_names(typed["full_name"], register["full_name"])
    birth = compare_births(typed["birth_date"], register["birth_date"])
    sex = compare_sexes(typed["sex"], register["sex"])
    number = compare_personal_ids(
        typed["personal_id"], register["personal_id"], register.get("previous_id", "")
    )
    compared: list[tuple[str, str, tuple[str, ...], float | None]] = [
        ("full_name", name.level, name.codes, name.weight),
        ("birth_date", birth.level, birth.codes, birth.weight),
        ("sex", sex.level, sex.codes, sex.weight),
        ("personal_id", number.level, number.codes, number.weight),
        ("residence", _residence_level(typed, register, catalogue), (), None),
    ]
    fields = []
    for field, level, own_codes, weight in compared:
        codes = own_codes
        if differences is not None:
            family = _CODES_OF.get(field, field)
            codes = tuple(c for c in differences if c.partition(".")[0] == family)
        marks: tuple[tuple[Span, ...], tuple[Span, ...]] = ((), ())
        if codes and level not in _UNRELATED:
            marks = differing(shown[field], proper[field])
        bits = weight if weights is None else weights.get(field)
        fields.append(FieldEvidence(field, shown[field], proper[field], level, codes, bits, *marks))
    if weights is not None and weights.get("claim"):
        level = "free" if weights["claim"] > 0 else "claimed"
        fields.append(FieldEvidence("claim", "", "", level, (), weights["claim"]))
    return tuple(fields)


def _readable(row: Row, catalogue: Catalogue) -> dict[str, str]:
    """A row as a form shows it: NFC, dates as day/month/year, sexes by letter, places by name."""
    commune, district, province = (row.get(column, "") for column in RESIDENCE_CODES)
    place = next(
        (name for code in (commune, district, province) if (name := place_name(code, catalogue))),
        commune or district or province,
    )
    return {
        "full_name": printable(row["full_name"]),
        "birth_date": _birth_text(row["birth_date"]),
        "sex": parse_sex(row["sex"]) or printable(row["sex"]),
        "personal_id": printable(row["personal_id"]),
        "residence": printable(place),
    }


def printable(text: str) -> str:
    """What was typed, safe to print: NFC, single spaces, no control characters, not endless.

    >>> printable("Nguyễn\\x1b[2J  Văn")
    'Nguyễn\ufffd[2J Văn'
    """
    shown = "".join(
        c if c.isprintable() else "\ufffd" for c in " ".join(normalize("NFC", text).split())
    )
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def _birth_text(text: str) -> str:
    """A birth in Vietnamese order, as far as it can be read; else as it was typed.

    >>> _birth_text("1963-12-03"), _birth_text("1963-12"), _birth_text("khoảng 1963")
    ('03/12/1963', '12/1963', 'khoảng 1963')
    """
    birth = parse_birth(text)
    parts = (birth.day, birth.month, birth.year)
    known = [part for part in parts if part]
    if not known or birth.precision == "unknown":
        return printable(text)
    return "/".join(f"{part:02d}" for part in known)


def _residence_level(typed: Row, register: Row, catalogue: Catalogue) -> str:
    """The smallest unit both give alike (`commune` …), or `differs`, or `missing`."""
    for column in RESIDENCE_CODES:
        ours, theirs = typed.get(column, ""), register.get(column, "")
        if ours and ours == theirs:
            return column.removesuffix("_code")
    provinces = [
        row.get("province_code", "") or province_of(row.get("commune_code", ""), catalogue)
        for row in (typed, register)
    ]
    return "differs" if all(provinces) else "missing"


def differing(typed: str, register: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The spans of letters that differ between two texts, in each of them.

    Texts of one length are compared place by place, others by their longest common runs.

    >>> differing("Nguyen Văn An", "Nguyễn Văn An")
    (((4, 5),), ((4, 5),))
    """
    # Letter case is no difference; by letter, because lower() of a text may change its length.
    a_letters, b_letters = [c.lower() for c in typed], [c.lower() for c in register]
    if len(typed) == len(register):
        spans = _runs([a != b for a, b in zip(a_letters, b_letters, strict=True)])
        return spans, spans
    matcher = SequenceMatcher(None, a_letters, b_letters, autojunk=False)
    ours: list[Span] = []
    theirs: list[Span] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "equal":
            ours.append((a, b))
            theirs.append((c, d))
    return (
        tuple(span for span in ours if span[0] < span[1]),
        tuple(span for span in theirs if span[0] < span[1]),
    )


def _runs(flags: Sequence[bool]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for place, flag in enumerate(flags):
        if not flag:
            continue
        if spans and spans[-1][1] == place:
            spans[-1] = (spans[-1][0], place + 1)
        else:
            spans.append((place, place + 1))
    return tuple(spans)

"""People: households with names, births, numbers and homes, a chunk of the nation at a time.

What is made here is the truth, and what the register holds of it. The 12-digit number (số định
danh cá nhân) follows the rules of Thông tư 59/2021: province of birth registration, century and
sex, year, six digits unique within. A chunk needs to know nothing of the others: the numbers it
may use are its own by arithmetic. Knows nothing of vaccination records and their errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import namespace, tables
from .draws import Floats, Ints, chance, draw, draw_by, ranks, stream
from .forenames import STYLES, SURNAME_LAST
from .households import ELDER_1, MAN, WOMAN, Shapes
from .namespace import NameSpace
from .places import Places

CHUNK = 1 << 19
FIRST_YEAR, LAST_YEAR = 1900, 2029
TODAY = np.datetime64("2022-04-25")
FULL, MONTH, YEAR = 0, 1, 2  # precision of a birth in the register
NO_NUMBER = -1

_EPOCH = np.datetime64(f"{FIRST_YEAR}-01-01")
_DAYS = np.arange(_EPOCH, TODAY + 1)
_MONTHS = _DAYS.astype("datetime64[M]")
_DAY_YEAR = (_DAYS.astype("datetime64[Y]").astype(np.int32) + 1970).astype(np.int32)
_DAY_MONTH = (_MONTHS.astype(np.int32) % 12 + 1).astype(np.int32)
_DAY_DAY = ((_DAYS - _MONTHS).astype(np.int32) + 1).astype(np.int32)
_ROUND_DAYS = np.array([1, 2, 5, 10, 12, 15, 20])

# Births that the register holds as 1 January, or by year alone: (born until, share, share).
_HEAPS = ((1945, 0.065, 0.25), (1955, 0.065, 0.12), (1965, 0.055, 0.05), (1975, 0.045, 0.02),
          (1985, 0.035, 0.006), (2000, 0.018, 0.002), (LAST_YEAR, 0.006, 0.0003))  # fmt: skip
_MINORITY_HEAPS = 1.5
_MATRILINEAL = ("ede", "jarai", "koho")
_FATHER_AND_SON = 0.004
_SHARED_CMND = 0.002


@dataclass(frozen=True, slots=True)
class Design:
    """What all chunks of one made-up nation share.

    `people` are in the register, `absent` more are not. `block` is how many numbers a cell
    (province, sex, year) of one chunk may use; `half` is half the range of the six digits, a
    prime: small samples use a small range, so that a slip of a digit hits somebody else's number
    as often as in the nation.
    """

    seed: int
    people: int
    absent_share: float
    heaping: float
    places: Places
    shapes: Shapes
    names: NameSpace
    chunks: int
    block: int
    half: int

    @property
    def used(self) -> int:
        """Counters below this may be in use; those from here to `half` are nobody's number."""
        return self.block * self.chunks


@dataclass(frozen=True, slots=True)
class People:
    """One chunk of people, column by column; row numbers are within the chunk.

    `year`, `month`, `day` are the birth as the register holds it, as far as `precision` goes;
    `serial` the last six digits; `cmnd` the 9-digit number or NO_NUMBER; `start` and `members`
    the household's first row and size; `absent` people are not in the register. `neighbour` is
    the row whose number differs in the last digit alone, or NO_NUMBER.
    """

    chunk: int
    household: Ints
    start: Ints
    members: Ints
    seat: Ints
    sex: Ints
    year: Ints
    month: Ints
    day: Ints
    precision: Ints
    commune: Ints
    registered: Ints
    group: Ints
    words: npt.NDArray[np.int32]
    stratum: Ints
    serial: Ints
    neighbour: Ints
    cmnd: Ints
    absent: npt.NDArray[np.bool_]
    namesake: npt.NDArray[np.bool_]
    twin: npt.NDArray[np.bool_]
    junior: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.sex)

    @property
    def century_sex(self) -> Ints:
        """The fourth digit of the number: century and sex."""
        return (2 * ((self.year - 1900) // 100) + self.sex).astype(np.int32)


def design(
    people: int,
    seed: int,
    places: Places,
    shapes: Shapes,
    *,
    absent_share: float,
    heaping: float,
) -> Design:
    """Fixes the sizes: number of chunks, names and ranges of numbers.

    Raises ValueError when the people are too many for six digits a province, sex and year.
    """
    chunks = -(-people // CHUNK)
    share = min(1.0, people / places.population)
    each = people / chunks
    largest = float(np.bincount(places.province, places.size).max()) * 0.0105
    block = int(1.5 * each * largest / 2) + 60
    half = _prime_from(max(int(500_000 * share), 4 * block * chunks) - 1)
    if half > 500_000:
        if 2 * block * chunks > 500_000:
            raise ValueError(f"{people:,} people are more than six digits a cell can number")
        half = 499_979
    names = namespace.build(people, places.population)
    return Design(seed, people, absent_share, heaping, places, shapes, names, chunks, block, half)


def _prime_from(number: int) -> int:
    while number < 2 or any(number % d == 0 for d in range(2, int(number**0.5) + 1)):
        number += 1
    return number


def chunk_sizes(plan: Design) -> list[int]:
    """How many of the register's people each chunk holds."""
    base, more = divmod(plan.people, plan.chunks)
    return [base + (i < more) for i in range(plan.chunks)]


def make(plan: Design, chunk: int) -> People:
    """The people of one chunk: the same for the same plan and chunk, whatever else is made."""
    rng = stream(plan.seed, 1, chunk)
    places, names = plan.places, plan.names
    in_register = chunk_sizes(plan)[chunk]
    n_absent = round(in_register * plan.absent_share)
    drawn = plan.shapes.draw(rng, in_register + n_absent)
    n = len(drawn.age)
    household, seat = drawn.household, drawn.seat
    households = int(household[-1]) + 1
    start = np.searchsorted(household, np.arange(households)).astype(np.int32)
    members = np.diff(np.r_[start, n]).astype(np.int32)

    commune = draw(rng, places.commune, households)
    province = places.province[commune]
    came = chance(rng, households, places.came[province])
    origin = np.where(came, draw(rng, places.home, households), province)
    group = draw_by(rng, places.group, commune)
    group = np.where(came & chance(rng, households, 0.7), 0, group)[household]
    style = places.style[group]

    sex = drawn.sex.copy()
    second = np.flatnonzero(drawn.twin)
    alike = chance(rng, len(second), 0.6)
    sex[second] = np.where(alike, sex[second - 1], sex[second])
    birth = _births(rng, drawn.age, drawn.twin)
    year, month, day = birth

    surname = _surnames(
        rng,
        plan,
        household=household,
        seat=seat,
        start=start,
        members=members,
        group=group,
        style=style,
        region=places.name_region[origin],
    )
    stratum = names.stratum(surname, style, sex, year)
    forename = names.forenames(rng, stratum)
    for _ in range(2):
        same = _repeated(household, sex, forename)
        forename[same] = names.forenames(rng, stratum[same])
    has_father = seat[start] == MAN
    junior = (
        (seat > WOMAN) & (seat < ELDER_1) & (sex == 0) & has_father[household]
        & chance(rng, n, _FATHER_AND_SON)
    )  # fmt: skip
    junior &= surname == surname[start[household]]
    forename = np.where(junior, forename[start[household]], forename)
    words = names.full(surname, forename)
    _name_twins(words, second[alike], style)

    absent = np.zeros(n, dtype=bool)
    absent[rng.choice(n, n_absent, replace=False)] = True
    namesake = np.zeros(n, dtype=bool)
    copies = np.flatnonzero(absent & chance(rng, n, 0.08))
    models = rng.choice(np.flatnonzero(~absent), len(copies))
    for column in (sex, year, month, day, words, group, stratum):
        column[copies] = column[models]
    namesake[copies] = True

    more = np.where(group > 0, _MINORITY_HEAPS, 1.0) * plan.heaping
    precision = _heap(rng, more, year, month, day)
    registered = np.where(
        (drawn.age < 12) & chance(rng, n, 0.6), province[household], origin[household]
    )
    elsewhere = np.flatnonzero(chance(rng, n, 0.04))
    registered[elsewhere] = draw(rng, places.home, len(elsewhere))
    serial, neighbour = _serials(plan, chunk, registered, sex, year)
    return People(
        chunk=chunk,
        household=household,
        start=start[household],
        members=members[household],
        seat=seat,
        sex=sex,
        year=year,
        month=month,
        day=day,
        precision=precision,
        commune=commune[household],
        registered=registered.astype(np.int32),
        group=group.astype(np.int32),
        words=words,
        stratum=stratum,
        serial=serial,
        neighbour=neighbour,
        cmnd=_cmnd(rng, plan, chunk, registered, year),
        absent=absent,
        namesake=namesake,
        twin=drawn.twin | np.r_[drawn.twin[1:], False],
        junior=junior,
    )


def _births(
    rng: np.random.Generator, age: Ints, twin: npt.NDArray[np.bool_]
) -> tuple[Ints, Ints, Ints]:
    n = len(age)
    last = len(_DAYS) - 1
    number = last - (age * 365.2425).astype(np.int64) - rng.integers(0, 365, n)
    number = np.maximum(number, 0)
    second = np.flatnonzero(twin)
    round_day = chance(rng, n, 0.24)
    day = np.where(round_day, _ROUND_DAYS[rng.integers(0, len(_ROUND_DAYS), n)], _DAY_DAY[number])
    for column in (number, day):
        column[second] = column[second - 1]
    month = _DAY_MONTH[number]
    # a round day later this month than today would be a birth to come
    number_year = _DAY_YEAR[number]
    day = np.where((number > last - 31) & (day > _DAY_DAY[number]), _DAY_DAY[number], day)
    return number_year, month, day.astype(np.int32)


def _surnames(
    rng: np.random.Generator,
    plan: Design,
    *,
    household: Ints,
    seat: Ints,
    start: Ints,
    members: Ints,
    group: Ints,
    style: Ints,
    region: Ints,
) -> Ints:
    """Family names: of one's own, but children have the father's, or the mother's by custom."""
    own = plan.names.surnames(rng, region[household], group)
    first = start[household]
    second = np.minimum(first + 1, len(seat) - 1)
    father = seat[first] == MAN
    mother_at = np.where(seat[first] == WOMAN, first, second)
    mother = (seat[mother_at] == WOMAN) & (members[household] > 1)
    matrilineal = np.isin(style, [STYLES.index(s) for s in _MATRILINEAL])
    child = (seat > WOMAN) & (seat < ELDER_1)
    source = np.arange(len(seat))
    source = np.where(child & father, first, source)
    source = np.where(child & mother & (matrilineal | ~father), mother_at, source)
    source = np.where((seat == ELDER_1) & father & ~matrilineal, first, source)
    return own[source]


def _repeated(household: Ints, sex: Ints, forename: Ints) -> npt.NDArray[np.int64]:
    """Rows whose forename somebody of the sex before them in the household has."""
    found = np.zeros(len(sex), dtype=bool)
    for back in range(1, 7):
        found[back:] |= (
            (household[back:] == household[:-back])
            & (forename[back:] == forename[:-back])
            & (sex[back:] == sex[:-back])
        )
    return np.flatnonzero(found)


def _name_twins(words: npt.NDArray[np.int32], second: npt.NDArray[np.int64], style: Ints) -> None:
    """Twins of one sex are often named alike: all words but the given one."""
    second = second[style[second] != STYLES.index(SURNAME_LAST[0])]
    length = (words[second] >= 0).sum(axis=1)
    first_length = (words[second - 1] >= 0).sum(axis=1)
    given = words[second, length - 1]
    differ = given != words[second - 1, first_length - 1]
    second, given, first_length = second[differ], given[differ], first_length[differ]
    words[second] = words[second - 1]
    words[second, first_length - 1] = given


def _heap(rng: np.random.Generator, more: Floats, year: Ints, month: Ints, day: Ints) -> Ints:
    """Births that the register knows as 1 January or by year alone; changes month and day."""
    n = len(year)
    band = np.searchsorted(np.array([h[0] for h in _HEAPS]), year)
    heaped = chance(rng, n, np.array([h[1] for h in _HEAPS])[band] * more)
    month[heaped], day[heaped] = 1, 1
    u = rng.random(n, dtype=np.float32)
    only_year = u < np.array([h[2] for h in _HEAPS])[band] * more
    return np.where(only_year, YEAR, np.where(u > 0.9992, MONTH, FULL)).astype(np.int32)


def _serials(
    plan: Design, chunk: int, registered: npt.NDArray[np.int64], sex: Ints, year: Ints
) -> tuple[Ints, Ints]:
    """The six digits, in a cell's order pair by pair; and the row of the other of the pair."""
    cell = cell_of(registered, sex, year)
    order = np.argsort(cell.astype(np.uint16), kind="stable")
    rank = ranks(cell.astype(np.uint16), order)
    if int(rank.max()) // 2 >= plan.block:
        raise ValueError("a cell of province, sex and year holds more people than planned for")
    serial = serial_of(plan, cell, (rank // 2) * plan.chunks + chunk, rank % 2)
    place = np.empty(len(cell), dtype=np.int64)
    place[order] = np.arange(len(cell))
    beside = np.clip(np.where(rank % 2 == 0, place + 1, place - 1), 0, len(cell) - 1)
    neighbour = order[beside]
    paired = (cell[neighbour] == cell) & (neighbour != np.arange(len(cell)))
    return serial, np.where(paired, neighbour, NO_NUMBER).astype(np.int32)


def cell_of(registered: Ints, sex: Ints, year: Ints) -> npt.NDArray[np.int64]:
    """The cell of province, sex and year, within which the six digits are unique."""
    of = registered.astype(np.int64) * 2 + sex
    return of * (LAST_YEAR - FIRST_YEAR + 1) + (year - FIRST_YEAR)


def serial_of(
    plan: Design,
    cell: npt.NDArray[np.int64],
    counter: npt.NDArray[np.int64],
    side: npt.NDArray[np.int64],
) -> Ints:
    """The six digits of a counter below `plan.half` in a cell: one to one within the cell."""
    step = 1 + (cell * 7919 + 104_729) % (plan.half - 1)
    offset = (cell * 15_485_863) % plan.half
    return (((counter * step + offset) % plan.half) * 2 + side).astype(np.int32)


def _cmnd(
    rng: np.random.Generator,
    plan: Design,
    chunk: int,
    registered: npt.NDArray[np.int64],
    year: Ints,
) -> Ints:
    """Previous 9-digit numbers (chứng minh nhân dân); a few were issued twice."""
    n = len(year)
    share = np.array([0.95, 0.86, 0.5, 0.0])[np.searchsorted([1990, 2000, 2004], year)]
    held = np.flatnonzero(chance(rng, n, share))
    rows = tables.rows("cmnd_prefixes")
    provinces = {code: i for i, code in enumerate(plan.places.province_code)}
    prefixes = sorted({p for r in rows for p in r["prefixes"].split()})
    choices = np.zeros((len(provinces), 4), dtype=np.int64)
    for r in rows:
        own = [prefixes.index(p) for p in r["prefixes"].split()]
        choices[provinces[r["province_code"]]] = (own * 4)[:4]
    prefix = choices[registered[held], rng.integers(0, 4, len(held))]
    rank = ranks(prefix.astype(np.uint8))
    rank -= chance(rng, len(held), _SHARED_CMND) & (rank > 0)
    room = np.array([10 ** (9 - len(p)) for p in prefixes])[prefix]
    prime = np.where(room == 10**7, 9_999_991, 999_983)
    number = ((rank * plan.chunks + chunk) * 611_953 + prefix * 1_299_709) % prime
    cmnd = np.full(n, NO_NUMBER, dtype=np.int32)
    cmnd[held] = np.array([int(p) for p in prefixes])[prefix] * room + number
    return cmnd

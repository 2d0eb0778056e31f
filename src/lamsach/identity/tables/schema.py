"""Which columns the input tables have: the contract's tables, by name, and nothing about files."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CELL_LIMIT", "DOSES_SCHEMA", "PERSONS_SCHEMA", "REGISTER_SCHEMA", "Column", "Schema"]

CELL_LIMIT = 10_000
"""A cell of more characters than this is a broken file, not a name."""


@dataclass(frozen=True)
class Column:
    """One column of an input table. `secret`: its values never stand in an error or a log."""

    name: str
    required: bool = False
    secret: bool = False


@dataclass(frozen=True)
class Schema:
    """An input table as the contract names it.

    >>> PERSONS_SCHEMA.required
    ('person_id', 'personal_id', 'full_name', 'birth_date', 'sex')
    """

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All columns, in the order of the contract."""
        return tuple(column.name for column in self.columns)

    @property
    def key(self) -> str:
        """The column of which every row has a value of its own: the first."""
        return self.columns[0].name

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that every file must have."""
        return tuple(column.name for column in self.columns if column.required)

    def column(self, name: str) -> Column:
        """The column of that name; `KeyError` if the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


_RESIDENCE = (Column("province_code"), Column("district_code"), Column("commune_code"))

PERSONS_SCHEMA = Schema(
    "PERSONS",
    (
        Column("person_id", required=True),
        Column("personal_id", required=True, secret=True),
        Column("full_name", required=True, secret=True),
        Column("birth_date", required=True, secret=True),
        Column("sex", required=True, secret=True),
        Column("nationality"),
        Column("passport_number", secret=True),
        Column("phone", secret=True),
        Column("insurance_number", secret=True),
        *_RESIDENCE,
    ),
)
"""One row per person on the platform that asks."""

REGISTER_SCHEMA = Schema(
    "REGISTER",
    (
        Column("personal_id", required=True, secret=True),
        Column("previous_id", secret=True),
        Column("full_name", required=True, secret=True),
        Column("birth_date", required=True, secret=True),
        Column("sex", required=True, secret=True),
        *_RESIDENCE,
    ),
)
"""One row per citizen in the population register."""

DOSES_SCHEMA = Schema(
    "DOSES",
    (
        Column("dose_id", required=True),
        Column("person_id", required=True),
        Column("dose_number", required=True),
        Column("vaccine_code", required=True),
        Column("lot", required=True),
        Column("vaccinated_on", required=True),
        Column("facility_code", required=True),
    ),
)
"""One row per event of the person's history on the platform."""

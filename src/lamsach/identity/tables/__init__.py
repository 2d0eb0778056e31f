"""Input tables: from files of many kinds to one checked view of text columns.

table = open_table(connection, PERSONS_SCHEMA, ["persons-*.parquet"], "persons")
check_content(connection, table)
require_unique(connection, table, "person_id")
with reading(table):
    connection.execute("select … from persons")
"""

from lamsach.identity.tables.keys import require_unique
from lamsach.identity.tables.opening import FileInfo, InputTable, open_table
from lamsach.identity.tables.reading import reading
from lamsach.identity.tables.schema import (
    CELL_LIMIT,
    DOSES_SCHEMA,
    PERSONS_SCHEMA,
    REGISTER_SCHEMA,
    Column,
    Schema,
)

__all__ = [
    "CELL_LIMIT",
    "DOSES_SCHEMA",
    "PERSONS_SCHEMA",
    "REGISTER_SCHEMA",
    "Column",
    "FileInfo",
    "InputTable",
    "Schema",
    "open_table",
    "reading",
    "require_unique",
]

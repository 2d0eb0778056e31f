"""No small cell of a published table is known, nor can be worked out from the sums."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lamsach.identity.suppression import SMALLEST_SHOWN, hidden_cells, hidden_in_columns

counts = st.one_of(st.integers(0, 15), st.integers(0, 5000))


@st.composite
def tables(draw: st.DrawFn) -> list[list[int]]:
    rows, columns = draw(st.integers(2, 12)), draw(st.integers(2, 5))
    table = draw(
        st.lists(st.lists(counts, min_size=columns, max_size=columns), min_size=rows, max_size=rows)
    )
    for row in table:  # the caller adds rows under the limit together beforehand
        row[0] += max(0, SMALLEST_SHOWN - sum(row))
    return table


def free_cells(table: list[list[int]], hidden: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Hidden cells that the sums leave free, by linear algebra: the null space moves them."""
    cells = sorted(hidden)
    rows, columns = len(table), len(table[0])
    system = np.zeros((rows + columns, len(cells)))
    for k, (r, c) in enumerate(cells):
        system[r, k] = system[rows + c, k] = 1
    rank = np.linalg.matrix_rank(system)
    free = set()
    for k, cell in enumerate(cells):
        unit = np.zeros((1, len(cells)))
        unit[0, k] = 1
        if np.linalg.matrix_rank(np.vstack([system, unit])) > rank:
            free.add(cell)
    return free


@given(tables())
def test_every_small_cell_is_hidden_and_stays_unknown(table: list[list[int]]) -> None:
    hidden = hidden_cells(table)
    small = {(r, c) for r, row in enumerate(table) for c, n in enumerate(row) if n < SMALLEST_SHOWN}
    assert small <= hidden
    assert free_cells(table, hidden) == hidden


@given(tables())
def test_what_a_row_hides_adds_up_to_the_limit(table: list[list[int]]) -> None:
    hidden = hidden_cells(table)
    for r, row in enumerate(table):
        mine = [n for c, n in enumerate(row) if (r, c) in hidden]
        assert not mine or (len(mine) >= 2 and sum(mine) >= SMALLEST_SHOWN)


@given(tables())
def test_a_column_never_hides_a_single_cell(table: list[list[int]]) -> None:
    hidden = hidden_in_columns(table)
    for c in range(len(table[0])):
        mine = [r for r in range(len(table)) if (r, c) in hidden]
        assert len(mine) != 1
        shown = [row[c] for r, row in enumerate(table) if r not in mine]
        assert all(n >= SMALLEST_SHOWN for n in shown)


def test_a_table_without_small_cells_is_shown_whole() -> None:
    assert hidden_cells([[900, 40, 30], [800, 50, 20]]) == set()
    assert hidden_in_columns([[900, 40], [800, 50]]) == set()


def test_two_separate_blocks_joined_by_one_cell_are_no_protection_for_it() -> None:
    # Rows 0-1 hide columns 0-1, rows 2-3 columns 2-3; the cell (1, 2) joins the two blocks and
    # would be known from the sums of columns 2 and 3 alone.
    table = [
        [5, 5, 500, 500],
        [5, 5, 5, 500],
        [500, 500, 5, 5],
        [500, 500, 5, 5],
    ]
    hidden = hidden_cells(table)
    assert free_cells(table, hidden) == hidden


def test_a_single_row_hides_its_small_cell_with_company() -> None:
    assert hidden_cells([[900, 40, 3]]) == {(0, 1), (0, 2)}

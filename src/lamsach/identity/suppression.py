"""Suppression: which cells of a table of counts must stay hidden so that no small one is known.

Hidden first is every cell under the limit (ngưỡng), a zero among them. Then others are hidden with
them, so that none can be worked out from the sums that are published beside the table: every
hidden cell lies on a cycle of hidden cells (row, column, row, column …), which is exactly when the
sums leave it free, and what is hidden in a row adds up to the limit at least.
Must not know what is counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

SMALLEST_SHOWN: Final = 10

Cell = tuple[int, int]


def hidden_cells(table: Sequence[Sequence[int]], limit: int = SMALLEST_SHOWN) -> set[Cell]:
    """The cells (row, column) of a table that must not be shown.

    The reader is taken to know the sum of every row and of every column. Row sums must be `limit`
    or more (add small rows together first), or else they give away a small count themselves.
    A table of a single row cannot be kept from a reader who knows its columns' sums: they are the
    same numbers, published one level up.

    >>> sorted(hidden_cells([[900, 40, 3], [800, 50, 20], [700, 60, 30]]))
    [(0, 1), (0, 2), (1, 1), (1, 2)]
    """
    hidden = {(r, c) for r, row in enumerate(table) for c, value in enumerate(row) if value < limit}
    for r, row in enumerate(table):
        _hide_with_company(r, row, hidden, limit)
    if len(table) < 2:
        return hidden
    while True:
        lonely = next(_bridges(hidden), None)
        if lonely is None:
            return hidden
        _close_cycle(table, lonely, hidden)


def _hide_with_company(r: int, row: Sequence[int], hidden: set[Cell], limit: int) -> None:
    """Hide more of a row until two cells are hidden and add up to the limit."""
    mine = {c for c in range(len(row)) if (r, c) in hidden}
    others = sorted((value, c) for c, value in enumerate(row) if c not in mine)
    for _, c in others:
        if not mine or (len(mine) >= 2 and sum(row[k] for k in mine) >= limit):
            break
        mine.add(c)
        hidden.add((r, c))


def _close_cycle(table: Sequence[Sequence[int]], lonely: Cell, hidden: set[Cell]) -> None:
    """Hide what makes a rectangle of hidden cells around one, at the least loss of shown counts."""
    r, c = lonely
    _, other, beside = min(
        (
            sum(table[a][b] for a, b in ((r, k), (q, c), (q, k)) if (a, b) not in hidden),
            q,
            k,
        )
        for q in range(len(table))
        for k in range(len(table[r]))
        if q != r and k != c
    )
    hidden.update({(r, beside), (other, c), (other, beside)})


def _bridges(hidden: set[Cell]) -> Iterator[Cell]:
    """Hidden cells on no cycle: bridges of the graph of rows and columns whose edges they are.

    Depth-first search with low links (Tarjan 1974), without recursion.
    """
    edges = sorted(hidden)
    around: dict[tuple[str, int], list[int]] = {}
    for edge, (r, c) in enumerate(edges):
        around.setdefault(("row", r), []).append(edge)
        around.setdefault(("column", c), []).append(edge)
    seen: dict[tuple[str, int], int] = {}
    low: dict[tuple[str, int], int] = {}
    for root, first in around.items():
        if root in seen:
            continue
        seen[root] = low[root] = len(seen)
        path = [(root, -1, iter(first))]
        while path:
            node, arrived_by, pending = path[-1]
            edge = next(pending, -1)
            if edge < 0:
                path.pop()
                if path:
                    above = path[-1][0]
                    low[above] = min(low[above], low[node])
                    if low[node] > seen[above]:
                        yield edges[arrived_by]
            elif edge != arrived_by:
                r, c = edges[edge]
                far = ("column", c) if node[0] == "row" else ("row", r)
                if far in seen:
                    low[node] = min(low[node], seen[far])
                else:
                    seen[far] = low[far] = len(seen)
                    path.append((far, edge, iter(around[far])))


def hidden_in_columns(
    table: Sequence[Sequence[int]],
    limit: int = SMALLEST_SHOWN,
    withheld: Collection[int] = (),
) -> set[Cell]:
    """The cells to hide where only the columns' sums are known (counts that overlap in a row).

    Rows in `withheld` are hidden whatever they hold.

    >>> sorted(hidden_in_columns([[3, 40], [50, 20], [70, 30]]))
    [(0, 0), (1, 0)]
    """
    hidden: set[Cell] = set()
    for c in range(len(table[0]) if table else 0):
        column = sorted(
            (r not in withheld and row[c] >= limit, row[c], r) for r, row in enumerate(table)
        )
        unfit = sum(not fit for fit, _, _ in column)
        # A lone hidden cell takes the smallest other with it, or the sum would give it away.
        hidden.update((r, c) for _, _, r in column[: 2 if unfit == 1 else unfit])
    return hidden


def together(sizes: Mapping[str, int], rest: str, limit: int = SMALLEST_SHOWN) -> set[str]:
    """Which rows of a table to add to the row `rest`, so that every row holds `limit` or more.

    Returns their keys, `rest` among them if there is such a row or one must be made.

    >>> sorted(together({"a": 500, "b": 90, "c": 4, "": 2}, rest=""))
    ['', 'b', 'c']
    """
    ordered = sorted((size, key) for key, size in sizes.items() if key != rest)
    joined = {rest} & sizes.keys()
    held = sizes.get(rest, 0)
    for size, key in ordered:
        if size >= limit and (held >= limit or not joined):
            break
        joined |= {rest, key}
        held += size
    return joined

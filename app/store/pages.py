"""The engine's second half: texts as bytes, and rows past every index, also around pages that are damaged."""

import re
import sqlite3
from collections.abc import Iterator

from app.store.engine import Connection, quoted

_FAR = 1 << 40
_PER_PAGE = 64  # rows that may have stood on a page at most, where nothing says how many there were


def texts(db: Connection, table: str) -> Iterator[bytes]:
    """Every text of every row, once: what it costs grows with the memory, not with what is looked for."""
    columns = ", ".join(f"CAST({column} AS BLOB)" for column in _text_columns(db, table))
    for row in db.execute(f"SELECT {columns} FROM {table}"):  # noqa: S608 - names from the schema
        yield from (text for text in row if text)


def rows_with(db: Connection, table: str, needle: str, most: int) -> list[int]:
    """Numbers of rows of which some text holds `needle`."""
    columns = _text_columns(db, table)
    any_of = " OR ".join(f"instr({column}, ?)" for column in columns)
    sql = f"SELECT rowid FROM {table} WHERE {any_of} LIMIT {most}"  # noqa: S608 - names from the schema
    return [row[0] for row in db.execute(sql, (needle,) * len(columns))]


def _text_columns(db: Connection, table: str) -> list[str]:
    return [quoted(row[1]) for row in db.execute(f"PRAGMA table_info({table})") if re.fullmatch("TEXT", row[2])]


def readable_rows(db: sqlite3.Connection, table: str, holes: list[int]) -> Iterator[sqlite3.Row]:
    """Every row that can be read, in the order of their numbers; `holes` gets where reading broke off."""
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    # Numbers are given one after the other: what nothing can be said of lies below this one.
    waiting = [(1, _FAR)]
    while waiting:
        first, last = waiting.pop()
        at = first
        try:
            # A range looks one row beyond its end, which may be on the damaged page: the last row is asked for alone.
            where = "rowid = ?1" if first == last else "rowid BETWEEN ?1 AND ?2 ORDER BY rowid"
            sql = f"SELECT rowid AS row_number, * FROM {table} NOT INDEXED WHERE {where}"  # noqa: S608 - names from the schema
            for row in db.execute(sql, (first, last)[: 1 + (first != last)]):
                at = row["row_number"] + 1
                yield row
        except sqlite3.DatabaseError:
            if last == _FAR:
                holes.append(at)
                good = _next_good(db, table, at)
                if good is not None:
                    waiting.append((good, _FAR))
                last = min(at + pages * _PER_PAGE, good or _FAR) - 1
                waiting.append((at, last))
            elif at < last:
                middle = (at + last) // 2
                waiting += [(middle + 1, last), (at, middle)]


def _next_good(db: sqlite3.Connection, table: str, at: int) -> int | None:
    """A number from which the table can be read again, found in doubling steps; None: it cannot."""
    step = 1
    while at + step < _FAR:
        try:
            sql = f"SELECT rowid FROM {table} NOT INDEXED WHERE rowid >= ? ORDER BY rowid LIMIT 1"  # noqa: S608 - names from the schema
            db.execute(sql, (at + step,)).fetchone()
            return at + step
        except sqlite3.DatabaseError:
            step *= 2
    return None

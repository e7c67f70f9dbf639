"""The statements of saved runs, recorded, and run again by bare sqlite3 in a store where others write as well."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from workload import Writer

from nbtrack.store import Store

__all__ = ["Replay", "Transaction", "recorded"]

FIRST_ROW = 10**12  # of the first table; of each other as much later: a number that is nothing but a row's
EMPTY = {"TEXT": "", "BLOB": b""}


class Statement(NamedTuple):
    """What was asked: once, or for each of several rows."""

    sql: str
    rows: tuple[tuple[Any, ...], ...]
    gave: int | str | None  # the row number or label that it made, which later statements name
    found: bool  # whether there was an answer


Transaction = list[Statement]


class Answer:
    """What a statement answered, once more for who asked."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self.rows = cursor.fetchall()
        self.lastrowid = cursor.lastrowid
        self._rest = iter(self.rows)

    def __iter__(self) -> Iterator[Any]:
        return self._rest

    def fetchone(self) -> Any:
        return next(self._rest, None)

    def fetchall(self) -> list[Any]:
        return list(self._rest)


class Recording:
    """A connection that notes what it is asked."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.statements: Transaction = []

    def __getattr__(self, name: str) -> object:
        return getattr(self.connection, name)

    def execute(self, sql: str, values: tuple[Any, ...] = ()) -> Answer:
        answer = Answer(self.connection.execute(sql, values))
        if not sql.startswith("PRAGMA"):  # folding the log in is due at other times where others write, too
            gave = given(sql, values, answer.rows[0] if answer.rows else None, answer.lastrowid)
            self.statements.append(Statement(sql, (tuple(values),), gave, bool(answer.rows)))
        return answer

    def executemany(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        self.connection.executemany(sql, rows)
        self.statements.append(Statement(sql, tuple(rows), None, found=False))


def given(sql: str, values: tuple[Any, ...], answer: Any, last_row: int | None) -> int | str | None:
    """What a statement made that later ones name: a label, or the number of a row."""
    words = sql.split(maxsplit=3)
    if words[:2] != ["INSERT", "INTO"]:
        return None
    if words[2] == "label_numbers":
        return f"{values[0]}-{answer[0]}"
    return answer[0] if answer else last_row


def recorded(folder: Path, runs: int, seed: int = 0) -> list[Transaction]:
    """The transactions of that many saves in a new store, whose row numbers are such that nothing else equals them."""
    transactions = []
    with Store.open(folder, create=True) as store:
        database = store._database  # noqa: SLF001 - what the store does not tell
        connection = database._connection  # noqa: SLF001 - as above
        assert connection is not None
        connection.execute("PRAGMA synchronous = OFF")
        number_rows(connection)
        writer = Writer(store, seed)
        recording: Any = Recording(connection)
        database._connection = recording  # noqa: SLF001 - as above
        for _ in range(runs):
            recording.statements = []
            writer.save()
            transactions.append(recording.statements)
        database._connection = connection  # noqa: SLF001 - as above
        writer.log.end()
    return transactions


def number_rows(connection: sqlite3.Connection) -> None:
    """An empty row in each table that numbers its rows, far up: SQLite counts on from there."""
    for pragma in ("foreign_keys = OFF", "ignore_check_constraints = ON"):
        connection.execute(f"PRAGMA {pragma}")
    first = FIRST_ROW
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
        if (
            columns[0][1] != "pk" or table == "audit"
        ):  # which nothing here writes, and which keeps what it has
            continue
        row = {name: EMPTY.get(kind, 0) for _, name, kind, needed, _, _ in columns if needed} | {"pk": first}
        connection.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
            tuple(row.values()),
        )
        first += FIRST_ROW
    for pragma in ("foreign_keys = ON", "ignore_check_constraints = OFF"):
        connection.execute(f"PRAGMA {pragma}")


class Bound(NamedTuple):
    """A statement that is ready: its rows, and the places in them of row numbers and labels, which are others here."""

    sql: str
    rows: list[list[Any]]
    places: list[int]
    gave: int | str | None
    found: bool


class Replay:
    """Runs recorded transactions of one session on another store, in their order.

    Where a statement was answered with a row number or label and a later one names it, the later one is given what
    SQLite answers here. A shared row that was not there in the recording and that somebody else has added here is
    taken, as a look-up before each INSERT of one finds out.
    """

    def __init__(self, connection: sqlite3.Connection, transactions: list[Transaction]) -> None:
        self.connection = connection
        self.here: dict[Any, Any] = {}  # by what was recorded
        given_once = {
            each.gave for transaction in transactions for each in transaction if each.gave is not None
        }
        self._transactions = iter([[bound(each, given_once) for each in one] for one in transactions])

    def __call__(self) -> None:
        """The next transaction."""
        execute, executemany, here = self.connection.execute, self.connection.executemany, self.here
        there_already = None
        for sql, rows, places, gave, found in next(self._transactions):
            if there_already is not None:
                here[gave], there_already = there_already, None
                continue
            for row in rows:
                for place in places:
                    row[place] = here.get(row[place], row[place])
            if len(rows) != 1:
                executemany(sql, rows)
                continue
            cursor = execute(sql, rows[0])
            answer = cursor.fetchall()
            if gave is not None:
                here[gave] = given(sql, rows[0], answer[0] if answer else None, cursor.lastrowid)
            elif answer and not found:
                there_already = answer[0][0]


def bound(statement: Statement, given_once: set[int | str | None]) -> Bound:
    sql, rows, gave, found = statement
    places = {place for row in rows for place, value in enumerate(row) if value in given_once}
    return Bound(sql, [list(row) for row in rows], sorted(places), gave, found)

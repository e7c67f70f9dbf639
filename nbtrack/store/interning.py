"""Rows that occur again and again, kept once: names, classes, params, contents of data, environments, cell texts.

What a process has seen is remembered, so that a run like the one before costs no look-up. The memory is only right
while the transactions it was filled in are committed: :meth:`Interned.forget` is to be called after a rollback. It also
relies on shared rows being left alone while a session is open: whoever deletes runs leaves the rows they shared.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple

from nbtrack.records import Content, Environment, Model, Param, SourceFile
from nbtrack.store.values import clean, clean_or_none, param_to_sql, seal, to_json, to_packed

__all__ = ["Interned"]

_MOST_REMEMBERED = 100_000  # rows; a param costs about 300 bytes of memory
_MOST_OBJECTS = 512
# Values that are one key to a dictionary where their types are the same, zeros of floats excepted (0.0 and -0.0).
_ONE_KEY_EACH = frozenset({str, int, float, bool, type(None)})


class _Table(NamedTuple):
    find: str
    add: str


_NAMES = _Table("SELECT pk FROM names WHERE name = ?", "INSERT INTO names (name, seal) VALUES (?, ?)")
_EXPERIMENTS = _Table(
    "SELECT pk FROM experiments WHERE name = ?", "INSERT INTO experiments (name, seal) VALUES (?, ?)"
)
_CLASSES = _Table(
    "SELECT pk FROM classes WHERE name = ? AND module = ? AND framework = ?",
    "INSERT INTO classes (name, module, framework, seal) VALUES (?, ?, ?, ?)",
)
_FILES = _Table(
    "SELECT pk FROM files WHERE path = ? AND digest = ? AND size_bytes = ?",
    "INSERT INTO files (path, digest, size_bytes, seal) VALUES (?, ?, ?, ?)",
)
_SOURCES = _Table(
    "SELECT pk FROM sources WHERE digest = ? AND text = ?",
    "INSERT INTO sources (digest, text, seal) VALUES (?, ?, ?)",
)
_PARAMS = _Table(
    "SELECT pk FROM params WHERE name = ? AND value = ? AND kind = ? AND origin = ? AND redacted = ?",
    "INSERT INTO params (name, value, kind, origin, redacted, seal) VALUES (?, ?, ?, ?, ?, ?)",
)


class Interned:
    """Row numbers of shared rows, found or inserted in the caller's transaction."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Any, ...], int] = {}
        self._params: dict[tuple[Any, ...], tuple[int, int]] = {}
        self._objects: dict[int, tuple[object, int]] = {}

    def forget(self) -> None:
        """Forget everything: a transaction was rolled back."""
        self._rows.clear()
        self._params.clear()
        self._objects.clear()

    def name(self, connection: sqlite3.Connection, name: str) -> int:
        """The row of a param's or metric's name."""
        known = self._rows.get(("name", name))
        return self._row(connection, ("name", name), _NAMES, (clean(name),)) if known is None else known

    def experiment(self, connection: sqlite3.Connection, name: str) -> int:
        """The row of an experiment."""
        return self._row(connection, ("experiment", name), _EXPERIMENTS, (clean(name),))

    def model_class(self, connection: sqlite3.Connection, model: Model) -> int:
        """The row of a model's class."""
        values = (clean(model.class_name), clean(model.module), clean(model.framework))
        return self._row(connection, ("class", *values), _CLASSES, values)

    def file(self, connection: sqlite3.Connection, file: SourceFile) -> int:
        """The row of a file in one state."""
        values = (clean(file.path), file.digest, file.size_bytes)
        return self._row(connection, ("file", *values), _FILES, values)

    def source(self, connection: sqlite3.Connection, digest: str, text: str) -> int:
        """The row of a cell's text."""
        values = (digest, clean(text))
        return self._row(connection, ("source", digest, seal(*values)), _SOURCES, values)

    def param(self, connection: sqlite3.Connection, param: Param) -> tuple[int, int]:
        """The rows of a param's name, and of its name, value and origin."""
        value = param.value
        kind = type(value)
        if kind not in _ONE_KEY_EACH or (kind is float and not value):
            return self.name(connection, param.name), self._param(connection, param)
        quick = (param.name, value, kind, param.origin, param.redacted)
        known = self._params.get(quick)
        if known is None:
            known = self.name(connection, param.name), self._param(connection, param)
            if len(self._params) >= _MOST_REMEMBERED:
                self._params.clear()
            self._params[quick] = known
        return known

    def _param(self, connection: sqlite3.Connection, param: Param) -> int:
        value, kind = param_to_sql(param.name, param.value)
        # 1 and 1.0 are one key to a dictionary, so the kind stands in it.
        key = ("param", param.name, value, kind, param.origin, param.redacted)
        known = self._rows.get(key)
        if known is not None:
            return known
        rest = (value, kind, param.origin, int(param.redacted))
        sealed = seal(clean(param.name), *rest)
        return self._row(connection, key, _PARAMS, (self.name(connection, param.name), *rest), sealed)

    def content(self, connection: sqlite3.Connection, content: Content) -> int:
        """The row of what a dataset contained."""
        return self._object(connection, content, _content_row)

    def environment(self, connection: sqlite3.Connection, environment: Environment) -> int:
        """The row of an environment."""
        return self._object(connection, environment, _environment_row)

    def _row(
        self,
        connection: sqlite3.Connection,
        key: tuple[Any, ...],
        table: _Table,
        values: tuple[Any, ...],
        sealed: int | None = None,
    ) -> int:
        known = self._rows.get(key)
        if known is not None:
            return known
        found = connection.execute(table.find, values).fetchone()
        if found is None:
            sealed = seal(*values) if sealed is None else sealed
            added = connection.execute(table.add, (*values, sealed)).lastrowid
            assert added is not None
            found = (added,)
        if len(self._rows) >= _MOST_REMEMBERED:
            self._rows.clear()
        self._rows[key] = found[0]
        return int(found[0])

    def _object(
        self,
        connection: sqlite3.Connection,
        thing: Any,
        row_of: Callable[[Any], tuple[str, str, tuple[Any, ...]]],
    ) -> int:
        # By identity: the same record comes with every run of a session, and writing a wide frame's schema as JSON
        # only to find it again would cost more than all the rest. The reference keeps the identity from reuse.
        known = self._objects.get(id(thing))
        if known is not None:
            return known[1]
        table, columns, values = row_of(thing)
        digest, sealed = values[0], values[-1]
        found = connection.execute(
            f"SELECT pk FROM {table} WHERE digest = ? AND seal = ?",  # noqa: S608 - the table is one of ours
            (digest, sealed),
        ).fetchone()
        if found is None:
            marks = ", ".join("?" * len(values))
            added = connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values).lastrowid  # noqa: S608 - as above
            assert added is not None
            found = (added,)
        if len(self._objects) >= _MOST_OBJECTS:
            self._objects.clear()
        self._objects[id(thing)] = (thing, found[0])
        return int(found[0])


def _content_row(content: Content) -> tuple[str, str, tuple[Any, ...]]:
    columns = [
        [column.name, column.dtype, column.digest, list(column.chunks), column.profile]
        for column in content.columns
    ]
    row = (
        content.digest,
        clean(content.kind),
        None if content.shape is None else to_json(list(content.shape)),
        int(content.by_pickle),
        int(content.sampled),
        to_packed(columns) if columns else None,
        to_json(list(content.begins_with)) if content.begins_with else None,
    )
    return (
        "contents",
        "digest, kind, shape, by_pickle, sampled, columns, begins_with, seal",
        (*row, seal(*row)),
    )


def _environment_row(environment: Environment) -> tuple[str, str, tuple[Any, ...]]:
    row = (
        environment.digest,
        clean(environment.python),
        clean(environment.platform),
        clean_or_none(None if environment.git is None else to_json(environment.git)),
        to_json(environment.hardware),
        to_packed(environment.packages),
        to_packed(environment.modules),
    )
    return (
        "environments",
        "digest, python, platform, git, hardware, packages, modules, seal",
        (*row, seal(*row)),
    )

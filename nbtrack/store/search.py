"""Finding runs: a query's tree as SQL, and the plan that keeps large stores fast.

Two plans. Where one of the conditions that must all hold is rare, its runs are looked up by index, the other conditions
checked on them, and the result sorted. Else the order is walked by its index, newest or best first, checking the
conditions on each run until enough are found. Values are bound, never spelled into the SQL.
"""

from __future__ import annotations

import difflib
import math
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from nbtrack.errors import QueryError
from nbtrack.store.query import All, Comparison, Node, Not, Operator, Value, parse
from nbtrack.store.values import to_json

__all__ = ["FIELDS", "Request", "count", "find"]

_RARE = 1000  # runs: so many are sorted in a millisecond
_SQL_OPERATOR = {"=": "IS", "!=": "IS NOT", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

# Fields of a run: what they are in SQL, the type of their values, and how runs are found by them through an index.
_BY_CLASS = "SELECT pk FROM runs WHERE class IN (SELECT pk FROM classes WHERE {} {} ?)"
_BY_EXPERIMENT = "SELECT pk FROM runs WHERE experiment IN (SELECT pk FROM experiments WHERE name {1} ?)"
FIELDS: dict[str, tuple[str, str, str | None]] = {
    "model": ("(SELECT name FROM classes WHERE pk = r.class)", "text", _BY_CLASS),
    "framework": ("(SELECT framework FROM classes WHERE pk = r.class)", "text", _BY_CLASS),
    "state": ("r.state", "text", None),
    "experiment": ("(SELECT name FROM experiments WHERE pk = r.experiment)", "text", _BY_EXPERIMENT),
    "label": ("r.label", "text", "SELECT pk FROM runs WHERE label {1} ?"),
    "id": ("r.id", "text", "SELECT pk FROM runs WHERE id {1} ?"),
    "name": ("r.name", "text", None),
    "note": ("r.note", "text", None),
    "notebook": ("(SELECT notebook_path FROM executions WHERE pk = r.execution)", "text", None),
    "started": ("r.started_at", "time", None),
    "duration": ("r.duration_seconds", "number", None),
    "fits": ("r.fits", "number", None),
    "starred": ("r.starred", "truth", None),
}


class _Condition(NamedTuple):
    """SQL over a run ``r``, true or false and never NULL, with its values; ``source`` finds its runs by index."""

    sql: str
    values: tuple[object, ...]
    source: str | None = None


class Request(NamedTuple):
    """What is asked for.

    ``order`` is a metric, a param or a field, largest first; with ``-`` before it smallest first; None is newest
    first. Runs without it come last, or not at all with ``only_with_order``. ``after``, the id of a run, goes with
    the newest first only: the runs that come after that one. ``limit`` None is all.
    """

    query: str | None = None
    order: str | None = None
    limit: int | None = None
    offset: int = 0
    after: str | None = None
    experiment: str | None = None
    only_with_order: bool = False


def find(connection: sqlite3.Connection, request: Request) -> list[int]:
    """Row numbers of the runs asked for, in order.

    Raises:
        QueryError: the query does not parse, or names what no run has.
    """
    search = _Search(connection, request)
    conditions = search.conditions()
    if request.after is not None:
        if request.order is not None:
            raise QueryError(
                "`after` goes with the newest first; with another order use `offset`.", request.order, 0
            )
        conditions.append(_Condition(_AFTER, (request.after,)))
    if request.order is None:
        return search.sorted(conditions, _NEWEST, ())
    return search.ordered(conditions, request.order)


def count(connection: sqlite3.Connection, request: Request) -> int:
    """How many runs fulfil the query."""
    search = _Search(connection, request)
    where, values, _ = search.where(search.conditions())
    return int(connection.execute(f"SELECT COUNT(*) FROM runs r WHERE {where}", values).fetchone()[0])  # noqa: S608 - values are bound


_NEWEST = "r.started_at DESC, r.pk DESC"
_AFTER = "(r.started_at, r.pk) < (SELECT started_at, pk FROM runs WHERE id = ?)"


class _Search:
    """One search: names resolved against what the store knows."""

    def __init__(self, connection: sqlite3.Connection, request: Request) -> None:
        self.connection = connection
        self.request = request
        self.query = request.query or ""

    def conditions(self) -> list[_Condition]:
        """What must all hold."""
        conditions = []
        if self.request.experiment is not None:
            sql = "experiment = (SELECT pk FROM experiments WHERE name = ?)"
            source = f"SELECT pk FROM runs WHERE {sql}"  # noqa: S608 - values are bound
            conditions.append(_Condition(f"r.{sql}", (self.request.experiment,), source))
        if self.query.strip():
            node = parse(self.query)
            conditions += [
                self.condition(part) for part in (node.parts if isinstance(node, All) else (node,))
            ]
        return conditions

    def condition(self, node: Node) -> _Condition:
        """A part of the tree."""
        if isinstance(node, Comparison):
            return self.comparison(node)
        if isinstance(node, Not):
            inner = self.condition(node.part)
            return _Condition(f"NOT ({inner.sql})", inner.values)
        parts = [self.condition(part) for part in node.parts]
        word = " AND " if isinstance(node, All) else " OR "
        sql = word.join(f"({part.sql})" for part in parts)
        return _Condition(sql, tuple(value for part in parts for value in part.values))

    def where(self, conditions: list[_Condition]) -> tuple[str, tuple[object, ...], bool]:
        """The conditions as one, with its values, and whether one of them is rare; that one then leads."""
        parts = [condition.sql for condition in conditions]
        rare = self._rarest(conditions)
        if rare is not None:
            parts[rare] = f"r.pk IN ({conditions[rare].source})"
        values = tuple(value for one in conditions for value in one.values)
        return " AND ".join(f"({part})" for part in parts) or "TRUE", values, rare is not None

    def _rarest(self, conditions: list[_Condition]) -> int | None:
        most, place = _RARE + 1, None
        for index, condition in enumerate(conditions):
            if condition.source is not None:
                sql = f"SELECT COUNT(*) FROM ({condition.source} LIMIT {most})"  # noqa: S608 - values are bound
                found = self.connection.execute(sql, condition.values).fetchone()[0]
                if found < most:
                    most, place = found, index
        return place

    def sorted(self, conditions: list[_Condition], order: str, values: tuple[object, ...]) -> list[int]:
        """By an SQL order, whose values are ``values``."""
        limit = -1 if self.request.limit is None else self.request.limit
        return self._page(conditions, order, values, limit, self.request.offset)

    def _page(
        self,
        conditions: list[_Condition],
        order: str,
        values: tuple[object, ...],
        limit: int,
        offset: int = 0,
    ) -> list[int]:
        where, bound, rare = self.where(conditions)
        if rare:
            order = order.replace("r.", "+r.")  # the plus keeps the order's index from being walked
        rows = self.connection.execute(
            f"SELECT r.pk FROM runs r WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608 - values are bound
            (*bound, *values, limit, offset),
        )
        return [row[0] for row in rows]

    def ordered(self, conditions: list[_Condition], order: str) -> list[int]:
        """By a metric, a param or a field; see :class:`Request`."""
        name, smallest = order.removeprefix("-"), order.startswith("-")
        direction = "ASC" if smallest else "DESC"
        metric = self._metric(name) if name not in FIELDS else None
        if metric is not None:
            return self._by_metric(conditions, metric, direction)
        values: tuple[object, ...] = ()
        if name in FIELDS:
            expression = FIELDS[name][0]
        else:
            param = self._param(name)
            if param is None:
                raise self.unknown(name, order, int(smallest))
            expression, values = f"({_PARAM_VALUE})", (param,)
        if self.request.only_with_order:
            conditions = [*conditions, _Condition(f"{expression} IS NOT NULL", values)]
        return self.sorted(conditions, f"{expression} {direction} NULLS LAST, {_NEWEST}", values)

    def _by_metric(self, conditions: list[_Condition], metric: int, direction: str) -> list[int]:
        where, values, rare = self.where(conditions)
        limit, offset = self.request.limit, self.request.offset
        wanted = None if limit is None else offset + limit
        plus, index = ("+", "") if rare else ("", "INDEXED BY metrics_by_value")
        rows = self.connection.execute(
            f"SELECT m.run FROM {'runs r CROSS JOIN ' if rare else ''}metrics m {index} "  # noqa: S608 - values are bound
            f"{'' if rare else 'CROSS JOIN runs r'} WHERE {where} AND m.run = r.pk AND m.name = ? "
            f"AND m.value IS NOT NULL ORDER BY {plus}m.value {direction}, {plus}m.run {direction}",
            (*values, metric),
        )
        found: dict[int, None] = {}  # a run measured on several datasets counts with its best
        for (pk,) in rows:
            found[pk] = None
            if len(found) == wanted:
                break
        rows.close()
        if not self.request.only_with_order and (wanted is None or len(found) < wanted):
            without = _Condition(f"NOT EXISTS ({_MEASURED})", (metric,))
            left = -1 if wanted is None else wanted - len(found)
            found.update(dict.fromkeys(self._page([*conditions, without], _NEWEST, (), left)))
        return list(found)[offset:]

    def comparison(self, node: Comparison) -> _Condition:
        """What a comparison is about: said by its prefix, else a field, a metric or a param, in this order."""
        prefix, _, rest = node.name.partition(".")
        if prefix == "tag" and rest:
            return self._tag(node, rest)
        if prefix == "metric" and rest:
            found = self._metric(rest)
            if found is None:
                raise self.unknown(node.name, self.query, node.position)
            return self._metric_comparison(node, found)
        if prefix == "param" and rest:
            found = self._param(rest)
            if found is None:
                raise self.unknown(node.name, self.query, node.position)
            return self._param_comparison(node, found)
        if node.name in FIELDS:
            return self._field(node)
        found = self._metric(node.name)
        if found is not None:
            return self._metric_comparison(node, found)
        found = self._param(node.name)
        if found is not None:
            return self._param_comparison(node, found)
        raise self.unknown(node.name, self.query, node.position)

    def _metric(self, name: str) -> int | None:
        row = self.connection.execute(
            "SELECT pk FROM names n WHERE name = ? AND EXISTS (SELECT 1 FROM metrics WHERE name = n.pk)",
            (name,),
        ).fetchone()
        return None if row is None else int(row[0])

    def _param(self, name: str) -> int | None:
        row = self.connection.execute(
            "SELECT pk FROM names n WHERE name = ? AND EXISTS (SELECT 1 FROM params WHERE name = n.pk)",
            (name,),
        ).fetchone()
        return None if row is None else int(row[0])

    def _refuse(self, node: Comparison, takes: str) -> QueryError:
        return QueryError(
            f"{node.name} takes {takes}, not {node.operator} {node.value!r} "
            f"(at character {node.value_position + 1} of the query).",
            self.query,
            node.value_position,
        )

    def _metric_comparison(self, node: Comparison, name: int) -> _Condition:
        value = node.value
        if isinstance(value, (bool, str)) or value is None or node.operator == "~":
            raise self._refuse(node, "a number")
        sql = f"SELECT run FROM metrics q WHERE q.name = ? AND q.value {_SQL_OPERATOR[node.operator]} ?"  # noqa: S608 - values are bound
        # NaN is NULL in the store: IS finds it, and nothing is smaller or larger.
        return _Condition(f"EXISTS ({sql} AND q.run = r.pk)", (name, None if value != value else value), sql)  # noqa: PLR0124 - NaN

    def _param_comparison(self, node: Comparison, name: int) -> _Condition:
        test, values = self._param_test(node)
        values = (name, *values)
        here = (
            "SELECT 1 FROM run_params q CROSS JOIN params p ON p.pk = q.param "  # noqa: S608 - values are bound
            f"WHERE q.run = r.pk AND q.name = ? AND ({test})"
        )
        # Only chosen params are indexed, so that way is open where no default fulfils the condition.
        defaults = f"SELECT 1 FROM params p WHERE p.name = ? AND ({test}) AND p.origin = 'default' LIMIT 1"  # noqa: S608 - as above
        if self.connection.execute(defaults, values).fetchone():
            return _Condition(f"EXISTS ({here})", values)
        source = (
            "SELECT q.run FROM params p CROSS JOIN run_params q ON p.pk = q.param "  # noqa: S608 - as above
            f"WHERE q.chosen = 1 AND p.name = ? AND ({test})"
        )
        return _Condition(f"EXISTS ({here})", values, source)

    def _param_test(self, node: Comparison) -> tuple[str, tuple[object, ...]]:
        value, operator = node.value, node.operator
        if operator == "~":
            return "p.kind IN ('str', 'json') AND instr(lower(p.value), lower(?))", (_text(value),)
        if operator == "!=":
            test, values = self._param_test(replace(node, operator="="))
            return f"NOT ({test})", values
        sign = _SQL_OPERATOR[operator]
        if value is None or isinstance(value, bool):
            if operator != "=":
                raise self._refuse(node, "= or != before true, false and none")
            kind, stored = ("json", "null") if value is None else ("bool", int(value))
            return f"p.kind = '{kind}' AND p.value = ?", (stored,)
        if isinstance(value, str):
            return f"p.kind = 'str' AND p.value {sign} ?", (value,)
        if math.isfinite(value) or operator != "=":
            return f"p.kind IN ('int', 'float') AND p.value {sign} ?", (value,)
        return "p.kind IN ('str', 'json') AND p.value = ?", (to_json(value),)  # as JSON's writers spell them

    def _tag(self, node: Comparison, name: str) -> _Condition:
        if node.operator == "~":
            test, value = "instr(lower(q.value), lower(?))", _text(node.value)
        else:
            test, value = f"q.value {_SQL_OPERATOR[node.operator]} ?", _text(node.value)
        sql = f"SELECT run FROM run_tags q WHERE q.name = ? AND {test}"  # noqa: S608 - values are bound
        return _Condition(f"EXISTS ({sql} AND q.run = r.pk)", (name, value), sql)

    def _field(self, node: Comparison) -> _Condition:
        expression, kind, source = FIELDS[node.name]
        operator, value = node.operator, node.value
        if kind == "time" and value is not None:
            return self._time(node, expression)
        if operator == "~":
            if kind != "text":
                raise self._refuse(node, f"a {kind}")
            return _Condition(f"(instr(lower({expression}), lower(?)) > 0) IS TRUE", (_text(value),))
        sign = _SQL_OPERATOR[operator]
        if value is not None:
            value = self._typed(node, kind)
        column = "framework" if node.name == "framework" else "name"
        found = source.format(column, sign) if source and value is not None else None
        return _Condition(f"({expression} {sign} ?) IS TRUE", (value,), found)

    def _typed(self, node: Comparison, kind: str) -> Value:
        value = node.value
        if kind == "text":
            return _text(value)
        if kind == "truth":
            if value not in (0, 1):
                raise self._refuse(node, "true or false")
            return int(value == 1)
        if isinstance(value, (bool, str)):
            raise self._refuse(node, "a number")
        return value

    def _time(self, node: Comparison, expression: str) -> _Condition:
        if isinstance(node.value, str) and node.operator != "~":
            try:
                begin = datetime.fromisoformat(node.value).astimezone()
            except (ValueError, OverflowError):
                raise self._refuse(node, 'a time such as "2026-11-23" or "2026-11-23T09:30"') from None
            # A date means all of that day.
            end = begin + timedelta(days=1) if len(node.value) <= len("2026-11-23") else begin
            return _in_span(expression, node.operator, begin.timestamp(), end.timestamp())
        if isinstance(node.value, (bool, str)) or node.value is None or node.operator == "~":
            raise self._refuse(node, 'a time such as "2026-11-23" or "2026-11-23T09:30"')
        return _in_span(expression, node.operator, node.value, node.value)

    def unknown(self, name: str, query: str, position: int) -> QueryError:
        """The error for a name that no run has, with the nearest that some have."""
        names = [row[0] for row in self.connection.execute("SELECT name FROM names LIMIT 10000")]
        bare = name.partition(".")[2] if name.startswith(("metric.", "param.")) else name
        nearest = difflib.get_close_matches(bare, [*FIELDS, *names], n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(nearest)}?" if nearest else "`%track runs` shows what runs have."
        return QueryError(
            f"No run has a metric, a param or a field {name!r} (at character {position + 1}); {hint}",
            query,
            position,
        )


_PARAM_VALUE = (
    "SELECT p.value FROM run_params q JOIN params p ON p.pk = q.param "
    "WHERE q.run = r.pk AND q.name = ? LIMIT 1"
)
_MEASURED = "SELECT 1 FROM metrics q WHERE q.run = r.pk AND q.name = ? AND q.value IS NOT NULL"


def _text(value: Value) -> str:
    return to_json(value) if value is None or isinstance(value, bool) else str(value)


def _in_span(expression: str, operator: Operator, begin: float, end: float) -> _Condition:
    inclusive = "<=" if begin == end else "<"
    if operator in ("=", "!="):
        sql = f"{expression} >= ? AND {expression} {inclusive} ?"
        return _Condition(f"NOT ({sql})" if operator == "!=" else sql, (begin, end))
    if operator in ("<", ">="):
        return _Condition(f"{expression} {operator} ?", (begin,))
    if begin == end:
        return _Condition(f"{expression} {operator} ?", (begin,))
    return _Condition(f"{expression} {'<' if operator == '<=' else '>='} ?", (end,))

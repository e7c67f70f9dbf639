"""A query's tree as SQL conditions: names resolved against what the store knows, values bound, never spelled out.

Of a condition two forms are made: one that is asked of each run while an order is walked, and, where an index allows
it, one that finds its runs. In the first, a plus before a column keeps SQLite from an index that is right for the
second only.
"""

from __future__ import annotations

import math
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from nbtrack.errors import QueryError
from nbtrack.store.counting import counts
from nbtrack.store.query import All, Comparison, Node, Not, Operator, Value
from nbtrack.store.values import to_json

__all__ = ["FIELDS", "Condition", "Resolver"]

_SQL_OPERATOR = {"=": "IS", "!=": "IS NOT", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

# Fields of a run: what they are in SQL, the type of their values, and how runs are found by them through an index.
_BY_CLASS = "SELECT pk FROM runs WHERE class IN (SELECT pk FROM classes WHERE {} {} ?)"
_BY_EXPERIMENT = "SELECT pk FROM runs WHERE experiment IN (SELECT pk FROM experiments WHERE name {1} ?)"
_VERDICT = (
    "(SELECT verdict FROM reproductions WHERE run = r.pk AND kind = 'reproduction' AND state = 'COMPLETE' "
    "ORDER BY pk DESC LIMIT 1)"
)
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
    "reproduced": (_VERDICT, "text", None),
}


class Condition(NamedTuple):
    """SQL over a run ``r``, true or false and never NULL, with its values; ``source`` finds its runs by index.

    ``among``, where it differs from ``source``, finds them and possibly others, from the index alone; ``probe`` asks
    the same as ``sql`` of a run, from an index of which runs in their order touch neighbouring places.
    """

    sql: str
    values: tuple[object, ...]
    source: str | None = None
    among: str | None = None
    probe: str | None = None


class Resolver:
    """Makes conditions of one query, whose text its errors quote."""

    def __init__(self, connection: sqlite3.Connection, query: str) -> None:
        self.connection = connection
        self.query = query

    def condition(self, node: Node) -> Condition:
        """A part of the tree."""
        if isinstance(node, Comparison):
            return self.comparison(node)
        if isinstance(node, Not):
            inner = self.condition(node.part)
            return Condition(f"NOT ({inner.sql})", inner.values)
        parts = [self.condition(part) for part in node.parts]
        word = " AND " if isinstance(node, All) else " OR "
        sql = word.join(f"({part.sql})" for part in parts)
        return Condition(sql, tuple(value for part in parts for value in part.values))

    def comparison(self, node: Comparison) -> Condition:
        """What a comparison is about: said by its prefix, else a field, a metric or a param, in this order."""
        prefix, _, rest = node.name.partition(".")
        if prefix == "tag" and rest:
            return self._tag(node, rest)
        if prefix == "metric" and rest:
            found = self.metric(rest)
            if found is None:
                raise self.unknown(node.name, self.query, node.position)
            return self._metric_comparison(node, found)
        if prefix == "param" and rest:
            found = self.param(rest)
            if found is None:
                raise self.unknown(node.name, self.query, node.position)
            return self._param_comparison(node, found)
        if node.name in FIELDS:
            return self._field(node)
        found = self.metric(node.name)
        if found is not None:
            return self._metric_comparison(node, found)
        found = self.param(node.name)
        if found is not None:
            return self._param_comparison(node, found)
        raise self.unknown(node.name, self.query, node.position)

    def metric(self, name: str) -> int | None:
        """The number of a metric's name; None: no run has it."""
        row = self.connection.execute(
            "SELECT pk FROM names n WHERE name = ? AND EXISTS (SELECT 1 FROM metrics WHERE name = n.pk)",
            (name,),
        ).fetchone()
        return None if row is None else int(row[0])

    def param(self, name: str) -> int | None:
        """The number of a param's name; None: no run has it."""
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

    def _metric_comparison(self, node: Comparison, name: int) -> Condition:
        value = node.value
        if isinstance(value, (bool, str)) or value is None or node.operator == "~":
            raise self._refuse(node, "a number")
        sign = _SQL_OPERATOR[node.operator]
        # Of several numbers of one name the one that is shown: nobody could tell from a table why another one matched.
        here = f"SELECT 1 FROM metrics q WHERE q.run = r.pk AND q.name = ? AND +q.value {sign} ? AND {counts('q')}"  # noqa: S608 - values are bound
        source = f"SELECT run FROM metrics q WHERE q.name = ? AND q.value {sign} ? AND {counts('q')}"  # noqa: S608 - as above
        # NaN is NULL in the store: IS finds it, and nothing is smaller or larger.
        values = (name, None if math.isnan(value) else value)
        among = f"SELECT run FROM metrics q INDEXED BY metrics_by_value WHERE q.name = ? AND q.value {sign} ?"  # noqa: S608 - as above
        return Condition(f"EXISTS ({here})", values, source, among)

    def _param_comparison(self, node: Comparison, name: int) -> Condition:
        test, values = self._param_test(node)
        values = (name, *values)
        here = (
            "SELECT 1 FROM run_params q CROSS JOIN params p ON p.pk = q.param "  # noqa: S608 - values are bound
            f"WHERE q.run = r.pk AND q.name = ? AND ({test})"
        )
        # Only chosen params are indexed, so that way is open where no default fulfils the condition.
        defaults = (
            "SELECT 1 FROM params p INDEXED BY params_default "  # noqa: S608 - as above
            f"WHERE p.name = ? AND ({test}) AND p.origin = 'default'"
        )
        if self.connection.execute(defaults, values).fetchone():
            return Condition(f"EXISTS ({here})", values)
        source = (
            "SELECT q.run FROM params p CROSS JOIN run_params q ON p.pk = q.param "  # noqa: S608 - as above
            f"WHERE q.chosen = 1 AND p.name = ? AND ({test})"
        )
        probe = (
            "EXISTS (SELECT 1 FROM params p CROSS JOIN run_params q INDEXED BY run_params_chosen ON p.pk = q.param "  # noqa: S608 - as above
            f"WHERE q.chosen = 1 AND p.name = ? AND ({test}) AND q.run = r.pk)"
        )
        return Condition(f"EXISTS ({here})", values, source, probe=probe if node.operator == "=" else None)

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

    def _tag(self, node: Comparison, name: str) -> Condition:
        if node.operator == "~":
            test, value = "instr(lower(q.value), lower(?))", _text(node.value)
        else:
            test, value = f"q.value {_SQL_OPERATOR[node.operator]} ?", _text(node.value)
        sql = f"SELECT run FROM run_tags q WHERE q.name = ? AND {test}"  # noqa: S608 - values are bound
        return Condition(f"EXISTS ({sql} AND q.run = r.pk)", (name, value), sql)

    def _field(self, node: Comparison) -> Condition:
        expression, kind, source = FIELDS[node.name]
        operator, value = node.operator, node.value
        if kind == "time" and value is not None:
            return self._time(node, expression)
        if operator == "~":
            if kind != "text":
                raise self._refuse(node, f"a {kind}")
            return Condition(f"(instr(lower({expression}), lower(?)) > 0) IS TRUE", (_text(value),))
        sign = _SQL_OPERATOR[operator]
        if value is not None:
            value = self._typed(node, kind)
        column = "framework" if node.name == "framework" else "name"
        found = source.format(column, sign) if source and value is not None else None
        return Condition(f"({expression} {sign} ?) IS TRUE", (value,), found)

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

    def _time(self, node: Comparison, expression: str) -> Condition:
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
        import difflib  # where a name is unknown only

        nearest = difflib.get_close_matches(bare, [*FIELDS, *names], n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(nearest)}?" if nearest else "`%track runs` shows what runs have."
        return QueryError(
            f"No run has a metric, a param or a field {name!r} (at character {position + 1}); {hint}",
            query,
            position,
        )


def _text(value: Value) -> str:
    return to_json(value) if value is None or isinstance(value, bool) else str(value)


def _in_span(expression: str, operator: Operator, begin: float, end: float) -> Condition:
    inclusive = "<=" if begin == end else "<"
    if operator in ("=", "!="):
        sql = f"{expression} >= ? AND {expression} {inclusive} ?"
        return Condition(f"NOT ({sql})" if operator == "!=" else sql, (begin, end))
    if operator in ("<", ">="):
        return Condition(f"{expression} {operator} ?", (begin,))
    if begin == end:
        return Condition(f"{expression} {operator} ?", (begin,))
    return Condition(f"{expression} {'<' if operator == '<=' else '>='} ?", (end,))

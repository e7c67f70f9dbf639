"""Finding runs: the plan that keeps large stores fast.

Two plans. Where one of the conditions that must all hold is rare, its runs are looked up by index, the other conditions
checked on them, and the result sorted; so are the few that several have in common. Else the order is walked by its
index, newest or best first, checking the conditions on each run until enough are found.
"""

from __future__ import annotations

import json
import sqlite3
from typing import NamedTuple, cast

from nbtrack.errors import QueryError
from nbtrack.store.by_param import MOST_SKIPPED, Walk, walk
from nbtrack.store.conditions import FIELDS, Condition, Resolver
from nbtrack.store.counting import counted_value, counts
from nbtrack.store.deadline import at_most, expired, is_interrupt
from nbtrack.store.needles import common_runs
from nbtrack.store.query import All, parse

__all__ = ["Position", "Request", "count", "count_quickly", "find", "position"]

_RARE = 1000  # runs: so many are sorted in a millisecond


class Position(NamedTuple):
    """Where a run stands in an order: the value it is ordered by (None: it has none), its start, its row number."""

    value: float | str | None
    started_at: float
    pk: int


class Request(NamedTuple):
    """What is asked for.

    ``order`` is a metric, a param or a field, largest first; with ``-`` before it smallest first; None is newest
    first. Runs without it come last, or not at all with ``only_with_order``. ``after``, the id of a run, goes with
    the newest first only: the runs that come after that one. ``limit`` None is all. ``notebook`` is the path under
    which executions have it. ``start``: only the runs that come after that position of the same order.
    """

    query: str | None = None
    order: str | None = None
    limit: int | None = None
    offset: int = 0
    after: str | None = None
    experiment: str | None = None
    only_with_order: bool = False
    notebook: str | None = None
    start: Position | None = None


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
        conditions.append(Condition(_AFTER, (request.after,)))
    if request.order is None:
        if request.start is not None:
            conditions.append(Condition(_OLDER, request.start[1:]))
        return search.sorted(conditions, _NEWEST, ())
    return search.ordered(conditions, request.order)


def position(connection: sqlite3.Connection, request: Request, pk: int) -> Position:
    """Where a run stands in the order of ``request``."""
    expression, values, _ = _Search(connection, request).expression()
    row = connection.execute(
        f"SELECT {expression}, r.started_at, r.pk FROM runs r WHERE r.pk = ?",  # noqa: S608 - values are bound
        (*values, pk),
    ).fetchone()
    return Position(*row)


def count_quickly(connection: sqlite3.Connection, request: Request, seconds: float) -> int | None:
    """How many runs fulfil the query; None where a passive store would take longer than ``seconds`` to count them."""
    try:
        with at_most(seconds):
            return count(connection, request)
    except sqlite3.OperationalError as error:
        if not is_interrupt(error) or expired():  # the whole request's time may be over as well
            raise
        return None


def count(connection: sqlite3.Connection, request: Request) -> int:
    """How many runs fulfil the query."""
    search = _Search(connection, request)
    where, values, _ = search.where(search.conditions())
    return int(connection.execute(f"SELECT COUNT(*) FROM runs r WHERE {where}", values).fetchone()[0])  # noqa: S608 - values are bound


_NEWEST = "r.started_at DESC, r.pk DESC"
_OLDER = "(r.started_at, r.pk) < (?, ?)"
_AFTER = "(r.started_at, r.pk) < (SELECT started_at, pk FROM runs WHERE id = ?)"


class _Search:
    """One search: names resolved against what the store knows."""

    def __init__(self, connection: sqlite3.Connection, request: Request) -> None:
        self.connection = connection
        self.request = request
        self.query = request.query or ""
        self.resolver = Resolver(connection, self.query)
        self._asked: list[Condition] = []
        self._common: tuple[list[int] | None] | None = None  # once they were looked for

    def conditions(self) -> list[Condition]:
        """What must all hold."""
        conditions = []
        if self.request.experiment is not None:
            sql = "experiment = (SELECT pk FROM experiments WHERE name = ?)"
            source = f"SELECT pk FROM runs WHERE {sql}"  # noqa: S608 - values are bound
            conditions.append(Condition(f"r.{sql}", (self.request.experiment,), source))
        if self.request.notebook is not None:
            sql = "(SELECT notebook_path FROM executions WHERE pk = r.execution) IS ?"
            conditions.append(Condition(sql, (self.request.notebook,)))
        if self.query.strip():
            node = parse(self.query)
            conditions += [
                self.resolver.condition(part) for part in (node.parts if isinstance(node, All) else (node,))
            ]
        self._asked = list(conditions)
        return conditions

    def where(self, conditions: list[Condition]) -> tuple[str, tuple[object, ...], bool]:
        """The conditions as one, with its values, and whether one of them is rare; that one then leads."""
        parts = [condition.sql for condition in conditions]
        values = tuple(value for one in conditions for value in one.values)
        rare = self._rarest(conditions)
        if rare is not None:
            parts[rare] = f"r.pk IN ({conditions[rare].source})"
        elif (common := self._common_runs()) is not None:
            leads = "r.pk IN (SELECT value FROM json_each(?))"
            parts = [leads, *(condition.probe or condition.sql for condition in conditions)]
            values = (json.dumps(common), *values)
            return " AND ".join(f"({part})" for part in parts), values, True
        return " AND ".join(f"({part})" for part in parts) or "TRUE", values, rare is not None

    def _common_runs(self) -> list[int] | None:
        # Of what is asked, not of what a page adds to it, such as where it begins.
        if self._common is None:
            limit = self.request.limit
            wanted = None if limit is None else self.request.offset + limit
            self._common = (common_runs(self.connection, self._asked, wanted),)
        return self._common[0]

    def _rarest(self, conditions: list[Condition]) -> int | None:
        most, place = _RARE + 1, None
        for index, condition in enumerate(conditions):
            if condition.source is not None:
                sql = f"SELECT COUNT(*) FROM ({condition.source} LIMIT {most})"  # noqa: S608 - values are bound
                found = self.connection.execute(sql, condition.values).fetchone()[0]
                if found < most:
                    most, place = found, index
        return place

    def sorted(self, conditions: list[Condition], order: str, values: tuple[object, ...]) -> list[int]:
        """By an SQL order, whose values are ``values``."""
        limit = -1 if self.request.limit is None else self.request.limit
        return self._page(conditions, order, values, limit, self.request.offset)

    def _page(
        self,
        conditions: list[Condition],
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

    def expression(self) -> tuple[str, tuple[object, ...], bool]:
        """What the runs are ordered by, as SQL over a run ``r`` with its values; and whether it is a metric.

        Raises:
            QueryError: no run has what the order names.
        """
        order = self.request.order
        if order is None:
            return "NULL", (), False
        name, smallest = order.removeprefix("-"), order.startswith("-")
        kind, _, rest = name.partition(".")
        if name in FIELDS:
            return FIELDS[name][0], (), False
        metric = self.resolver.metric(rest if kind == "metric" and rest else name)
        if metric is not None:
            return counted_value("r.pk"), (metric,), True
        param = self.resolver.param(rest if kind == "param" and rest else name)
        if param is None:
            raise self.resolver.unknown(name, order, int(smallest))
        return _PARAM, (param,), False

    def ordered(self, conditions: list[Condition], order: str) -> list[int]:
        """By a metric, a param or a field; see :class:`Request`."""
        direction = "ASC" if order.startswith("-") else "DESC"
        expression, values, is_metric = self.expression()
        if is_metric:
            return self._by_metric(conditions, values, direction)
        if expression == _PARAM:
            found = self._by_param(conditions, values, direction)
            if found is not None:
                return found
        if self.request.only_with_order:
            conditions = [*conditions, Condition(f"{expression} IS NOT NULL", values)]
        if self.request.start is not None:
            conditions = [*conditions, _later(expression, values, direction, self.request.start)]
        return self.sorted(conditions, f"{expression} {direction} NULLS LAST, {_NEWEST}", values)

    def _by_metric(
        self, conditions: list[Condition], metric: tuple[object, ...], direction: str
    ) -> list[int]:
        limit, offset, start = self.request.limit, self.request.offset, self.request.start
        wanted = None if limit is None else offset + limit
        found: dict[int, None] = {}
        if start is None or start.value is not None:
            found = self._measured(conditions, metric, direction, wanted)
        if not self.request.only_with_order and (wanted is None or len(found) < wanted):
            rest = [*conditions, Condition(f"{counted_value('r.pk')} IS NULL", metric)]
            if start is not None and start.value is None:
                rest.append(Condition(_OLDER, start[1:]))
            left = -1 if wanted is None else wanted - len(found)
            found.update(dict.fromkeys(self._page(rest, _NEWEST, (), left)))
        return list(found)[offset:]

    def _by_param(
        self, conditions: list[Condition], param: tuple[object, ...], direction: str
    ) -> list[int] | None:
        """None where sorting all is faster."""
        limit, offset, start = self.request.limit, self.request.offset, self.request.start
        where, values, rare = self.where(conditions)
        if limit is None or offset > MOST_SKIPPED or rare:
            return None
        wanted, found = offset + limit, list[int]()
        if start is None or start.value is not None:
            asked = Walk(cast("int", param[0]), direction == "DESC", where, values, start)
            walked = walk(self.connection, asked, wanted)
            if walked is None:
                return None
            found = walked
        if not self.request.only_with_order and len(found) < wanted:
            rest = [*conditions, Condition(f"{_PARAM} IS NULL", param)]
            if start is not None and start.value is None:
                rest.append(Condition(_OLDER, start[1:]))
            found += self._page(rest, _NEWEST, (), wanted - len(found))
        return found[offset:]

    def _measured(
        self, conditions: list[Condition], metric: tuple[object, ...], direction: str, wanted: int | None
    ) -> dict[int, None]:
        """The runs that have the metric, best first."""
        where, values, rare = self.where(conditions)
        plus, index = ("+", "") if rare else ("", "INDEXED BY metrics_by_value")
        sign = "<" if direction == "DESC" else ">"
        start, begin = "", tuple[object, ...]()
        if self.request.start is not None:
            value, _, pk = self.request.start
            start = f"AND {plus}m.value {sign}= ? AND ({plus}m.value {sign} ? OR m.run {sign} ?)"
            begin = (value, value, pk)
        rows = self.connection.execute(
            f"SELECT m.run FROM {'runs r CROSS JOIN ' if rare else ''}metrics m {index} "  # noqa: S608 - values are bound
            f"{'' if rare else 'CROSS JOIN runs r'} WHERE {where} AND m.run = r.pk AND m.name = ? "
            f"AND {plus}m.value IS NOT NULL AND {counts('m')} {start} "
            f"ORDER BY {plus}m.value {direction}, {plus}m.run {direction}",
            (*values, *metric, *begin),
        )
        found: dict[int, None] = {}
        for (pk,) in rows:
            found[pk] = None
            if len(found) == wanted:
                break
        rows.close()
        return found


def _later(expression: str, values: tuple[object, ...], direction: str, start: Position) -> Condition:
    """The runs that come after ``start`` in the order by an expression, those without a value last."""
    if start.value is None:
        return Condition(f"{expression} IS NULL AND {_OLDER}", (*values, *start[1:]))
    sign = "<" if direction == "DESC" else ">"
    sql = f"{expression} {sign} ? OR ({expression} = ? AND {_OLDER}) OR {expression} IS NULL"
    return Condition(f"({sql}) IS TRUE", (*values, start.value, *values, start.value, *start[1:], *values))


_PARAM = (
    "(SELECT p.value FROM run_params q JOIN params p ON p.pk = q.param "
    "WHERE q.run = r.pk AND q.name = ? ORDER BY q.position LIMIT 1)"
)

"""Pages that follow each other by key, in any order of the runs.

A key says where a page ended: the value that the order is by, and what breaks ties. The next page begins after it,
whatever was written or deleted in between; no run of the page before needs to exist any more.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import sqlite3
from typing import NamedTuple

from nbtrack.errors import UsageError
from nbtrack.store import search
from nbtrack.store.search import Position, Request

__all__ = ["Page", "page"]

_LONGEST = 4096  # characters of a key


class Page(NamedTuple):
    """Row numbers of the runs of one page, in order, and the key of the next; None: it was the last."""

    pks: list[int]
    next: str | None


def page(connection: sqlite3.Connection, request: Request, key: str | None = None) -> Page:
    """The page of ``request.limit`` runs that begins after ``key``; without a key the first.

    Raises:
        QueryError: the query does not parse, or names what no run has.
        UsageError: the key is none, or belongs to another order.
    """
    assert request.limit is not None
    more = request._replace(
        limit=request.limit + 1, start=None if key is None else _position(key, request.order)
    )
    pks = search.find(connection, more)
    if len(pks) <= request.limit:
        return Page(pks, None)
    pks.pop()
    if not pks:
        return Page([], key)
    return Page(pks, _key(search.position(connection, request, pks[-1]), request.order))


def _key(position: Position, order: str | None) -> str:
    text = json.dumps([order, *position], ensure_ascii=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode("ascii")).decode("ascii").rstrip("=")


def _position(key: str, order: str | None) -> Position:
    refused = UsageError(
        f"{key[:40]!r} is not the key of a page in this order; begin again with the first page."
    )
    if len(key) > _LONGEST or not key.isascii():
        raise refused
    try:
        of, value, started_at, pk = json.loads(
            base64.b64decode(key + "=" * (-len(key) % 4), b"-_", validate=True)
        )
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise refused from None
    fine = of == order and isinstance(value, int | float | str | None) and isinstance(started_at, int | float)
    if (
        not fine
        or type(pk) is not int
        or not _bindable(value)
        or not _bindable(pk)
        or not _bindable(started_at)
    ):
        raise refused
    return Position(value, float(started_at), pk)


def _bindable(value: object) -> bool:
    """Whether SQLite takes it: no integer beyond 64 bits, no NaN, no lone surrogate."""
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    if isinstance(value, str):
        return value.isprintable() or value.encode("utf-8", "replace").decode("utf-8") == value
    return not (isinstance(value, float) and math.isnan(value))

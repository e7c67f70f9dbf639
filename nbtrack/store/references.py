"""What a reference means: an id or prefix, a label, ``last``, ``best:METRIC``, ``NAME@alias``, ``NAME:v3``.

The one place where what people write becomes a run.
"""

from __future__ import annotations

import re
import sqlite3

from nbtrack.errors import AmbiguousRun, UnknownRun
from nbtrack.store import search

__all__ = ["VERSIONED", "resolve", "unknown"]

_NEWEST_LABELS = 2000  # among which a mistyped label is looked for
_SHORTEST_PREFIX = 4
VERSIONED = re.compile(r"(?P<name>[^@:\s]+)(?:@(?P<alias>[^@:\s]+)|:v(?P<version>[0-9]{1,9}))")


def resolve(connection: sqlite3.Connection, ref: str) -> int:
    """The row number of the run that ``ref`` means.

    Raises:
        UnknownRun: there is none; names the nearest.
        AmbiguousRun: several ids begin so; names them.
    """
    ref = ref.strip()
    if ref == "last":
        row = connection.execute("SELECT pk FROM runs ORDER BY started_at DESC, pk DESC LIMIT 1").fetchone()
        if row is None:
            raise UnknownRun("There are no runs yet.")
        return int(row[0])
    if ref.startswith("best:"):
        order = ref.removeprefix("best:")
        best = search.find(connection, search.Request(order=order, limit=1, only_with_order=True))
        if not best:
            raise UnknownRun(f"No run has a number for {order.removeprefix('-')!r}.")
        return best[0]
    row = connection.execute("SELECT pk FROM runs WHERE label = ?1 OR id = lower(?1)", (ref,)).fetchone()
    if row is not None:
        return int(row[0])
    versioned = VERSIONED.fullmatch(ref)
    return _registered(connection, ref, versioned) if versioned else _by_prefix(connection, ref)


def _registered(connection: sqlite3.Connection, ref: str, match: re.Match[str]) -> int:
    """The run of a version of a registered model, named by its number or an alias."""
    rows = connection.execute(
        "SELECT v.run, v.version, a.alias FROM registered_models m JOIN model_versions v ON v.model = m.pk "
        "LEFT JOIN model_aliases a ON a.model = m.pk AND a.version = v.version WHERE m.name = ? ORDER BY v.version",
        (match["name"],),
    ).fetchall()
    if not rows:
        names = [name for (name,) in connection.execute("SELECT name FROM registered_models ORDER BY name")]
        import difflib  # where a name is unknown only

        nearest = difflib.get_close_matches(match["name"], names, n=3, cutoff=0.5)
        known = (
            f"The nearest are {', '.join(nearest)}." if nearest else "`nbtrack models` lists those there are."
        )
        raise UnknownRun(f"There is no registered model {match['name']!r}. {known}", tuple(nearest))
    for run, version, alias in rows:
        if alias == match["alias"] if match["alias"] else version == int(match["version"]):
            return int(run)
    aliases = sorted({f"@{alias}" for _, _, alias in rows if alias})
    has = ", ".join([*aliases, *(f":v{version}" for version in sorted({version for _, version, _ in rows}))])
    raise UnknownRun(f"There is no {ref!r}; {match['name']} has {has}.")


def _by_prefix(connection: sqlite3.Connection, ref: str) -> int:
    prefix = ref.lower()
    if len(prefix) < _SHORTEST_PREFIX or not set(prefix) <= set("0123456789abcdef-"):
        raise unknown(connection, ref)
    rows = connection.execute(
        "SELECT pk, id, label FROM runs WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 11",
        (prefix, prefix + "g"),
    ).fetchall()
    if not rows:
        raise unknown(connection, ref)
    if len(rows) > 1:
        shown = ", ".join(f"{id_} ({label})" for _, id_, label in rows[:10])
        more = " and more" if len(rows) > 10 else ""  # noqa: PLR2004 - one more than is shown was asked for
        raise AmbiguousRun(
            f"Several runs begin with {ref!r}: {shown}{more}. Give more characters, or the label.",
            tuple(id_ for _, id_, _ in rows[:10]),
        )
    return int(rows[0][0])


def unknown(connection: sqlite3.Connection, ref: str) -> UnknownRun:
    """The error for a reference that means nothing, with the labels that resemble it."""
    removed = connection.execute(
        "SELECT label, date(removed_at, 'unixepoch', 'localtime'), removed_by FROM tombstones "
        "WHERE label = ?1 OR run_id = lower(?1) ORDER BY tombstones.removed_at DESC LIMIT 1",
        (ref,),
    ).fetchone()
    if removed is not None:
        return UnknownRun("The run {} was removed on {} by {}.".format(*removed))
    if connection.execute("SELECT 1 FROM registered_models WHERE name = ?", (ref,)).fetchone():
        return UnknownRun(f"{ref} is a registered model: say which of its versions, such as {ref}:v1.")
    stem = ref.rpartition("-")[0]
    labels = connection.execute(
        "SELECT label FROM (SELECT label FROM runs ORDER BY started_at DESC LIMIT ?) "
        "UNION SELECT stem || '-' || last FROM label_numbers WHERE stem = ? OR last > 0 LIMIT ?",
        (_NEWEST_LABELS, stem, 2 * _NEWEST_LABELS),
    )
    folded = {label.lower(): label for (label,) in labels}
    import difflib  # where a name is unknown only

    close = difflib.get_close_matches(ref.lower(), folded, n=3, cutoff=0.5)
    nearest = tuple(folded[one] for one in close)
    hint = f"The nearest are {', '.join(nearest)}." if nearest else "`%track runs` lists the runs there are."
    return UnknownRun(f"There is no run {ref!r}. {hint}", nearest)

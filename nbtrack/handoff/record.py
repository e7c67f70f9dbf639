"""A run with the executions it depends on as JSON, complete enough to stand in another store, and back.

What cells printed stays behind, which may hold rows of data, and so does the source of the project's modules, of which
the bundle carries what the model needs. Texts go through redaction once more.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from nbtrack import records
from nbtrack.errors import BundleRefused
from nbtrack.handoff.redacting import outward
from nbtrack.records import Execution, Run, Scored

__all__ = ["from_record", "to_record"]

_TEXTS = frozenset(
    {"source", "note", "path", "notebook_path", "message", "traceback", "name", "tags", "capture_notes"}
)
_LEFT: dict[str, Any] = {"stdout": "", "stderr": "", "modules": {}}
_DEEPEST = 64


def to_record(run: Run, executions: Sequence[Execution], scored: Sequence[Scored]) -> dict[str, Any]:
    """JSON-ready data of the run, of the executions it needs, in their order, and of what it was measured on."""
    left = dataclasses.replace(run, stale=(), registered=(), reproduction=None)
    needed = [one for one in executions if one.id != run.execution.id]
    return {
        "run": _plain(left, ""),
        "executions": [_plain(one, "") for one in needed],
        "scored": [_plain(one, "") for one in scored],
    }


def _plain(value: Any, name: str) -> Any:  # noqa: PLR0911 - one for each kind of value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [field.name for field in dataclasses.fields(value)]
        return {each: _LEFT.get(each, _plain(getattr(value, each), each)) for each in fields}
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, str):
        return outward(value) if name in _TEXTS else value
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):  # noqa: PLR0124 - NaN
        return {"float": str(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item, name) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_plain(item, name) for item in value]
    return value


def from_record(data: Any) -> tuple[Run, list[Execution], list[Scored]]:
    """The run, the executions and what it was measured on again, each field of its type.

    Raises:
        BundleRefused: the data is not what :func:`to_record` gives.
    """
    try:
        run = _typed(Run, data["run"], 0)
        executions = [_typed(Execution, one, 0) for one in data["executions"]]
        scored = [_typed(Scored, one, 0) for one in data["scored"]]
    except (KeyError, TypeError, ValueError, RecursionError, AttributeError) as error:
        raise BundleRefused(f"record.json is not the record of a run: {error}.", "record.json") from error
    return run, executions, scored


def _typed(kind: Any, value: Any, depth: int) -> Any:
    """``value`` as the annotation ``kind`` says; raises TypeError where it is something else."""
    if depth > _DEEPEST:
        raise ValueError("it is nested too deeply")
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in {typing.Union, types.UnionType}:
        return _one_of(arguments, value, depth)
    if origin is typing.Literal:
        return value if value in arguments else _wrong(kind, value)
    if origin is not None:
        return _container(kind, origin, arguments, value, depth)
    if dataclasses.is_dataclass(kind):
        return _record(kind, value, depth)
    return _scalar(kind, value)


def _container(kind: Any, origin: Any, arguments: Sequence[Any], value: Any, depth: int) -> Any:
    if issubclass(origin, Mapping):
        pairs = value if isinstance(value, dict) else _wrong(kind, value)
        return {key: _typed(arguments[1], item, depth + 1) for key, item in pairs.items()}
    items = value if isinstance(value, list) else _wrong(kind, value)
    if origin is tuple and arguments[-1] is not Ellipsis:
        return tuple(_typed(each, item, depth + 1) for each, item in zip(arguments, items, strict=True))
    return tuple(_typed(arguments[0], item, depth + 1) for item in items)


def _scalar(kind: Any, value: Any) -> Any:
    if kind is float:
        told = value["float"] if isinstance(value, dict) else value
        known = isinstance(told, int | float | str) and not isinstance(told, bool)
        return float(told) if known else _wrong(kind, value)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(value)
    if kind in {str, int, bool}:
        return value if type(value) is kind else _wrong(kind, value)
    return value  # JSON as it is


def _one_of(kinds: Sequence[Any], value: Any, depth: int) -> Any:
    if value is None and type(None) in kinds:
        return None
    for kind in kinds:
        if kind is not type(None):
            try:
                return _typed(kind, value, depth)
            except (TypeError, KeyError, AttributeError):
                continue
    return _wrong(kinds, value)


def _record(kind: Any, value: Any, depth: int) -> Any:
    # JSON is taken as it is: its definition refers to itself.
    hints = typing.get_type_hints(kind, None, {**vars(records), "JSON": Any})
    if not isinstance(value, dict) or value.keys() - hints.keys():
        _wrong(kind, value)
    return kind(**{name: _typed(hints[name], item, depth + 1) for name, item in value.items()})


def _wrong(kind: Any, value: Any) -> Any:
    raise TypeError(f"{str(value)[:80]!r} is no {getattr(kind, '__name__', kind)}")

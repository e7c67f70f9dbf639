"""Values that people choose, as JSON: typed, bounded, without secrets and without addresses of memory.

Whatever a value is, its parameter is made: user classes may raise anything from ``__repr__`` or ``__iter__``, and
then their class's name stands for them.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import math
import re
import sys
import types
from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from numbers import Real
from pathlib import PurePath
from typing import Any

from nbtrack.digests import digest_bytes
from nbtrack.observe.met_secrets import without_met
from nbtrack.observe.redaction import redact_value
from nbtrack.records import JSON, Param, ParamOrigin

__all__ = ["is_plain", "param", "to_json"]

MAX_BYTES = 4096
"""Longer JSON is replaced by its type, size and digest."""

MAX_DEPTH = 8
MAX_NODES = 20_000
"""Of a container with more elements than this only type and length are told."""

SHORT_ARRAY = 32
"""A one-dimensional array up to this length is a list of choices (a grid of alphas), not data."""

SHORT_TEXT = 120
PLAIN_TEXT = 512
PLAIN_ITEMS = 64

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{4,}")
_INT64 = 1 << 63
_DECIMAL_BITS = 10_000


def param(
    name: str,
    value: object,
    origin: ParamOrigin,
    execution_id: str | None = None,
    *,
    max_bytes: int = MAX_BYTES,
) -> Param:
    """The parameter record of a value, whatever the value is.

    Args:
        name: what the author calls it.
        value: any object; see :func:`to_json` for what becomes of it.
        origin: where it comes from.
        execution_id: the execution that gave it, if another than the run's own.
        max_bytes: when its JSON takes more bytes in UTF-8, ``{"type", "bytes", "digest"}`` stand for it.
    """
    if value is None or value is True or value is False or (type(value) is float and math.isfinite(value)):
        # Most params, and never secrets.
        return Param(name=name, value=value, origin=origin, execution_id=execution_id)
    plain, redacted = redact_value(name, to_json(value, max_bytes=max_bytes))
    plain, met = without_met(plain)
    return Param(name=name, value=plain, origin=origin, execution_id=execution_id, redacted=redacted or met)


def is_plain(value: object) -> bool:
    """Whether the value is a scalar, a short string or a small container of those: what a choice looks like."""
    try:
        return _plain_items(value, 3) <= PLAIN_ITEMS
    except Exception:
        return False  # a container that cannot be gone through is no choice


def _plain_items(value: object, depth: int) -> int:
    """The number of scalars in a plain value; beyond any bound for others."""
    if isinstance(value, str):
        return 1 if len(value) <= PLAIN_TEXT else sys.maxsize
    if value is None or isinstance(value, _SCALARS) or _is_numpy_scalar(value):
        return 1
    if isinstance(value, range):
        return 1
    if isinstance(value, dict):
        items: Iterable[object] = (part for pair in value.items() for part in pair)
    elif isinstance(value, list | tuple | set | frozenset):
        items = value
    else:
        return sys.maxsize
    if not depth or len(value) > PLAIN_ITEMS:
        return sys.maxsize
    return sum((_plain_items(item, depth - 1) for item in items), start=1)


def to_json(value: object, *, max_bytes: int = MAX_BYTES) -> JSON:
    """The value as JSON.

    Numbers of numpy and torch become Python's; NaN and the infinities the strings ``"NaN"``, ``"Infinity"``,
    ``"-Infinity"``; integers beyond 64 bits, ``Decimal``, ``Fraction`` and complex numbers their text; enums
    ``Class.member``; dates ISO 8601; tuples lists; sets sorted lists; functions and classes their qualified names;
    arrays and frames type and shape (short one-dimensional arrays lists); other objects their own text where it is
    short and without addresses, else the name of their class. Of what is too long, type, size and digest remain.
    """
    if type(value) in _AS_THEY_ARE and max_bytes >= PLAIN_TEXT * 2 and _is_short(value):
        return value  # type: ignore[return-value]  # one of JSON's own
    if isinstance(value, str | bytes | bytearray) and len(value) > max_bytes:
        return _large(value, value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value)
    budget = _Budget(MAX_NODES)
    try:
        plain = _convert(value, budget, ())
        text = json.dumps(plain, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except _Exhausted:
        return {"type": _class_name(value), "length": _length(value)}
    except KeyboardInterrupt:
        raise
    except BaseException:
        return _class_name(value)  # even SystemExit may come out of a user's __repr__ or __iter__
    return plain if len(text) <= max_bytes else _large(value, text)


def _is_short(value: Any) -> bool:
    """Whether a value of these types is JSON as it stands, and short: what most params are."""
    if type(value) is float:
        return math.isfinite(value)
    if type(value) is int:
        return -_INT64 <= value < _INT64
    return type(value) is not str or (len(value) <= SHORT_TEXT and value.isascii())


def _large(value: object, data: bytes | bytearray) -> JSON:
    return {"type": _class_name(value), "bytes": len(data), "digest": digest_bytes(data)}


class _Exhausted(Exception):  # noqa: N818 - a signal between two functions here
    """More elements than are worth going through."""


class _Budget:
    """Counts elements, so that no container takes long."""

    def __init__(self, nodes: int) -> None:
        self.nodes = nodes

    def spend(self) -> None:
        self.nodes -= 1
        if self.nodes < 0:
            raise _Exhausted


def _convert(value: Any, budget: _Budget, above: tuple[int, ...]) -> JSON:
    """One value; ``above`` are the identities of the containers it is in."""
    budget.spend()
    for kinds, convert in _CONVERSIONS:
        if isinstance(value, kinds):
            return convert(value)
    if isinstance(value, list | tuple | set | frozenset | dict):
        if id(value) in above or len(above) >= MAX_DEPTH:
            return "..."
        return _container(value, budget, (*above, id(value)))
    if _is_numpy_scalar(value):
        item = value.item()  # of a long double it is a long double again
        return _convert(
            float(item) if isinstance(item, Real) and _is_numpy_scalar(item) else item, budget, above
        )
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and _root(value) in _ARRAYS:
        return _array(value, shape, budget, above)
    return _text(value)


def _container(value: Any, budget: _Budget, above: tuple[int, ...]) -> JSON:
    if isinstance(value, dict):
        return {_key(key): _convert(item, budget, above) for key, item in value.items()}
    items = [_convert(item, budget, above) for item in value]
    if isinstance(value, set | frozenset):
        items.sort(key=_order)
    return items


def _order(item: JSON) -> tuple[str, Any]:
    return ("", item) if isinstance(item, int | float) else (type(item).__name__, json.dumps(item))


def _key(key: object) -> str:
    plain = _convert(key, _Budget(100), ())
    return plain if isinstance(plain, str) else json.dumps(plain)


def _string(value: str) -> str:
    text = str.__str__(value)
    # A lone surrogate has no UTF-8 form; no database takes it.
    return text.encode("utf-8", "backslashreplace").decode("utf-8") if not text.isascii() else text


def _integer(value: int) -> JSON:
    number = int(value)
    if -_INT64 <= number < _INT64:
        return number
    # Python refuses to write very long integers as decimals; no power of two is too long.
    return str(number) if number.bit_length() < _DECIMAL_BITS else hex(number)


def _float(value: float) -> JSON:
    number = float(value)
    if math.isnan(number):
        return "NaN"
    return number if math.isfinite(number) else "Infinity" if number > 0 else "-Infinity"


def _bytes(value: bytes | bytearray) -> JSON:
    return repr(bytes(value)) if len(value) <= SHORT_TEXT else _large(value, value)


def _qualified(value: Any) -> str:
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None) or value.__name__
    return name if module in {None, "builtins", "__main__"} else f"{module}.{name}"


def _partial(value: functools.partial[Any]) -> str:
    return f"functools.partial({_text(value.func)})"


def _array(value: Any, shape: tuple[int, ...], budget: _Budget, above: tuple[int, ...]) -> JSON:
    """Short vectors and single numbers as such; of the rest, type and shape."""
    if len(shape) < 2 and math.prod(shape) <= SHORT_ARRAY and hasattr(value, "tolist"):  # noqa: PLR2004 - a vector
        return _convert(value.tolist(), budget, above)
    return f"{_root(value)}.{type(value).__name__}({', '.join(map(str, shape))})"


def _text(value: object) -> str:
    """An object's own text where it is short, one line and without address; else its class's name."""
    name = _class_name(value)
    if callable(value) and isinstance(getattr(value, "__name__", None), str):
        return _qualified(value)  # a function of compiled code, a ufunc, a decorated one
    if type(value).__repr__ is object.__repr__:
        return name
    text = repr(value)
    short = len(text) <= SHORT_TEXT and "\n" not in text and not _ADDRESS.search(text)
    return _string(text) if short and text.isprintable() else name


def _class_name(value: object) -> str:
    return type.__dict__["__name__"].__get__(type(value))  # type: ignore[no-any-return]  # past any metaclass


def _length(value: Any) -> int | None:
    try:
        return len(value)
    except Exception:
        return None  # the length is a courtesy


def _root(value: object) -> str:
    return str(type(value).__module__).partition(".")[0]


def _is_numpy_scalar(value: object) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.generic)


_AS_THEY_ARE = frozenset({bool, int, float, str, type(None)})
_ARRAYS = frozenset(
    {"numpy", "torch", "pandas", "polars", "scipy", "jax", "jaxlib", "cupy", "pyarrow", "tensorflow"}
)
_SCALARS = (
    bool,
    int,
    float,
    complex,
    Decimal,
    Fraction,
    Enum,
    dt.date,
    dt.time,
    dt.timedelta,
    PurePath,
)
_NAMED = (type, types.FunctionType, types.BuiltinFunctionType, types.MethodType)
_CONVERSIONS: tuple[tuple[Any, Callable[[Any], JSON]], ...] = (
    (types.NoneType, lambda _: None),
    (Enum, lambda value: f"{_class_name(value)}.{value.name}"),
    (bool, bool),
    (int, _integer),
    (float, _float),
    (str, _string),
    ((Decimal, Fraction, complex, dt.timedelta, PurePath), lambda value: _string(str(value))),
    ((dt.date, dt.time), lambda value: value.isoformat()),
    ((bytes, bytearray), _bytes),
    (_NAMED, _qualified),
    (types.ModuleType, lambda value: value.__name__),
    (functools.partial, _partial),
)

"""What a class or function takes: parameters with their defaults, and which of them an author wrote.

Signatures are read once per class or function. A constructor's defaults are compared with what an object
holds, so answers are as good as scikit-learn's convention that ``__init__`` keeps its arguments untouched.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from nbtrack.frameworks.protocol import Call

__all__ = [
    "REQUIRED",
    "Bound",
    "bound",
    "init_defaults",
    "public",
    "same",
    "same_or_spread",
    "seen_building",
    "split",
]

REQUIRED: Final = inspect.Parameter.empty
"""Stands for the default of a parameter that has none."""

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_inits: WeakKeyDictionary[type, Mapping[str, Any]] = WeakKeyDictionary()
_positions: WeakKeyDictionary[Callable[..., Any], tuple[str, ...]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Bound:
    """One passed argument: where it stands in the call, the parameter's name (None: unknown), the value."""

    parameter: int | str
    name: str | None
    value: Any


def init_defaults(cls: type) -> Mapping[str, Any]:
    """Parameters of the class's ``__init__`` with their defaults; :data:`REQUIRED` where there is none.

    Where ``__init__`` takes ``**kwargs``, those of the base classes are added, as XGBoost's classes mean it.
    """
    known = _inits.get(cls)
    if known is None:
        known = _inits[cls] = _read_defaults(cls)
    return known


def _read_defaults(cls: type) -> dict[str, Any]:
    defaults: dict[str, Any] = {}
    for base in cls.__mro__:
        init = vars(base).get("__init__")
        if init is None or base is object:
            continue
        try:
            parameters = list(inspect.signature(init).parameters.values())[1:]
        except (TypeError, ValueError):
            break  # a constructor in C without a signature
        for parameter in parameters:
            if parameter.kind in _NAMED:
                defaults.setdefault(parameter.name, parameter.default)
        if all(parameter.kind is not inspect.Parameter.VAR_KEYWORD for parameter in parameters):
            break
    return defaults


def bound(call: Call) -> list[Bound]:
    """The call's arguments with the names of the parameters that they are bound to."""
    names = _positional(call) if call.args else ()
    arguments = [Bound(i, names[i] if i < len(names) else None, value) for i, value in enumerate(call.args)]
    arguments += [Bound(name, name, value) for name, value in call.kwargs.items()]
    return arguments


def _positional(call: Call) -> tuple[str, ...]:
    function = getattr(call.function, "__func__", call.function)
    try:
        names = _positions.get(function)
        if names is None:
            names = _positions[function] = _read_positional(function)
    except TypeError:  # not hashable or not weakly referable: a callable object, a partial
        names = _read_positional(function)
    return names[1:] if function is not call.function else names


def _read_positional(function: Callable[..., Any]) -> tuple[str, ...]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(parameter.name for parameter in parameters if parameter.kind in positional)


def same(value: Any, default: Any) -> bool:
    """Whether a value is what the default is, in type too; two NaNs are the same. Never raises."""
    if value is default:
        return True
    if type(value) is not type(default):
        return False
    try:
        return bool(value == default) or bool(value != value and default != default)  # noqa: PLR0124 - NaN
    except Exception:  # arrays have no truth value; a user's __eq__ may raise anything
        return False


def same_or_spread(value: Any, default: Any) -> bool:
    """As :func:`same`, where a layer also keeps a default of 1 as ``(1, 1)``, once per dimension."""
    if same(value, default):
        return True
    return type(value) is tuple and len(value) > 0 and all(same(item, default) for item in value)


_written: list[Callable[[object], frozenset[str]]] = []


def seen_building(written: Callable[[object], frozenset[str]]) -> None:
    """From now on ``written`` tells which parameters an object was seen to be built with, whatever their values."""
    _written[:] = [written]


def split(
    values: Mapping[str, Any], defaults: Mapping[str, Any], of: object = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part an object's parameters into those the author wrote and those that kept their defaults.

    Where the object ``of`` was seen to be built, what was written there counts, also at a default's value.

    A float that equals its default but is another object was written too: CPython makes a new float for each
    literal, constructors and ``copy`` keep the object. Unpickling makes all of them new, so this counts only
    where another float of the same object still is its default.
    """
    floats = [name for name, value in values.items() if type(value) is float is type(defaults.get(name))]
    constructed = any(values[name] is defaults[name] for name in floats)
    named = _written[0](of) if _written and of is not None else frozenset()
    written: dict[str, Any] = {}
    kept: dict[str, Any] = {}
    for name, value in values.items():
        default = defaults.get(name, REQUIRED)
        fresh = name in named or (constructed and type(value) is float and value is not default)
        (kept if same(value, default) and not fresh else written)[name] = value
    return written, kept


def public(value: object) -> dict[str, Any]:
    """An object's attributes that have the names of its constructor's parameters."""
    held = getattr(value, "__dict__", None) or {}
    return {name: held[name] for name in init_defaults(type(value)) if name in held}

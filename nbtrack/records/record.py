"""What makes a class a record: a frozen dataclass with slots, whose methods are made when they are first asked for.

``dataclasses.dataclass(frozen=True, slots=True)`` writes and compiles five methods for each class, 0.8 ms of a
processor; with some sixty records that is half of what a command such as ``nbtrack runs`` has. Here equality,
hash, representation and the refusal to be changed are shared by all, and ``__init__`` is compiled when the
first record of its class is made. For all else they are dataclasses: ``fields``, ``replace`` and ``asdict`` work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, NoReturn, TypeVar, dataclass_transform, overload

__all__ = ["record"]

T = TypeVar("T")


@overload
def record(cls: type[T], /) -> type[T]: ...
@overload
def record(*, kw_only: bool = True) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field, Field))
def record(cls: type[T] | None = None, /, *, kw_only: bool = True) -> Any:
    """Make a record of a class whose fields are annotated; they are given by name unless ``kw_only`` is false."""
    if cls is None:
        return lambda cls: _make(cls, kw_only=kw_only)
    return _make(cls, kw_only=kw_only)


def _make(cls: type[Any], *, kw_only: bool) -> type[Any]:
    for method in (__eq__, __hash__, __repr__, __setattr__, __delattr__, __getstate__, __setstate__):
        setattr(cls, method.__name__, method)
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
    made.__init__ = _Initializer()
    made.__compared__ = attrgetter(*(each.name for each in fields(made) if each.compare))
    return made  # type: ignore[no-any-return]


class _Initializer:
    """``__init__`` of a record, before it was first asked for."""

    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        initialize = _compiled(owner)
        owner.__init__ = initialize
        return initialize if instance is None else initialize.__get__(instance, owner)


def _compiled(cls: type[Any]) -> Any:
    """``__init__`` with the fields as parameters; each is put into its slot, past ``__setattr__``."""
    known: dict[str, Any] = {"MISSING": MISSING}
    places: list[str] = []
    names: list[str] = []
    lines: list[str] = []
    for each in fields(cls):
        name = each.name
        known[f"put_{name}"] = getattr(cls, name).__set__
        given, value = name, name
        if each.default is not MISSING:
            known[f"default_{name}"] = each.default
            given = f"{name}=default_{name}"
        elif each.default_factory is not MISSING:
            known[f"new_{name}"] = each.default_factory
            given, value = f"{name}=MISSING", f"new_{name}() if {name} is MISSING else {name}"
        (names if each.kw_only else places).append(given)
        lines.append(f"    put_{name}(self, {value})")
    parameters = ", ".join(["self", *places, *(["*", *names] if names else [])])
    # As dataclasses do: the source is made of the names of fields, which are identifiers.
    exec("\n".join([f"def __init__({parameters}):", *lines]), known)  # noqa: S102 - see above
    made = known["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    made.__module__ = cls.__module__
    made.__annotations__ = {**{each.name: each.type for each in fields(cls)}, "return": None}
    return made


def __eq__(self: Any, other: Any) -> bool:  # noqa: N807 - becomes a method
    if other.__class__ is not self.__class__:
        return NotImplemented
    return bool(self.__compared__(self) == self.__compared__(other))


def __hash__(self: Any) -> int:  # noqa: N807 - becomes a method
    return hash(self.__compared__(self))


def __repr__(self: Any) -> str:  # noqa: N807 - becomes a method
    told = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{self.__class__.__qualname__}({', '.join(told)})"


def __setattr__(_self: Any, name: str, _value: object) -> NoReturn:  # noqa: N807 - becomes a method
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def __delattr__(_self: Any, name: str) -> NoReturn:  # noqa: N807 - becomes a method
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def __getstate__(self: Any) -> list[Any]:  # noqa: N807 - becomes a method
    return [getattr(self, each.name) for each in fields(self)]


def __setstate__(self: Any, state: list[Any]) -> None:  # noqa: N807 - becomes a method
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)

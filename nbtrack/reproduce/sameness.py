"""Whether two objects, each made in its own process, contain the same: whatever their pickles look like.

Bytes of pickles differ for equal objects: by the ids that cloudpickle gives to classes of a notebook, by which strings
are shared, by the order of sets. So the objects are walked in parallel, down to arrays and plain values.
"""

from __future__ import annotations

import copyreg
import functools
import math
import types
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Comparison", "compare"]

_MOST_PARTS = 2_000_000
# Attributes that hold how long something took: no property of the model.
_DURATIONS = frozenset(
    {
        "fit_time",
        "mean_fit_time",
        "mean_score_time",
        "refit_time_",
        "score_time",
        "std_fit_time",
        "std_score_time",
    }
)
_PLAIN = (str, bytes, bytearray, int, bool, complex, type(None), type(Ellipsis), range, slice)


@dataclass(slots=True)
class Comparison:
    """What was found: ``differs`` where something that is no number differs, ``unknown`` where it cannot be told.

    ``largest`` is the largest relative difference between numbers (0: none differ). ``where`` is the first place.
    """

    differs: bool = False
    unknown: bool = False
    largest: float = 0.0
    where: str = ""
    _seen: dict[tuple[int, int], Any] = field(default_factory=dict)
    _parts: int = 0

    @property
    def equal(self) -> bool:
        """Whether nothing differs at all, and everything could be compared."""
        return not self.differs and not self.unknown and self.largest == 0

    def _note(self, path: str) -> None:
        self.where = self.where or path or "itself"

    def differ(self, path: str) -> None:
        """Something differs there that is no number."""
        self._note(path)
        self.differs = True

    def doubt(self, path: str) -> None:
        """What is there cannot be compared."""
        self._note(path)
        self.unknown = True

    def off(self, relative: float, path: str) -> None:
        """Numbers there differ by so much, relative to the larger."""
        if relative > 0:
            self._note(path)
            self.largest = max(self.largest, relative)


def compare(one: object, other: object) -> Comparison:
    """Walk both objects in parallel until something differs that is no number, or to the end."""
    result = Comparison()
    try:
        _walk(one, other, "", result)
    except RecursionError:
        result.doubt("nested too deeply")
    return result


def _walk(one: Any, other: Any, path: str, result: Comparison) -> None:
    if result.differs:
        return
    result._parts += 1  # noqa: SLF001 - the walk's own count
    if result._parts > _MOST_PARTS:  # noqa: SLF001 - as above
        result.doubt(f"{path}: too large to be walked through")
        return
    if one is other:
        return
    key = (id(one), id(other))
    if key in result._seen:  # noqa: SLF001 - as above
        return
    result._seen[key] = (one, other)  # noqa: SLF001 - the references keep the ids from reuse
    if _kind(type(one)) != _kind(type(other)):
        result.differ(f"{path} ({type(one).__name__}, {type(other).__name__})")
        return
    for matches, walk in _WALKS:
        if matches(one):
            walk(one, other, path, result)
            return
    _objects(one, other, path, result)


def _kind(kind: type) -> tuple[str, str]:
    return str(kind.__module__), kind.__qualname__


# Leaves.


def _plain(one: Any, other: Any, path: str, result: Comparison) -> None:
    if one != other:
        result.differ(path)


def _floats(one: float, other: float, path: str, result: Comparison) -> None:
    result.off(relative_difference(float(one), float(other)), path)


def relative_difference(one: float, other: float) -> float:
    """How far two numbers are apart, relative to the larger; 0 for two NaNs, infinite for a NaN and a number."""
    if one == other or (math.isnan(one) and math.isnan(other)):
        return 0.0
    if not (math.isfinite(one) and math.isfinite(other)):
        return math.inf
    difference, largest = abs(one - other), max(abs(one), abs(other))
    if difference == math.inf:  # too large for a number, as halves are not; halves of the smallest would be 0
        return abs(one / 2 - other / 2) / (largest / 2)
    return difference / largest


def _arrays(one: Any, other: Any, path: str, result: Comparison) -> None:
    import numpy as np

    one, other = np.asarray(one), np.asarray(other)
    if one.dtype != other.dtype or one.shape != other.shape:
        result.differ(f"{path} ({one.dtype}{list(one.shape)}, {other.dtype}{list(other.shape)})")
    elif one.dtype.names is not None:
        for name in one.dtype.names:
            _arrays(one[name], other[name], f"{path}[{name!r}]", result)
    elif one.dtype.hasobject:
        for place, (left, right) in enumerate(zip(one.ravel(), other.ravel(), strict=True)):
            _walk(left, right, f"{path}[{place}]", result)
    elif one.dtype.kind in "fc":
        equal = (one == other) | (np.isnan(one) & np.isnan(other))
        if not equal.all():
            result.off(_largest(one[~equal], other[~equal]), path)
    elif not np.array_equal(one, other):
        result.differ(path)


def _largest(one: Any, other: Any) -> float:
    import numpy as np

    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return math.inf
    left, right = np.abs(one).astype("float64"), np.abs(other).astype("float64")
    with np.errstate(all="ignore"):
        largest = np.maximum(left, right)
        apart = np.abs(one - other).astype("float64") / largest
        if not np.isfinite(apart).all():  # as above
            halves = np.abs(one / 2 - other / 2).astype("float64") / (largest / 2)
            apart = np.where(np.isfinite(apart), apart, halves)
        return float(np.max(apart))


def _tensors(one: Any, other: Any, path: str, result: Comparison) -> None:
    if (
        one.dtype != other.dtype
        or tuple(one.shape) != tuple(other.shape)
        or one.requires_grad != other.requires_grad
    ):
        result.differ(path)
        return
    left, right = (each.detach().cpu() for each in (one, other))
    if left.is_sparse or left.is_quantized:
        result.doubt(f"{path}: a tensor of a special layout")
        return
    if left.dtype.is_floating_point and left.element_size() < 4:  # noqa: PLR2004 - numpy lacks bfloat16
        left, right = left.float(), right.float()
    _arrays(left.numpy(), right.numpy(), path, result)


def _code(one: Any, other: Any, path: str, result: Comparison) -> None:
    """Functions of the notebook: their code, defaults, what they closed over, and the globals they name."""
    if hasattr(one, "__wrapped__") != hasattr(other, "__wrapped__"):
        result.differ(path)
        return
    if _told_by_code(one.__code__) != _told_by_code(other.__code__):
        result.differ(path)
        return
    _walk(one.__defaults__, other.__defaults__, f"{path}.__defaults__", result)
    _walk(one.__kwdefaults__, other.__kwdefaults__, f"{path}.__kwdefaults__", result)
    cells = [[_content(cell) for cell in function.__closure__ or ()] for function in (one, other)]
    _walk(cells[0], cells[1], f"{path}.__closure__", result)
    # Of a function that was pickled by value, the globals are those that it names.
    named = [
        {name: g[name] for name in one.__code__.co_names if name in g}
        for g in (one.__globals__, other.__globals__)
    ]
    _walk(named[0], named[1], f"{path}.__globals__", result)


def _told_by_code(code: types.CodeType) -> tuple[Any, ...]:
    constants = tuple(
        _told_by_code(each) if isinstance(each, types.CodeType) else (type(each).__name__, repr(each))
        for each in code.co_consts
    )
    return code.co_code, code.co_names, code.co_varnames, code.co_freevars, constants


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None  # still empty


def _classes(one: type, other: type, path: str, result: Comparison) -> None:
    """Classes of libraries are told by name; those of the notebook by what they define."""
    if one.__module__ != "__main__":
        return
    left, right = (
        {name: part for name, part in vars(each).items() if _defines(name, part)} for each in (one, other)
    )
    _dictionaries(left, right, path, result)


def _defines(name: str, part: object) -> bool:
    """Whether a class attribute was written by its author: what Python adds is told by underscores, methods are not."""
    return name != "_abc_impl" and (not name.startswith("__") or isinstance(part, types.FunctionType))


def _wrapped(one: Any, other: Any, path: str, result: Comparison) -> None:
    """A static method, a class method."""
    _walk(one.__func__, other.__func__, path, result)


def _properties(one: property, other: property, path: str, result: Comparison) -> None:
    _walk((one.fget, one.fset, one.fdel), (other.fget, other.fset, other.fdel), path, result)


def _named(one: Any, other: Any, path: str, result: Comparison) -> None:
    if getattr(one, "__name__", one) != getattr(other, "__name__", other):
        result.differ(path)


def _methods(one: Any, other: Any, path: str, result: Comparison) -> None:
    _named(one.__func__, other.__func__, path, result)
    _walk(one.__self__, other.__self__, path, result)


def _partials(one: Any, other: Any, path: str, result: Comparison) -> None:
    _walk((one.func, one.args, one.keywords), (other.func, other.args, other.keywords), path, result)


# Containers.


def _sequences(one: Any, other: Any, path: str, result: Comparison) -> None:
    if len(one) != len(other):
        result.differ(f"{path} (length {len(one)}, {len(other)})")
        return
    for place, (left, right) in enumerate(zip(one, other, strict=True)):
        _walk(left, right, f"{path}[{place}]", result)
    if type(one) not in {list, tuple}:
        _walk(getattr(one, "__dict__", None), getattr(other, "__dict__", None), path, result)


def _sets(one: Any, other: Any, path: str, result: Comparison) -> None:
    if one != other:
        if len(one) == len(other) and not all(isinstance(each, str | int | float | tuple) for each in one):
            result.doubt(path)
        else:
            result.differ(path)


def _dictionaries(one: Any, other: Any, path: str, result: Comparison) -> None:
    keys = [[key for key in each if key not in _DURATIONS] for each in (one, other)]
    if len(keys[0]) != len(keys[1]):
        result.differ(f"{path} ({len(keys[0])} entries, {len(keys[1])})")
        return
    for left, right in zip(*keys, strict=True):
        if left in other:
            _walk(one[left], other[left], _inside(path, left), result)
        elif isinstance(left, str | int | float | bytes | tuple):
            result.differ(_inside(path, left))
        else:  # keys that are compared by identity: by place
            _walk(left, right, f"{path} key", result)
            _walk(one[left], other[right], f"{path} value", result)


def _inside(path: str, key: object) -> str:
    return f"{path}.{key}" if isinstance(key, str) and key.isidentifier() else f"{path}[{key!r:.40}]"


def _frames(one: Any, other: Any, path: str, result: Comparison) -> None:
    from nbtrack.digests import content

    left, right = content(one), content(other)
    if left.by_pickle or right.by_pickle:
        result.doubt(path)
    elif left.digest != right.digest:
        result.differ(path)


# Any other object: as pickle would take it apart.


def _objects(one: Any, other: Any, path: str, result: Comparison) -> None:
    try:
        left, right = _reduced(one), _reduced(other)
    except Exception as error:  # a __reduce__ of anybody's
        result.doubt(f"{path} ({type(one).__name__}: {type(error).__name__})")
        return
    if isinstance(left, str) or isinstance(right, str):
        if left != right:
            result.differ(path)
        return
    _walk(left[0], right[0], path, result)
    _walk(left[1], right[1], path, result)
    for place in range(2, 5):
        state, other_state = (_listed(each[place] if len(each) > place else None) for each in (left, right))
        _walk(state, other_state, path, result)


def _reduced(value: Any) -> Any:
    reducer = copyreg.dispatch_table.get(type(value))
    if reducer is not None:
        return reducer(value)
    return value.__reduce_ex__(4)


def _listed(part: Any) -> Any:
    """Items of lists and dictionaries come as iterators."""
    return list(part) if isinstance(part, Iterable) and hasattr(part, "__next__") else part


def _is_array(value: Any) -> bool:
    kind = type(value)
    return kind.__module__ == "numpy" and hasattr(value, "dtype") and hasattr(value, "ravel")


def _is_tensor(value: Any) -> bool:
    return (
        hasattr(type(value), "__torch_function__")
        and hasattr(value, "detach")
        and hasattr(value, "requires_grad")
    )


def _is_frame(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] in {"pandas", "polars", "pyarrow"} and hasattr(
        value, "shape"
    )


_WALKS: tuple[tuple[Any, Any], ...] = (
    (lambda value: isinstance(value, float) and type(value).__module__ == "builtins", _floats),
    (_is_array, _arrays),
    (lambda value: isinstance(value, _PLAIN) and type(value).__module__ == "builtins", _plain),
    (_is_tensor, _tensors),
    (_is_frame, _frames),
    (lambda value: isinstance(value, dict), _dictionaries),
    (lambda value: isinstance(value, list | tuple), _sequences),
    (lambda value: isinstance(value, set | frozenset), _sets),
    (lambda value: isinstance(value, types.FunctionType), _code),
    (lambda value: isinstance(value, types.MethodType), _methods),
    (lambda value: isinstance(value, functools.partial), _partials),
    (lambda value: isinstance(value, staticmethod | classmethod), _wrapped),
    (lambda value: isinstance(value, property), _properties),
    (lambda value: isinstance(value, type), _classes),
    (lambda value: isinstance(value, types.BuiltinFunctionType | types.ModuleType), _named),
)

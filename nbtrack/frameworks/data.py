"""Telling data from choices, and numbers from what holds them, without importing any library."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from numbers import Number
from typing import Any

from nbtrack.frameworks.protocol import Argument
from nbtrack.frameworks.signatures import Bound

__all__ = ["arguments", "is_array", "is_data", "named_numbers", "number", "numbers", "plain", "shown"]

# fmt: off
_LIBRARIES = frozenset({
    "numpy", "pandas", "polars", "pyarrow", "scipy", "torch", "tensorflow", "jax", "jaxlib", "cupy", "cudf",
    "dask", "xarray", "modin", "geopandas", "datasets", "torchvision", "torch_geometric", "patsy", "vaex",
    "pyspark", "sparse",
})
_CONTAINERS = (
    "Dataset", "DatasetV2", "DataLoader", "DataModule", "DataBunch", "DMatrix", "Pool", "Trainset",
)
_DATA_NAMES = frozenset({
    "X", "x", "y", "Y", "data", "df", "dataset", "train_data", "training_data", "sample_weight",
    "sample_weights", "weights", "groups", "group", "base_margin", "init_score", "raw_documents", "qid",
    "durations", "event_observed", "feature_weights", "sentences", "corpus",
})
_CHOICE_NAMES = frozenset({
    "classes", "categorical_feature", "cat_features", "feature_name", "feature_names", "timeline",
    "class_weight", "text_features", "embedding_features", "train_sizes", "alphas", "lambdas",
})
_VALIDATION = ("eval_", "val_", "valid", "X_val", "y_val", "sample_weight_eval", "base_margin_eval")
_VALIDATION_CHOICES = frozenset({
    "eval_metric", "eval_names", "validation_split", "validation_steps", "validation_freq", "eval_period",
    "validation_batch_size", "val_check_interval", "eval_at", "eval_class_weight", "valid_names",
    "eval_steps",
})
# fmt: on
_WRITTEN_OUT = frozenset({"pandas", "pathlib", "datetime", "decimal"})
_LONGEST_RANGE = 256
"""Above so many values a range says more as it is written."""
_PLAIN = (type(None), bool, int, float, complex, str, bytes)


def is_data(value: object) -> bool:
    """Whether the value holds observations: an array, frame, tensor, dataset, or list of numbers or rows."""
    return _is_rows(value) if isinstance(value, (list, tuple)) else is_array(value)


def is_array(value: object) -> bool:
    """Whether the value is an array, frame, tensor or dataset of some library: data, wherever it stands."""
    if isinstance(value, _PLAIN) or _is_used_up(value):
        return False
    bases = type(value).__mro__
    if any(base.__name__.endswith(_CONTAINERS) for base in bases):
        return True
    return any(base.__module__.partition(".")[0] in _LIBRARIES for base in bases) and _has_extent(value)


def _has_extent(value: Any) -> bool:
    shape = getattr(value, "shape", None)
    if isinstance(shape, Sequence):
        return len(shape) > 0
    return type(value).__module__.startswith("pyarrow") and hasattr(type(value), "__len__")


def _is_rows(value: Sequence[Any]) -> bool:
    """A list of numbers, of rows (lists of anything plain, dicts), or of arrays; not a list of names."""
    if not value:
        return False
    first = value[0]
    if isinstance(first, (list, tuple)):
        return bool(first) and isinstance(first[0], (*_PLAIN, list, tuple, Number))
    return _is_number(first) or is_data(first)


def _is_number(value: object) -> bool:
    return isinstance(value, Number) and not isinstance(value, bool)


def arguments(given: Sequence[Bound]) -> tuple[tuple[Argument, ...], dict[str, Any]]:
    """Part the arguments of a fitting call into data, with roles, and the author's choices.

    A list counts as data under a name that stands for data, or in one of the first two places.
    """
    data: list[Argument] = []
    choices: dict[str, Any] = {}
    for argument in given:
        name = argument.name or ""
        if argument.value is None or _is_used_up(argument.value):
            continue
        if name.startswith(_VALIDATION) and name not in _VALIDATION_CHOICES:
            data += _flattened("validation", name, argument.value)
        elif _is_input(argument):
            role = "test" if name.startswith(("test", "X_test", "y_test")) else "train"
            data.append(Argument(role, argument.parameter, argument.value))
        elif name:
            choices[name] = shown(argument.value)
    return tuple(data), choices


def _is_input(argument: Bound) -> bool:
    name = (argument.name or "").rpartition("__")[2]
    if name in _CHOICE_NAMES or isinstance(argument.value, _PLAIN):
        return False
    if name in _DATA_NAMES or argument.parameter in {0, 1}:
        return is_data(argument.value) or _is_inputs(argument.value)
    return is_array(argument.value)


def _is_inputs(value: Any) -> bool:
    """Where data is expected: texts or objects in a list, several inputs by name, an iterable of batches."""
    if isinstance(value, Mapping):
        return any(is_data(item) for item in value.values())
    return not callable(value) and hasattr(type(value), "__iter__") and not _is_used_up(value)


def _is_used_up(value: object) -> bool:
    """Whether looking into the value takes from it: a generator, a file, an iterator over batches."""
    return hasattr(type(value), "__next__")


def _flattened(role: str, name: str, value: Any) -> Iterator[Argument]:
    """``eval_set=[(X, y)]`` holds ``eval_set[0][0]`` and ``eval_set[0][1]``."""
    if isinstance(value, (list, tuple)) and not (value and isinstance(value[0], Number)):
        for index, item in enumerate(value):
            yield from _flattened(role, f"{name}[{index}]", item)
    elif is_data(value):
        yield Argument(role, name, value)


def number(value: Any) -> float | None:
    """The value as a float if it is one real number (a 0-d array or tensor of one element too), else None."""
    if isinstance(value, (bool, int, float)):
        return float(value)
    if isinstance(value, (str, bytes, complex)) or getattr(value, "shape", None) not in ((), (1,)):
        return None
    if type(value).__name__ == "MaskedConstant":
        return None  # NumPy reads its masked value as 0
    try:
        return float(value.item())
    except (AttributeError, TypeError, ValueError, RuntimeError):
        return None  # a string scalar, a tensor without storage


def numbers(values: Any) -> tuple[float, ...]:
    """A sequence or one-dimensional array as floats; empty where anything in it is no number."""
    found = [number(value) for value in values]
    return () if None in found else tuple(value for value in found if value is not None)


def named_numbers(value: object, names: Iterable[str]) -> dict[str, float]:
    """Those of the object's attributes that are numbers; libraries raise where a model has no such number."""
    found: dict[str, float] = {}
    for name in names:
        with suppress(Exception):
            told = number(getattr(value, name, None))
            if told is not None:
                found[name] = told
    return found


def shown(value: Any) -> Any:
    """A parameter's value as it is to be read: plain values as they are, the rest by name.

    Arrays, frames, paths and dates stay as they are; how they are written down is not decided here.
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [shown(item) for item in value]
    if isinstance(value, Mapping):
        return {key: shown(item) for key, item in value.items()}
    if isinstance(value, range):
        # Not its length: that of a huge range does not fit into the machine's integers.
        return repr(value) if value[_LONGEST_RANGE:] else list(value)
    return _shown_object(value)


def _shown_object(value: Any) -> Any:
    if isinstance(value, type) or (callable(value) and hasattr(value, "__name__")):
        return value.__name__
    if hasattr(value, "shape"):
        return value.item() if value.shape == () and hasattr(value, "item") else value
    if isinstance(value, _PLAIN) or type(value).__module__.partition(".")[0] in _WRITTEN_OUT:
        return value
    return _distribution(value) or type(value).__name__


def _distribution(value: Any) -> str | None:
    """A frozen SciPy distribution as written: ``uniform(0, 4)``."""
    name = getattr(getattr(value, "dist", None), "name", None)
    if not isinstance(name, str):
        return None
    parts = [repr(shown(item)) for item in getattr(value, "args", ())]
    parts += [f"{key}={shown(item)!r}" for key, item in getattr(value, "kwds", {}).items()]
    return f"{name}({', '.join(parts)})"


def plain(value: Any) -> Any:
    """A cell of a table of trials: JSON's scalars and lists as they are, the rest by name or text."""
    value = shown(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return value if isinstance(value, (type(None), bool, int, float, str)) else str(value)

"""Which names say metric, and which values are numbers: what a scoring call, a variable or a loop gives."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from numbers import Real
from typing import Any

from nbtrack.observe.vocabulary import METRIC_WORDS, NOT_METRIC_ENDINGS, SCORING

__all__ = ["SCORING", "curve", "metric_name", "number", "scores", "test_numbers"]

MAX_POINTS = 100_000
"""A longer sequence of numbers is data, not the curve of a training."""

MAX_ITEMS = 20
"""An array of scores up to this length is kept item by item beside its mean and standard deviation."""

MAX_SCORES = 200
"""So many numbers are taken from one result, at most."""

MAX_DEPTH = 4

ARRAY_LIBRARIES = frozenset({"numpy", "torch", "jax", "jaxlib", "cupy", "tensorflow", "mlx", "paddle"})
"""Top-level modules whose arrays answer ``shape`` and ``item()``."""

_TUPLES = {
    # Support counts the rows of each class; it is not a score.
    "precision_recall_fscore_support": ("precision", "recall", "fscore", None),
    "homogeneity_completeness_v_measure": ("homogeneity", "completeness", "v_measure"),
    "class_likelihood_ratios": ("positive_likelihood_ratio", "negative_likelihood_ratio"),
}

_TEST_RESULTS = frozenset({"ContrastResults", "StatisticalResult"})
_TEST_NUMBERS = ("fvalue", "statistic", "test_statistic", "pvalue", "p_value")

_NOT_SCORES = re.compile(r"(?:_curve|_matrix|_distances|_kernels|_samples|_at_thresholds)\Z")
"""Functions of ``sklearn.metrics`` and their likes whose arrays are not scores."""

_METRIC_PAIRS = frozenset(
    {("r", "squared"), ("explained", "variance"), ("log", "likelihood"), ("hit", "rate")}
)
_NOT_FIRST = frozenset({"plot", "print", "show", "draw", "display", "no", "n", "num", "use", "is", "has"})
_JOINED = re.compile(
    r"(?:train|test|valid|val|dev|cv|oob|best|mean|avg|total|final|sum|running|epoch|batch)(?=\w)"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+")


@lru_cache(maxsize=4096)
def metric_name(name: str) -> bool:
    """Whether the name of a function or variable says that its value is a metric or a loss.

    ``rmse``, ``val_loss``, ``accuracy_score``, ``testAcc`` do; ``loss_fn``, ``scorer``, ``loss_weight`` do
    not, and neither does a plural such as ``losses``, which is a curve at most.
    """
    words = [word.lower() for word in _WORD.findall(name.rpartition(".")[2])]
    while words and words[-1].isdigit():
        words.pop()
    if not words or words[0] in _NOT_FIRST or words[-1] in NOT_METRIC_ENDINGS:
        return False
    return any(map(_is_metric_word, words)) or any(pair in _METRIC_PAIRS for pair in pairwise(words))


def _is_metric_word(word: str) -> bool:
    plain = _JOINED.sub("", word, count=1) or word
    return any(
        form in METRIC_WORDS for form in (word, plain, word.rstrip("0123456789"), plain.rstrip("0123456789"))
    )


def number(value: object) -> float | None:
    """The value as a float if it is one real number, else None.

    Numbers are those of Python and numpy, ``Decimal``, ``Fraction``, and arrays or tensors of one element on
    any device. Booleans, complex numbers, strings and integers beyond the range of a float are none.
    """
    if type(value) is float:
        return value
    if isinstance(value, bool):
        return None
    try:
        if type(value) is getattr(
            sys.modules.get("torch"), "Tensor", None
        ):  # looked at in every pass of a loop
            return _from_tensor(value)
        if isinstance(value, Real | Decimal):
            # numpy counts its durations among the integers; a duration's number depends on its unit.
            return None if getattr(getattr(value, "dtype", None), "kind", "") == "m" else float(value)
        return _from_array(value)
    except Exception:
        return None  # a number type whose conversion fails does not tell a number


def _from_tensor(value: Any) -> float | None:
    item = value.item() if value.numel() == 1 else None
    return float(item) if type(item) is float or type(item) is int else None


def _from_array(value: Any) -> float | None:
    if not _is_array(value) or math.prod(value.shape) != 1 or (hasattr(value, "filled") and value.mask.all()):
        return None
    detached = value.detach() if hasattr(value, "detach") else value
    item = detached.item() if hasattr(detached, "item") else detached.numpy().item()
    # ``item`` of a non-numeric array is whatever object it holds; of a number, a plain Python number.
    return None if isinstance(item, bool) or not isinstance(item, int | float | Decimal) else float(item)


def _is_array(value: object) -> bool:
    kinds = type(value).__mro__
    return any(str(kind.__module__).partition(".")[0] in ARRAY_LIBRARIES for kind in kinds) and hasattr(
        value,
        "shape",
    )


def curve(value: object) -> tuple[float, ...] | None:
    """The values of a list, tuple or one-dimensional array of numbers, at least two; else None.

    More than :data:`MAX_POINTS` values are data, not a curve.
    """
    items = _items(value)
    if items is None or len(items) < 2:  # noqa: PLR2004 - one point is no curve
        return None
    values = []
    for item in items:
        point = number(item)
        if point is None:
            return None
        values.append(point)
    return tuple(values)


def _items(value: Any) -> list[Any] | None:
    """The elements of a one-dimensional container of moderate length, or None."""
    if isinstance(value, list | tuple):
        return list(value) if len(value) <= MAX_POINTS else None
    try:
        if (
            not (_is_array(value) or _is_series(value))
            or len(value.shape) != 1
            or value.shape[0] > MAX_POINTS
        ):
            return None
        plain = value.detach() if hasattr(value, "detach") else value
        items = plain.tolist() if hasattr(plain, "tolist") else plain.numpy().tolist()
    except Exception:
        return None  # an array that cannot be read has no values to tell
    return items if isinstance(items, list) else None


def _is_series(value: object) -> bool:
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    return bool(
        (pandas is not None and isinstance(value, pandas.Series | pandas.Index))
        or (polars is not None and isinstance(value, polars.Series)),
    )


def test_numbers(value: object) -> dict[str, float]:
    """Statistic and p-value in the result of a test about a model; of other values none.

    Such are what statsmodels' ``f_test`` and lifelines' ``log_likelihood_ratio_test`` return.
    """
    if type(value).__name__ not in _TEST_RESULTS:
        return {}
    told = {name: number(getattr(value, name, None)) for name in _TEST_NUMBERS}
    return {name: each for name, each in told.items() if each is not None}


def scores(name: str, result: object) -> dict[str, float]:
    """The numbers in a scoring call's result, named.

    Args:
        name: the function called, qualified or not, such as ``accuracy_score``.
        result: what it returned.

    Returns:
        ``{name: value}`` of a number; of dictionaries ``name.key`` (nested ones joined by dots); of a list
        or tuple ``name.0`` and so on, or its fields' names; of per-class or per-fold arrays ``name.mean``,
        ``name.std`` (of the population) and, up to :data:`MAX_ITEMS`, each item. A result without scores,
        such as a confusion matrix or a text, gives none. The suffix ``_score`` of scikit-learn's functions
        is left out of names.
    """
    function = name.rpartition(".")[2]
    if _NOT_SCORES.search(function):
        return {}
    known = _TUPLES.get(function)
    short = function.removesuffix("_score") if function in SCORING else function
    try:
        if known is not None and isinstance(result, tuple) and len(result) == len(known):
            pairs = ((part, item) for part, item in zip(known, result, strict=True) if part is not None)
            return dict(_limited(pair for part, item in pairs for pair in _flatten(part, item, 1)))
        return dict(_limited(_flatten(short, result, 0)))
    except Exception:
        return {}  # a result whose own methods fail gives no numbers


def _limited(pairs: Iterable[tuple[str, float]]) -> Iterable[tuple[str, float]]:
    return (pair for _, pair in zip(range(MAX_SCORES), pairs, strict=False))


def _flatten(name: str, value: Any, depth: int) -> Iterable[tuple[str, float]]:
    single = number(value)
    if single is not None:
        yield name, single
    elif depth >= MAX_DEPTH:
        return
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(key, str | int | float):
                yield from _flatten(f"{name}.{key}", item, depth + 1)
    elif isinstance(value, list | tuple):
        fields = getattr(value, "_fields", None) or range(len(value))
        for field, item in zip(fields, value, strict=False):
            if number(item) is not None:
                yield from _flatten(f"{name}.{field}", item, depth + 1)
    elif _is_series(value) and len(value) <= MAX_ITEMS:
        yield from _flatten(name, dict(zip(_labels(value), value.tolist(), strict=True)), depth + 1)
    else:
        yield from _summary(name, curve(value))


def _labels(series: Any) -> list[Any]:
    labels = series.index.tolist() if hasattr(series, "index") else list(range(len(series)))
    return labels if len(set(labels)) == len(labels) else list(range(len(labels)))


def _summary(name: str, values: tuple[float, ...] | None) -> Iterable[tuple[str, float]]:
    if values is None:
        return
    mean = sum(values) / len(values)
    yield f"{name}.mean", mean
    yield f"{name}.std", math.sqrt(sum((item - mean) ** 2 for item in values) / len(values))
    if len(values) <= MAX_ITEMS:
        for position, item in enumerate(values):
            yield f"{name}.{position}", item

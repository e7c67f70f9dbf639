"""Compares a run's stored model with the one that came out again; runs in the fresh kernel, where its classes are.

Two models are the same where all they contain is; where that cannot be told or differs, by what they predict on the
data that the run itself was fed. Labels prove little, since other models give the same ones; numbers do.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nbtrack.reproduce.sameness import Comparison, compare

__all__ = ["compare_stored"]

_ROWS = 100
_METHODS = ("predict_proba", "decision_function", "predict", "transform", "score_samples")


def compare_stored(given: Mapping[str, Any], namespace: Mapping[str, Any]) -> dict[str, Any]:
    """How two stored models compare.

    Args:
        given: ``then`` and ``now``, each a list of files (pickle stream, then buffers); ``data``: names of data that
            the run was fed, the training data first, each with its digest.
        namespace: the user's namespace, in which the names are looked up.

    Returns:
        ``equal`` (None: unknown), ``by`` (content or predictions), ``difference`` (relative) and ``why``.
    """
    try:
        then, now = (_load(given[key]) for key in ("then", "now"))
    except Exception as error:  # a model of anybody's
        return _answer(why=f"the stored model cannot be loaded: {type(error).__name__}: {error}")
    found = compare(then, now)
    if found.equal:
        return _answer(equal=True, by="content")
    if not found.differs and not found.unknown:
        return _answer(equal=False, by="content", difference=found.largest, why=f"at {found.where}")
    return _by_predictions(then, now, given["data"], namespace, found)


def _load(files: list[str]) -> Any:
    from nbtrack.observe.models import deserialize

    stream, *buffers = (Path(file).read_bytes() for file in files)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return deserialize(stream, [bytearray(buffer) for buffer in buffers])


def _by_predictions(
    then: Any, now: Any, data: list[list[str]], namespace: Mapping[str, Any], contents: Comparison
) -> dict[str, Any]:
    told = f"what it contains {'cannot be compared' if contents.unknown else 'differs'} at {contents.where}"
    for name, digest in data:
        rows = _rows(name, digest, namespace)
        if rows is None:
            continue
        for predict in _ways(then):
            try:
                outcomes = [predict(model, rows) for model in (then, now)]
            except Exception:  # noqa: S112 - a model that takes other data: the next way, the next data
                continue
            found = compare(*outcomes)
            if found.unknown:
                continue
            if found.differs or found.largest:
                return _answer(
                    equal=False,
                    by="predictions",
                    difference=None if found.differs else found.largest,
                    why=told,
                )
            if _is_continuous(outcomes[0]):
                return _answer(equal=True, by="predictions", why=told)
            return _answer(by="predictions", why=f"{told}; its labels are equal, which proves little")
    return _answer(why=f"{told}, and it could not be asked to predict")


def _ways(model: Any) -> list[Callable[[Any, Any], Any]]:
    ways = [_asking(name) for name in _METHODS if hasattr(model, name)]
    if callable(model):
        ways.append(_call)
    return ways


def _asking(method: str) -> Callable[[Any, Any], Any]:
    return lambda model, rows: getattr(model, method)(rows)


def _call(model: Any, rows: Any) -> Any:
    torch: Any = sys.modules.get("torch")
    context = torch.no_grad() if torch is not None else contextlib.nullcontext()
    if torch is not None and isinstance(model, torch.nn.Module):
        model = model.eval()
    with context:
        return model(rows)


def _rows(name: str, digest: str, namespace: Mapping[str, Any]) -> Any:
    """The first rows of the data of that name, where it still is what the run was fed."""
    from nbtrack.digests import content

    value = namespace.get(name)
    if value is None:
        return None
    try:
        if content(value).digest != digest:
            return None
        return value.iloc[:_ROWS] if hasattr(value, "iloc") else value[:_ROWS]
    except Exception:
        return None  # data that knows no rows


def _is_continuous(outcome: Any) -> bool:
    dtype = getattr(outcome, "dtype", None)
    return dtype is not None and "float" in str(dtype)


def _answer(
    *,
    equal: bool | None = None,
    by: str | None = None,
    difference: float | None = None,
    why: str | None = None,
) -> dict[str, Any]:
    return {"equal": equal, "by": by, "difference": difference, "why": why}

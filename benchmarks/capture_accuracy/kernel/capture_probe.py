"""What a notebook's kernel is asked between two cells: the truth that a tracker's record is held against.

It runs in the kernel, outside any cell, so that neither the notebook nor a tracker sees it. The folder
holds nothing else, because it goes on the kernel's import path.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from IPython import get_ipython

__all__ = ["numbers_of", "outcome", "snapshot"]

MAX_NUMBERS = 5000


def snapshot(request: str) -> str:
    """Write values, model outcomes and data of this moment to ``<to>.json`` and ``<to>.pkl``.

    ``request`` is JSON: ``to`` (a path without ending), ``values`` (expressions), ``models`` (expressions),
    ``data`` (names), ``out`` (an execution count whose displayed value is wanted, or null).
    """
    asked = json.loads(request)
    namespace = get_ipython().user_ns
    silence = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
        warnings.simplefilter("ignore")
        answer = _answer(asked, namespace)
    Path(asked["to"] + ".json").write_text(json.dumps(answer), encoding="utf-8")
    return "written"


def _answer(asked: dict, namespace: dict) -> dict:
    values = {text: numbers_of(_evaluate(text, namespace)) for text in asked["values"]}
    if asked["out"] is not None:
        values["<out>"] = numbers_of(namespace.get("_oh", {}).get(asked["out"]))
    inputs = {name: value for name in asked["data"] if (value := _evaluate(name, namespace)) is not None}
    models, expected = {}, {}
    for text in asked["models"]:
        model = _evaluate(text, namespace)
        if model is None:
            continue
        size, seconds = _pickled(model)
        expected[text] = outcome(model, inputs)
        models[text] = {
            "classes": class_names(model),
            "pickle_bytes": size,
            "pickle_seconds": seconds,
            "outcome": expected[text][0],
        }
        if (history := getattr(model, "history", None)) is not None:
            values[f"<History> {text}"] = numbers_of(getattr(history, "history", history))
    if models:
        import cloudpickle

        with contextlib.suppress(Exception):  # data that cannot be pickled: the models are only loaded then
            Path(asked["to"] + ".pkl").write_bytes(
                cloudpickle.dumps({"inputs": inputs, "expected": expected})
            )
    return {"values": values, "models": models}


def _evaluate(text: str, namespace: dict) -> Any:
    try:
        return eval(text, namespace)
    except Exception:
        return None


def class_names(model: Any) -> list[str]:
    """The names a model may rightly go by: its class, and for a results object the class that was fitted."""
    kinds = {type(model).__name__: None}
    for attribute in ("_results", "model"):
        part = getattr(model, attribute, None)
        if part is not None and not callable(part):
            kinds.setdefault(type(part).__name__, None)
    return list(kinds)


def _pickled(model: Any) -> tuple[int | None, float | None]:
    import cloudpickle

    start = time.perf_counter()
    try:
        size = len(cloudpickle.dumps(model, protocol=5))
    except Exception:
        return None, None
    return size, time.perf_counter() - start


def numbers_of(value: Any) -> Any:
    """The numbers in a value: one, or ``{"numbers": [...], "shape": [...]}``, ``{"items": {...}}``, or None.

    Tables and dicts become items; arrays, series, tensors and lists a flat list.
    """
    if isinstance(value, bool | int | float):
        return value
    history = getattr(value, "history", None)
    if isinstance(history, Mapping):
        return numbers_of(history)
    if isinstance(value, Mapping) or hasattr(value, "columns"):
        return {"items": {str(key): _item(value[key]) for key in value}}
    try:
        flat = _flat(value)
    except Exception:
        return None
    if flat is None:
        return None
    shape = getattr(value, "shape", (len(flat),))
    return (
        flat[0] if tuple(shape) == () else {"numbers": flat[:MAX_NUMBERS], "shape": [int(n) for n in shape]}
    )


def _item(value: Any) -> Any:
    return value if isinstance(value, str) else numbers_of(value)


def _flat(value: Any) -> list[float] | None:
    import numpy as np

    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    array = np.asarray(value)
    if array.dtype == object:
        array = np.asarray([_flat(item) for item in value], dtype=float)
    return array.astype(float).ravel().tolist() if array.dtype.kind in "fiub" else None


def outcome(model: Any, inputs: Mapping[str, Any]) -> tuple[str, Any]:
    """What a fitted model says about data: how it was asked, and the answer as an array or None."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(model, torch.nn.Module):
        return _ask_torch(torch, model, inputs)
    for method in ("predict", "transform"):
        for name, value in inputs.items():
            answer = _ask(model, method, value)
            if answer is not None:
                return f"{method}({name})", answer
    answer = _ask(model, "predict")
    if answer is not None:
        return "predict()", answer
    return "state", _state(model)


def _ask_torch(torch: Any, model: Any, inputs: Mapping[str, Any]) -> tuple[str, Any]:
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            for name, value in inputs.items():
                with contextlib.suppress(Exception):
                    return f"forward({name})", model(value).cpu().numpy()
        return "state", [array.cpu().numpy() for array in model.state_dict().values()]
    finally:
        model.train(was_training)


def _ask(model: Any, method: str, *data: Any) -> Any:
    import numpy as np

    columns = getattr(model, "feature_names_in_", None)
    if data and columns is not None and hasattr(data[0], "columns"):
        with contextlib.suppress(Exception):
            data = (data[0][list(columns)],)
    try:
        answer = getattr(model, method)(*data)
        return np.asarray(answer.toarray() if hasattr(answer, "toarray") else answer)
    except Exception:
        return None


def _state(model: Any) -> Any:
    """Fitted arrays of a model that cannot be asked: attributes that end with ``_``, and ``params``."""
    import numpy as np

    names = sorted(name for name in dir(model) if name == "params" or (name.endswith("_") and name[0] != "_"))
    arrays = []
    for name in names:
        with contextlib.suppress(Exception):
            array = np.asarray(getattr(model, name))
            if array.dtype.kind in "fiub":
                arrays.append(array)
    return arrays or None

"""Loads the model of a bundle and predicts with it; a part of the bundle, with no other needs than the model's own.

``load(folder)`` gives an object with ``predict(data)``; MLflow finds the same under ``_load_pyfunc``. What stands in
``model/model.json`` says how the model was written. Nothing of the model is loaded before that was read.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

__all__ = ["LoadedModel", "Untrusted", "load", "outputs_of", "read_example"]

_SAFE = frozenset({"skops", "xgboost", "lightgbm", "catboost", "keras", "safetensors", "onnx"})
# Whose types a .skops file may name; everything else would be code that runs on loading.
_SKOPS_ROOTS = frozenset(
    {"catboost", "collections", "imblearn", "lightgbm", "numpy", "scipy", "sklearn", "xgboost"}
)
_READERS = re.compile(
    r"\.(load|loads|loadtxt|genfromtxt|fromfile|memmap|load_npz|save\w*|_?pickle\w*|unpickle\w*)\Z"
)


class Untrusted(Exception):  # noqa: N818 - says what the model is
    """Loading the model would run code that nobody said they trust."""


def load(folder: Path | None = None, *, trusted: bool = False) -> LoadedModel:
    """The model of the bundle in ``folder`` (default: the one that this file is in).

    ``trusted`` says that a pickle may be loaded, which runs whatever it says.

    Raises:
        Untrusted: the model is a pickle, or names code that is not a model library's, and ``trusted`` is False.
    """
    folder = Path(__file__).resolve().parent.parent if folder is None else folder
    about = json.loads((folder / "model" / "model.json").read_text(encoding="utf-8"))
    # What the file says of itself is no reason to believe it.
    if (about["format"] not in _SAFE or not about["safe"]) and not trusted:
        raise Untrusted(
            "The model is a pickle: loading it runs code. Load it only if you trust where it comes from."
        )
    for name, value in about.get("variables", {}).items():
        if name == "KERAS_BACKEND":
            os.environ.setdefault(name, value)
    about["code"] = [name for name in about.get("code") or () if _is_source(folder / "code", name)]
    if about["code"] and str(folder / "code") not in sys.path:
        sys.path.insert(0, str(folder / "code"))
    loader = _LOADERS.get(about["format"])
    if loader is None:
        raise ValueError(f"The format {about['format']!r} is of a newer bundle than this loader.")
    return LoadedModel(loader(folder / "model", about), about)


def _is_source(code: Path, name: str) -> bool:
    """Whether a module is among the bundle's own source: any other would be one that is installed."""
    return name.isidentifier() and (
        (code / f"{name}.py").is_file() or (code / name / "__init__.py").is_file()
    )


def _load_pyfunc(path: str) -> LoadedModel:
    """What MLflow calls with the path of ``model/``; who loads a model with MLflow has decided to trust it."""
    return load(Path(path).parent, trusted=True)


class LoadedModel:
    """The model, with one way to ask it.

    Attributes:
        model: the library's own object.
        about: what ``model/model.json`` says.
    """

    def __init__(self, model: Any, about: dict[str, Any]) -> None:
        self.model = model
        self.about = about

    def predict(self, data: Any) -> Any:
        """The predictions, as an array, for rows such as those in ``example/input.json``."""
        return self.outputs(data, only_first=True).popitem()[1]

    def outputs(self, data: Any, *, only_first: bool = False) -> dict[str, Any]:
        """All that is compared: the predictions, and the probabilities where the model gives them."""
        return outputs_of(self.model, self.about, data, only_first=only_first)


def outputs_of(model: Any, about: dict[str, Any], data: Any, *, only_first: bool = False) -> dict[str, Any]:
    """The outputs of a model by the name of the method; ``about`` tells its kind and its input."""
    rows = _rows(about.get("input") or {}, data)
    asked = _OUTPUTS[about["kind"]]
    if asked is not _estimator:
        return {"predict": asked(model, about, rows)}
    return asked(model, about, rows, only_first=only_first)


def read_example(folder: Path) -> Any:
    """The rows of ``example/input.json`` in the types that the model was trained with."""
    about = json.loads((folder / "model" / "model.json").read_text(encoding="utf-8"))
    values = json.loads((folder / "example" / "input.json").read_text(encoding="utf-8"))
    return rows_from_json(about["input"], values)


def rows_from_json(schema: dict[str, Any], values: dict[str, Any]) -> Any:
    """Rows as JSON in the types that ``schema`` names."""
    if schema["kind"] == "frame":
        import pandas as pd

        return _typed(schema, pd.DataFrame(values["data"], columns=values["columns"]))
    if schema["kind"] == "texts":
        return [row[0] for row in values["data"]]
    import numpy as np

    return _rows(
        schema, np.array(values["inputs"], dtype=_numpy_name(schema["dtype"])).reshape([-1, *schema["shape"]])
    )


def _numpy_name(dtype: str) -> str:
    name = dtype.removeprefix("torch.")
    return {"bfloat16": "float32", "object": "object", "half": "float16"}.get(name, name)


# Rows.


def _rows(schema: dict[str, Any], data: Any) -> Any:
    """``data`` in the form that the model was trained with."""
    kind = schema.get("kind")
    if kind == "texts":
        return list(data.iloc[:, 0]) if hasattr(data, "columns") else list(data)
    if kind == "frame":
        return _typed(schema, data) if hasattr(data, "columns") else data
    if kind == "sparse" and not hasattr(data, "tocsr"):
        from scipy import sparse

        return sparse.csr_matrix(data)
    return data.to_numpy() if kind == "array" and hasattr(data, "to_numpy") else data


def _typed(schema: dict[str, Any], frame: Any) -> Any:
    """The frame with the dtypes of the training data; a column that does not take its dtype is left as it is."""
    import pandas as pd

    frame = frame.copy()
    for column in schema["columns"]:
        name, dtype = column["name"], column["dtype"]
        if name not in frame or str(frame[name].dtype) == dtype:
            continue
        if dtype.startswith("datetime64"):
            frame[name] = pd.to_datetime(frame[name]).astype(dtype)
        elif dtype == "category" and column.get("categories"):
            frame[name] = pd.Categorical(frame[name], categories=column["categories"])
        else:
            try:
                frame[name] = frame[name].astype(dtype)
            except (TypeError, ValueError):
                continue
    return frame


# One loader for each format.


def _skops(folder: Path, about: dict[str, Any]) -> Any:
    import skops.io

    named = set(skops.io.get_untrusted_types(file=folder / about["file"]))
    code = set(about.get("code") or ())
    refused = sorted(name for name in named if not _may_load(name, code))
    unlisted = sorted(named - set(about["trusted"]))
    if refused or unlisted:
        raise Untrusted(
            f"{about['file']} names types that are not of a model library or were not there when it was written: "
            f"{', '.join(refused or unlisted)}."
        )
    return skops.io.load(folder / about["file"], trusted=sorted(named))


def _may_load(name: str, code: set[str]) -> bool:
    root = name.partition(".")[0]
    return (root in _SKOPS_ROOTS and not _READERS.search(name)) or root in code


def _xgboost(folder: Path, about: dict[str, Any]) -> Any:
    import xgboost

    model = getattr(xgboost, about["class_name"])()
    model.load_model(folder / about["file"])
    return model


def _lightgbm(folder: Path, about: dict[str, Any]) -> Any:
    import lightgbm

    return lightgbm.Booster(model_file=folder / about["file"])


def _catboost(folder: Path, about: dict[str, Any]) -> Any:
    import catboost

    return getattr(catboost, about["class_name"])().load_model(str(folder / about["file"]))


def _keras(folder: Path, about: dict[str, Any]) -> Any:
    import keras

    known: dict[str, type] = {}
    for module in about.get("code") or ():
        known |= {
            name: value
            for name, value in vars(importlib.import_module(module)).items()
            if isinstance(value, type)
        }
    return keras.saving.load_model(
        folder / about["file"], custom_objects=known, compile=False, safe_mode=True
    )


def _torch(folder: Path, about: dict[str, Any]) -> Any:
    from safetensors.torch import load_model

    net = _built(
        json.loads((folder / "architecture.json").read_text(encoding="utf-8")), set(about.get("code") or ())
    )
    load_model(net, folder / about["file"])
    net.eval()
    return net


def _onnx(folder: Path, about: dict[str, Any]) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(folder / about["file"], options, providers=["CPUExecutionProvider"])


def _pickle(folder: Path, about: dict[str, Any]) -> Any:
    import pickle

    stream = (folder / about["file"]).read_bytes()
    buffers = [bytearray((folder / name).read_bytes()) for name in about["buffers"]]
    return pickle.loads(stream, buffers=buffers)  # noqa: S301 - as above


_LOADERS = {
    "skops": _skops,
    "xgboost": _xgboost,
    "lightgbm": _lightgbm,
    "catboost": _catboost,
    "keras": _keras,
    "safetensors": _torch,
    "onnx": _onnx,
    "cloudpickle": _pickle,
}


# Where the classes and functions of a net may come from, beside the bundle's own code.
_LAYERS = re.compile(r"(torch\.nn|torchvision\.(ops|models))(\.\w+)*")
_ELEMENTWISE = frozenset(
    {"abs", "celu", "cos", "exp", "prelu", "relu", "rrelu", "selu", "sigmoid", "sin", "softmax", "tanh"}
)

# A net again, from the description of its modules: no pickle, and only classes of PyTorch and of code/.


def _built(node: dict[str, Any], code: set[str]) -> Any:
    import torch

    cls = _named(node["class"], code)
    module = cls.__new__(cls)
    torch.nn.Module.__init__(module)
    module.training = False
    for name, value in node["attributes"].items():
        setattr(module, name, _attribute(value, code))
    for name, (shape, dtype) in node["parameters"].items():
        empty = None if shape is None else torch.empty(shape, dtype=getattr(torch, dtype))
        module.register_parameter(
            name,
            None if empty is None else torch.nn.Parameter(empty, requires_grad=empty.is_floating_point()),
        )
    for name, (shape, dtype, kept) in node["buffers"].items():
        empty = None if shape is None else torch.zeros(shape, dtype=getattr(torch, dtype))
        module.register_buffer(name, empty, persistent=kept)
    for name, child in node["children"].items():
        module.add_module(name, None if child is None else _built(child, code))
    if hasattr(module, "_init_flat_weights"):  # of recurrent layers, which keep a list of their parameters
        module._init_flat_weights()  # noqa: SLF001 - as their own constructor does
    for name, same in node.get("shared", {}).items():
        _share(module, name, same)
    return module


def _share(module: Any, name: str, same: str) -> None:
    """Let the parameter at the path ``name`` be the one at ``same``: tied weights."""
    holder, _, attribute = name.rpartition(".")
    other, _, attribute_there = same.rpartition(".")
    target = module.get_submodule(holder)
    setattr(target, attribute, getattr(module.get_submodule(other), attribute_there))


def _attribute(value: Any, code: set[str]) -> Any:
    """An attribute again: JSON as it is, what JSON lacks as a dictionary of one kind and one value."""
    if isinstance(value, list):
        return [_attribute(item, code) for item in value]
    if not isinstance(value, dict):
        return value
    import torch

    ((kind, inner),) = value.items()
    made: dict[str, Any] = {
        "tuple": lambda: tuple(_attribute(item, code) for item in inner),
        "dict": lambda: {key: _attribute(item, code) for key, item in inner.items()},
        "float": lambda: float(inner),
        "named": lambda: _named(inner, code),
        "dtype": lambda: getattr(torch, inner),
        "size": lambda: torch.Size(inner),
        "device": lambda: torch.device(inner),
    }
    return made[kind]()


def _named(path: str, code: set[str]) -> Any:
    """A class or function by ``module:name``, of PyTorch or of the bundle's own code only."""
    module, _, name = path.partition(":")
    layers = _LAYERS.fullmatch(module) or (module == "torch" and name in _ELEMENTWISE)
    if not layers and module.partition(".")[0] not in code:
        raise Untrusted(f"The architecture names {path}, which is neither a layer of PyTorch nor in code/.")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


# How each kind is asked.


def _estimator(model: Any, about: dict[str, Any], rows: Any, *, only_first: bool = False) -> dict[str, Any]:
    """What an object with scikit-learn's interface says: its predictions, or what it transforms the rows to."""
    import numpy as np

    del about
    method = next(name for name in ("predict", "transform", "score_samples") if hasattr(model, name))
    found = {method: _array(getattr(model, method)(rows))}
    if not only_first and method == "predict" and hasattr(model, "predict_proba"):
        found["predict_proba"] = np.asarray(_array(model.predict_proba(rows)))
    return found


def _array(value: Any) -> Any:
    import numpy as np

    if isinstance(value, tuple):
        value = value[0]
    if hasattr(value, "toarray"):
        value = value.toarray()
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    return np.asarray(value)


def _booster(model: Any, about: dict[str, Any], rows: Any) -> Any:
    import xgboost

    del about
    return _array(model.predict(xgboost.DMatrix(rows, enable_categorical=True)))


def _lightgbm_output(model: Any, about: dict[str, Any], rows: Any) -> Any:
    """What the estimator would predict: a class where it was a classifier."""
    import numpy as np

    raw = np.asarray((model.booster_ if hasattr(model, "booster_") else model).predict(rows))
    classes = about.get("classes")
    if classes is None:
        return raw
    places = raw.argmax(axis=1) if raw.ndim == 2 else (raw > 0.5).astype(int)  # noqa: PLR2004 - even odds
    return np.asarray(classes)[places]


def _keras_output(model: Any, about: dict[str, Any], rows: Any) -> Any:
    del about
    return _array(model.predict(rows, verbose=0))


def _net(model: Any, about: dict[str, Any], rows: Any) -> Any:
    import numpy as np
    import torch

    dtype = getattr(torch, about["input"]["dtype"].removeprefix("torch."), torch.float32)
    given = rows if isinstance(rows, torch.Tensor) else torch.from_numpy(np.array(rows, copy=True))
    parameter = next(model.parameters(), None)
    was_training, _ = model.training, model.eval()
    try:
        with torch.no_grad():
            return _array(
                model(given.to(dtype=dtype, device=None if parameter is None else parameter.device))
            )
    finally:
        model.train(was_training)


def _onnx_output(model: Any, about: dict[str, Any], rows: Any) -> Any:
    import numpy as np

    names = [one.name for one in model.get_inputs()]
    types = {one.name: _ONNX_TYPES.get(one.type, "float32") for one in model.get_inputs()}
    if len(names) == 1:
        given = np.asarray(rows.to_numpy() if hasattr(rows, "to_numpy") else rows)
        if about["input"]["kind"] == "texts":
            given = given.reshape(-1, 1)
        return _chosen(model.run(None, {names[0]: given.astype(types[names[0]])}), about)
    # By their places: the converter gives columns names of its own where theirs hold spaces.
    if len(names) != len(rows.columns):
        raise ValueError(f"The model takes {len(names)} columns, and the rows have {len(rows.columns)}.")
    columns = {
        name: rows.iloc[:, place].to_numpy().reshape(-1, 1).astype(types[name])
        for place, name in enumerate(names)
    }
    return _chosen(model.run(None, columns), about)


def _chosen(outputs: list[Any], about: dict[str, Any]) -> Any:
    """The output that is the prediction: the first, or as it was told, which of its columns, in which shape a row."""
    place, column, shape = about.get("output") or (0, None, None)
    found = _array(outputs[place])
    if column is not None:
        found = found[:, column]
    return found if shape is None else found.reshape([len(found), *shape])


_ONNX_TYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
    "tensor(string)": "object",
    "tensor(float16)": "float16",
}

_OUTPUTS: dict[str, Any] = {
    "estimator": _estimator,
    "booster": _booster,
    "lightgbm": _lightgbm_output,
    "keras": _keras_output,
    "net": _net,
    "onnx": _onnx_output,
}

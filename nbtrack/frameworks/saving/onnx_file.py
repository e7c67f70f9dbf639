"""Models as ONNX, on request.

Scikit-learn's go through skl2onnx, XGBoost's and LightGBM's through onnxmltools, CatBoost's and PyTorch's through their
own exporters.

A conversion computes in single precision and covers part of what a model can be, so its predictions are compared
with the model's own before it is handed on.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import warnings
from collections.abc import Callable
from typing import Any

from nbtrack.frameworks.saving.protocol import CannotWrite, Request, Written
from nbtrack.records import JSON

__all__ = ["write_onnx"]


def write_onnx(request: Request) -> Written:
    """Write ``model.onnx``.

    Raises:
        CannotWrite: the model has no conversion, or there are no example rows to tell its input by.
    """
    if request.rows is None:
        raise CannotWrite("ONNX needs example rows to tell the model's input by")
    convert = _converter(request.model)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            made, output = convert(request), _output(request)
    except (ImportError, CannotWrite):
        raise
    except Exception as error:  # the converters raise many kinds of their own
        raise CannotWrite(f"the model has no conversion to ONNX: {type(error).__name__}: {error}") from error
    _forget_origins(made)
    (request.folder / "model.onnx").write_bytes(made.SerializeToString(deterministic=True))
    return Written(
        format="onnx",
        kind="onnx",
        file="model.onnx",
        safe=True,
        packages=("onnxruntime", "numpy"),
        facts={"output": output},
    )


def _converter(model: Any) -> Callable[[Request], Any]:
    roots = [base.__module__.partition(".")[0] for base in type(model).__mro__]
    if "torch" in roots:
        return _of_net
    return next((_BOOSTERS[root] for root in roots if root in _BOOSTERS), _of_estimator)


def _output(request: Request) -> list[JSON]:
    """Which output of the conversion is the prediction, which column where it is but one, and the shape of its rows."""
    model = request.model
    if type(model).__name__ == "Booster":
        # It predicts probabilities, where its conversion gives labels first.
        classes = _classes_of(model)
        if not classes:
            return [0, None, []]
        return [1, 1, []] if classes == 2 else [1, None, None]  # noqa: PLR2004 - of two the second is told
    predict = getattr(model, "predict", None)
    if predict is None or hasattr(model, "forward"):
        return [0, None, None]
    # Numbers come out of a conversion as a matrix of one column, where most models give them in a row, and CatBoost
    # the other way round.
    return [0, None, list(predict(request.rows).shape[1:])]


def _classes_of(booster: Any) -> int:
    """How many classes a raw booster tells the probabilities of; 0: it predicts numbers.

    Raises:
        CannotWrite: of its objective it is not known what it predicts.
    """
    if type(booster).__module__.startswith("xgboost"):
        learner = json.loads(booster.save_config())["learner"]
        objective, count = learner["objective"]["name"], int(learner["learner_model_param"]["num_class"])
    else:
        given = booster.params
        objective, count = str(given.get("objective", "")), int(given.get("num_class", 0))
    if objective in {"binary:logistic", "binary"}:
        return 2
    if objective in {"multi:softprob", "multiclass"}:
        return count
    if objective.startswith("reg") or objective in {"l2", "l1", "mse", "mae", "huber", "quantile"}:
        return 0
    raise CannotWrite(f"what a booster with the objective {objective!r} predicts has no conversion to ONNX")


def _of_estimator(request: Request) -> Any:
    from skl2onnx import to_onnx
    from sklearn.base import is_classifier

    rows = request.rows
    options = {id(request.model): {"zipmap": False}} if is_classifier(request.model) else None
    if isinstance(rows, list):
        from skl2onnx.common.data_types import StringTensorType

        return to_onnx(request.model, initial_types=[("input", StringTensorType([None, 1]))], options=options)
    if hasattr(rows, "columns"):
        frame = _single(rows)
        if len(frame.select_dtypes("number").columns) == len(frame.columns):
            # Many converters take one matrix only; those that choose columns by name take the columns.
            with contextlib.suppress(Exception):
                return to_onnx(request.model, frame.to_numpy()[:1].astype("float32"), options=options)
        return to_onnx(request.model, frame, options=options)
    return to_onnx(request.model, rows[:1].astype("float32"), options=options)


def _of_xgboost(request: Request) -> Any:
    import onnxmltools

    model = copy.deepcopy(request.model)  # its columns lose their names: the converter takes f0, f1, … only
    booster = model if type(model).__name__ == "Booster" else model.get_booster()
    booster.feature_names = None
    return onnxmltools.convert_xgboost(model, initial_types=_matrix(request))


def _of_lightgbm(request: Request) -> Any:
    import onnxmltools

    return onnxmltools.convert_lightgbm(request.model, initial_types=_matrix(request), zipmap=False)


def _of_catboost(request: Request) -> Any:
    import onnx

    file = request.folder / "catboost.onnx"
    try:
        request.model.save_model(str(file), format="onnx")
        made = onnx.load(file)
    finally:
        file.unlink(missing_ok=True)
    return _without_zipmap(made)


def _without_zipmap(made: Any) -> Any:
    """The graph without the step that turns probabilities into a list of dictionaries, as no other has."""
    zipped = [node for node in made.graph.node if node.op_type == "ZipMap"]
    for node in zipped:
        made.graph.node.remove(node)
        old = next(one for one in made.graph.output if one.name == node.output[0])
        made.graph.output.remove(old)
    return made


def _matrix(request: Request) -> list[tuple[str, Any]]:
    """The one input of a booster: a matrix of numbers in single precision.

    Raises:
        CannotWrite: a column holds no numbers.
    """
    from onnxmltools.convert.common.data_types import FloatTensorType

    rows = request.rows
    if hasattr(rows, "select_dtypes"):
        other = [
            str(name) for name in rows.columns if name not in rows.select_dtypes(["number", "bool"]).columns
        ]
        if other:
            raise CannotWrite(f"the conversion takes numbers only, and {', '.join(other)} holds none")
    return [("input", FloatTensorType([None, int(rows.shape[1])]))]


def _single(frame: Any) -> Any:
    """The frame with its numbers in single precision, which is what the converters compute in."""
    numbers = frame.select_dtypes("number").columns
    return frame.astype(dict.fromkeys(numbers, "float32"))


def _of_net(request: Request) -> Any:
    import torch

    rows = torch.as_tensor(request.rows)
    was_training = request.model.training
    request.model.eval()
    try:
        program = torch.onnx.export(
            request.model,
            (rows,),
            dynamo=True,
            input_names=["input"],
            output_names=["predict"],
            dynamic_shapes=({0: torch.export.Dim("rows")},),
            verbose=False,
        )
    finally:
        request.model.train(was_training)
    assert program is not None
    return program.model_proto


def _forget_origins(made: Any) -> None:
    """Without the lines of source and the paths of this machine that an exporter writes beside each node."""
    del made.metadata_props[:]
    for part in (made.graph, *made.functions):
        del part.metadata_props[:]
        for node in part.node:
            del node.metadata_props[:]
            node.doc_string = ""
        for value in (*part.value_info, *getattr(part, "input", ()), *getattr(part, "output", ())):
            if hasattr(value, "metadata_props"):
                del value.metadata_props[:]
    made.doc_string = ""


_BOOSTERS: dict[str, Callable[[Request], Any]] = {
    "xgboost": _of_xgboost,
    "lightgbm": _of_lightgbm,
    "catboost": _of_catboost,
}

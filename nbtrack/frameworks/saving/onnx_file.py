"""Models as ONNX, on request: scikit-learn's through skl2onnx, PyTorch's through its own exporter.

A conversion computes in single precision and covers part of what a model can be, so its predictions are compared
with the model's own before it is handed on.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

from nbtrack.frameworks.saving.protocol import CannotWrite, Request, Written

__all__ = ["write_onnx"]


def write_onnx(request: Request) -> Written:
    """Write ``model.onnx``.

    Raises:
        CannotWrite: the model has no conversion, or there are no example rows to tell its input by.
    """
    if request.rows is None:
        raise CannotWrite("ONNX needs example rows to tell the model's input by")
    net = any(base.__module__.startswith("torch.nn") for base in type(request.model).__mro__)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            made = _of_net(request) if net else _of_estimator(request)
    except ImportError:
        raise
    except Exception as error:  # the converters raise many kinds of their own
        raise CannotWrite(f"the model has no conversion to ONNX: {type(error).__name__}: {error}") from error
    _forget_origins(made)
    (request.folder / "model.onnx").write_bytes(made.SerializeToString(deterministic=True))
    return Written(
        format="onnx", kind="onnx", file="model.onnx", safe=True, packages=("onnxruntime", "numpy")
    )


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

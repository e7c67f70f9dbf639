"""Models as files for others: which formats each library has, safest first, and how they are written.

What reads them again is :mod:`nbtrack.handoff.shipped.bundle_model`, which goes into each bundle. A format is safe
where loading it runs no code but the library's own.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping

from nbtrack.frameworks.saving.protocol import CannotWrite, Request, Written

__all__ = ["FORMATS", "CannotWrite", "Request", "Written", "formats", "kind_of", "write"]

FORMATS: Mapping[str, str] = {
    "skops": "nbtrack.frameworks.saving.skops_file",
    "xgboost": "nbtrack.frameworks.saving.boosters",
    "lightgbm": "nbtrack.frameworks.saving.boosters",
    "catboost": "nbtrack.frameworks.saving.boosters",
    "keras": "nbtrack.frameworks.saving.keras_file",
    "safetensors": "nbtrack.frameworks.saving.nets",
    "onnx": "nbtrack.frameworks.saving.onnx_file",
}
"""The formats that are written here and the module of each; ``cloudpickle`` is the stored pickle as it is."""

_BY_FRAMEWORK: Mapping[str, tuple[str, ...]] = {
    "sklearn": ("skops", "onnx"),
    "xgboost": ("xgboost", "onnx"),
    "lightgbm": ("lightgbm", "onnx"),
    "catboost": ("catboost", "onnx"),
    "keras": ("keras",),
    "torch": ("safetensors", "onnx"),
}


def formats(framework: str) -> tuple[str, ...]:
    """The formats that a library's models can be written in, safest first; ``cloudpickle`` takes any."""
    return (*_BY_FRAMEWORK.get(framework, ()), "cloudpickle")


def kind_of(model: object) -> str:
    """How a model is asked: ``estimator``, ``booster``, ``lightgbm``, ``keras`` or ``net``."""
    for base in type(model).__mro__:
        root, name = base.__module__.partition(".")[0], base.__name__
        if (root, name) in _KINDS:
            return _KINDS[root, name]
    return "estimator"


_KINDS = {
    ("xgboost", "Booster"): "booster",
    ("lightgbm", "Booster"): "lightgbm",
    ("lightgbm", "LGBMModel"): "lightgbm",
    ("keras", "Model"): "keras",
    ("torch", "Module"): "net",
}


def write(format_: str, request: Request) -> Written:
    """Write the model of ``request`` into its folder.

    Raises:
        CannotWrite: this model has no such form; the message says why.
        ImportError: the library that writes it is not installed.
    """
    writer: Callable[[Request], Written] = getattr(
        importlib.import_module(FORMATS[format_]), f"write_{format_}"
    )
    return writer(request)

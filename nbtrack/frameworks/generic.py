"""The last resort: objects of an unknown library or of the notebook that have ``fit`` or ``train``.

It answers only where data goes into a method with a training verb of an object that keeps state.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any

from nbtrack.frameworks.data import arguments, is_array, is_data, number, shown
from nbtrack.frameworks.protocol import Argument, Call, Outcome, Parameters, Training
from nbtrack.frameworks.signatures import bound, init_defaults, public, split

__all__ = ["framework"]

_VERBS = frozenset({"fit", "train", "partial_fit", "learn", "fit_generator", "train_model"})
_CONTINUING = frozenset({"partial_fit", "learn_one", "train_on_batch"})
# fmt: off
_PREDICTING = frozenset({
    "predict", "predict_proba", "transform", "forecast", "decision_function", "fit_transform", "fit_predict",
    "score_samples",
})
# fmt: on
_NOT_MODELS = (types.ModuleType, type, str, bytes, int, float, complex, list, tuple, dict, set, frozenset)
# Where `fit` means something else: laying out a figure, a page, a window.
# fmt: off
_OTHER_TRADES = frozenset({
    "matplotlib", "IPython", "ipywidgets", "builtins", "PIL", "tkinter", "plotly", "bokeh", "rich", "logging",
    "io",
})
# What these libraries' own files do not answer for is no model.
_KNOWN = frozenset({
    "xgboost", "lightgbm", "catboost", "skorch", "keras", "tensorflow", "torch", "statsmodels", "lifelines",
    "optuna", "sklearn", "scipy", "numpy",
})
# fmt: on


class Generic:
    """Objects told by what they do."""

    name = "generic"
    packages: tuple[str, ...] = ()

    def owns(self, value: object) -> bool:
        if not _may_be_model(value):
            return False
        methods = {name for name in (*_VERBS, *_PREDICTING) if callable(getattr(type(value), name, None))}
        return bool(methods & _VERBS) and bool(methods & _PREDICTING)

    def training(self, call: Call) -> Training | None:
        if not (call.name in _VERBS or call.name in _CONTINUING or call.name.startswith("fit_")):
            return None
        if not _may_be_model(call.receiver):
            return None
        given = bound(call)
        data, params = arguments(given)
        if not any(is_data(argument.value) for argument in given):
            data = _held(call.receiver) if call.name in _VERBS else ()
            if not data:
                return None
        return Training("model", call.receiver, data, params, call.name in _CONTINUING)

    def outcome(self, training: Training, call: Call, result: object) -> Outcome:
        """The result where it is a fitted object of its own (as results objects are), else the receiver."""
        del call
        if result is not None and result is not training.model and _fitted_result(result, training.model):
            return Outcome(result)
        return Outcome(training.model)

    def scores(self, call: Call, result: object) -> Mapping[str, float] | None:
        if call.name not in {"score", "evaluate"} or not self.owns(call.receiver):
            return None
        value = number(result)
        return None if value is None else {"score" if call.name == "score" else "evaluate": value}

    def predicts(self, call: Call) -> bool:
        return call.name in _PREDICTING and self.owns(call.receiver)

    def parameters(self, model: object) -> Parameters:
        written, kept = split(public(model), init_defaults(type(model)), model)
        return Parameters(
            {name: shown(value) for name, value in written.items() if not is_array(value)},
            {},
            {name: shown(value) for name, value in kept.items()},
        )

    def fitted(self, model: object) -> bool | None:
        del model
        return None


def _held(receiver: object) -> tuple[Argument, ...]:
    """The data that a model was given when it was built, as classes written from a textbook are."""
    held = getattr(receiver, "__dict__", {})
    learned = init_defaults(type(receiver))
    return tuple(
        Argument("train", f"model.{name}", value)
        for name, value in held.items()
        if name in learned and is_array(value)
    )


def _may_be_model(value: object) -> bool:
    if value is None or isinstance(value, _NOT_MODELS) or is_data(value):
        return False
    root = type(value).__module__.partition(".")[0]
    return root not in _OTHER_TRADES and root not in _KNOWN


def _fitted_result(result: Any, receiver: Any) -> bool:
    if not _may_be_model(result):
        return False
    predicts = any(callable(getattr(type(result), name, None)) for name in _PREDICTING)
    return predicts or not getattr(receiver, "__dict__", None)


framework = Generic()

"""XGBoost: the estimators with scikit-learn's interface, and ``xgboost.train`` and ``xgboost.cv``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from nbtrack.frameworks import estimators, histories
from nbtrack.frameworks.data import numbers, shown
from nbtrack.frameworks.protocol import Argument, Call, Outcome, Parameters, Training, TrainingKind
from nbtrack.frameworks.signatures import Bound, bound

__all__ = ["framework"]

# Reading a matrix back makes a copy; above so many values (64 MB) the matrix itself stands for its data.
_MOST_VALUES = 8_000_000
_SET_BY_FIT = frozenset({"multi:softprob"})  # what fit writes into `objective` for more than two classes
_DATA = frozenset({"params", "dtrain", "evals", "evals_result"})


class XGBoost(estimators.Estimators):
    """Boosters and the estimators around them."""

    name = "xgboost"
    packages = ("xgboost",)

    def owns(self, value: object) -> bool:
        return isinstance(
            value, (*_classes("xgboost.sklearn", "XGBModel"), *_classes("xgboost.core", "Booster"))
        )

    def training(self, call: Call) -> Training | None:
        module = getattr(call.function, "__module__", None)
        if call.receiver is None and module == "xgboost.training":
            return _native(call)
        return (
            super().training(call)
            if isinstance(call.receiver, _classes("xgboost.sklearn", "XGBModel"))
            else None
        )

    def outcome(self, training: Training, call: Call, result: object) -> Outcome:
        if training.kind == "validation":
            return _cv_outcome(training, result)
        if training.model is None:
            history = histories.curves(call.kwargs.get("evals_result"))
            return Outcome(result, histories.last(history) | _best(result), history)
        model: Any = training.model
        booster = getattr(model, "_Booster", None)
        if not any(argument.role == "validation" for argument in training.data):
            return Outcome(model, parts=(booster,))  # evals_result_ may be left from an earlier fit
        history = histories.curves(getattr(model, "evals_result_", None))
        return Outcome(model, histories.last(history) | _best(booster), history, parts=(booster,))

    def parameters(self, model: object) -> Parameters:
        if isinstance(model, _classes("xgboost.core", "Booster")):
            return Parameters()  # a booster keeps no record of what was passed; the training's params are
        found = estimators.parameters(model)
        if found.explicit.get("objective") in _SET_BY_FIT and self.fitted(model):
            explicit = dict(found.explicit)
            return Parameters(explicit, found.grid, {**found.default, "objective": explicit.pop("objective")})
        return found

    def fitted(self, model: object) -> bool | None:
        if isinstance(model, _classes("xgboost.core", "Booster")):
            return True
        return getattr(model, "_Booster", None) is not None


def _classes(module: str, name: str) -> tuple[type, ...]:
    found = getattr(sys.modules.get(module), name, None)
    return (found,) if isinstance(found, type) else ()


def _native(call: Call) -> Training | None:
    given = {argument.name: argument for argument in bound(call)}
    matrix, chosen = given.get("dtrain"), given.get("params")
    if call.function.__name__ not in {"train", "cv"} or matrix is None:
        return None
    params = dict(chosen.value) if chosen is not None and chosen.value is not None else {}
    params |= {name: argument.value for name, argument in given.items() if name and name not in _DATA}
    data = [*_contents("train", "dtrain", matrix)]
    evals = given.get("evals")
    for index, (evaluated, _) in enumerate(evals.value if evals is not None and evals.value else ()):
        if evaluated is not matrix.value:
            data += _contents("validation", f"evals[{index}][0]", Bound("evals", "evals", evaluated))
    kind: TrainingKind = "validation" if call.function.__name__ == "cv" else "model"
    written = {name: shown(value) for name, value in params.items() if value is not None}
    return Training(kind, None, tuple(data), written)


def _contents(role: str, name: str, matrix: Bound) -> Iterator[Argument]:
    """The arrays a DMatrix holds; the matrix itself where they cannot be read back or that costs too much."""
    value = matrix.value
    try:
        size = value.num_nonmissing()
        arrays = {"data": value.get_data(), "label": value.get_label()} if size <= _MOST_VALUES else {}
    except Exception:  # external memory and quantile matrices keep no data; XGBoost's error type is its own
        arrays = {}
    if not arrays:
        yield Argument(role, matrix.parameter if role == "train" else name, value)
    for part, array in arrays.items():
        if array.shape[0]:
            yield Argument(role, f"{name}.{part}", array)


def _best(booster: Any) -> dict[str, float]:
    """What early stopping found best."""
    told = booster.attributes() if hasattr(booster, "attributes") else {}
    return {"best_score": float(told["best_score"])} if "best_score" in told else {}


def _cv_outcome(training: Training, result: Any) -> Outcome:
    table: Mapping[str, Any] = (
        result if isinstance(result, Mapping) else {name: result[name] for name in result}
    )
    curves = {str(name).replace("-", "_"): numbers(values) for name, values in table.items()}
    return Outcome(None, histories.last(curves), curves, fits=training.params.get("nfold", 3))


framework = XGBoost()

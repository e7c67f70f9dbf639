"""LightGBM: the estimators with scikit-learn's interface, and ``lightgbm.train`` and ``lightgbm.cv``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from nbtrack.frameworks import estimators, histories
from nbtrack.frameworks.data import is_data, number, numbers, shown
from nbtrack.frameworks.protocol import Argument, Call, Outcome, Parameters, Training, TrainingKind
from nbtrack.frameworks.signatures import bound

__all__ = ["framework"]

_DATA = frozenset({"params", "train_set", "valid_sets"})


class LightGBM(estimators.Estimators):
    """Boosters and the estimators around them."""

    name = "lightgbm"
    packages = ("lightgbm",)

    def owns(self, value: object) -> bool:
        return isinstance(
            value, (*_classes("lightgbm.sklearn", "LGBMModel"), *_classes("lightgbm.basic", "Booster"))
        )

    def training(self, call: Call) -> Training | None:
        if call.receiver is None and getattr(call.function, "__module__", None) == "lightgbm.engine":
            return _native(call)
        return (
            super().training(call)
            if isinstance(call.receiver, _classes("lightgbm.sklearn", "LGBMModel"))
            else None
        )

    def outcome(self, training: Training, call: Call, result: object) -> Outcome:
        if training.kind == "validation":
            return _cv_outcome(training, result)
        model: Any = result if training.model is None else training.model
        history = histories.curves(getattr(model, "_evals_result", None) or _recorded(training, call))
        parts = () if training.model is None else (getattr(model, "_Booster", None),)
        return Outcome(model, histories.last(history) | _best(model), history, parts=parts)

    def parameters(self, model: object) -> Parameters:
        if isinstance(model, _classes("lightgbm.basic", "Booster")):
            return (
                Parameters()
            )  # its `params` are mixed with what training added; the training's params are not
        return estimators.parameters(model)

    def fitted(self, model: object) -> bool | None:
        if isinstance(model, _classes("lightgbm.basic", "Booster")):
            return True
        return bool(getattr(model, "fitted_", False))


def _classes(module: str, name: str) -> tuple[type, ...]:
    found = getattr(sys.modules.get(module), name, None)
    return (found,) if isinstance(found, type) else ()


def _native(call: Call) -> Training | None:
    given = {argument.name: argument.value for argument in bound(call)}
    dataset = given.get("train_set")
    if call.function.__name__ not in {"train", "cv"} or dataset is None:
        return None
    params = dict(given.get("params") or {})
    params |= {
        name: value for name, value in given.items() if name and name not in _DATA and value is not None
    }
    data = [*_contents("train", "train_set", dataset)]
    sets = given.get("valid_sets") or ()
    listed = isinstance(sets, (list, tuple))
    for index, evaluated in enumerate(sets if listed else (sets,)):
        if evaluated is not dataset:
            data += _contents("validation", f"valid_sets[{index}]" if listed else "valid_sets", evaluated)
    kind: TrainingKind = "validation" if call.function.__name__ == "cv" else "model"
    return Training(kind, None, tuple(data), {name: shown(value) for name, value in params.items()})


def _contents(role: str, name: str, dataset: Any) -> Iterator[Argument]:
    """The raw data of a Dataset, which lets go of it once trained on; the Dataset itself where it is gone."""
    if not is_data(getattr(dataset, "data", None)):
        yield Argument(role, name, dataset)
        return
    for part in ("data", "label", "weight", "group"):
        value = getattr(dataset, part, None)
        if value is not None:
            yield Argument(role, f"{name}.{part}", value)


def _recorded(training: Training, call: Call) -> Any:
    """The dictionary that the user's ``record_evaluation`` callback filled in ``lightgbm.train``."""
    if training.model is not None:
        return None
    callbacks = next((argument.value for argument in bound(call) if argument.name == "callbacks"), None)
    return next(
        (c.eval_result for c in callbacks or () if type(c).__name__ == "_RecordEvaluationCallback"), None
    )


def _best(model: Any) -> dict[str, float]:
    """``best_score`` of each evaluated set, where early stopping or evaluation took place."""
    told = getattr(model, "best_score", None) or getattr(model, "_best_score", None)
    found: dict[str, float] = {}
    for data, metrics in told.items() if isinstance(told, Mapping) else ():
        for metric, value in metrics.items():
            best = number(value)
            if best is not None:
                found[f"best_{data}_{metric}"] = best
    return found


def _cv_outcome(training: Training, result: Any) -> Outcome:
    listed = {name: values for name, values in result.items() if isinstance(values, (list, tuple))}
    curves = {name.replace("-", "_").replace(" ", "_"): numbers(values) for name, values in listed.items()}
    return Outcome(None, histories.last(curves), curves, fits=training.params.get("nfold", 5))


framework = LightGBM()

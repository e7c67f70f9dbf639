"""CatBoost: its estimators, ``Pool`` as their data, ``catboost.train`` and ``catboost.cv``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nbtrack.frameworks import estimators, histories
from nbtrack.frameworks.data import number, numbers, shown
from nbtrack.frameworks.protocol import Argument, Call, Outcome, Parameters, Training, TrainingKind
from nbtrack.frameworks.signatures import bound, init_defaults, split

__all__ = ["framework"]

_MOST_VALUES = 8_000_000  # a Pool gives its features back as a copy: 32 MB
_DATA = frozenset({"pool", "dtrain", "params", "eval_set", "evals"})
_SCORES = {"CatBoostClassifier.score": "accuracy", "CatBoostRegressor.score": "r2"}


class CatBoost(estimators.Estimators):
    """Estimators and the plain ``CatBoost`` model."""

    name = "catboost"
    packages = ("catboost",)

    def owns(self, value: object) -> bool:
        return isinstance(value, _classes("CatBoost"))

    def training(self, call: Call) -> Training | None:
        if call.receiver is None and getattr(call.function, "__module__", None) == "catboost.core":
            return _native(call)
        found = super().training(call)
        if found is None:
            return None
        data = tuple(part for argument in found.data for part in _contents(argument))
        return Training(found.kind, found.model, data, found.params, found.continues)

    def outcome(self, training: Training, call: Call, result: object) -> Outcome:
        del call
        if training.kind == "validation":
            return _cv_outcome(training, result)
        model: Any = result if training.model is None else training.model
        history = histories.curves(getattr(model, "evals_result_", None))
        return Outcome(model, histories.last(history) | _best(model), history)

    def scores(self, call: Call, result: object) -> Mapping[str, float] | None:
        if call.name != "score" or not self.owns(call.receiver):
            return None
        value = number(result)
        name = _SCORES.get(getattr(getattr(type(call.receiver), "score", None), "__qualname__", ""), "score")
        return None if value is None else {name: value}

    def parameters(self, model: object) -> Parameters:
        """CatBoost's ``get_params`` returns what was passed and defaults of the subclass, no more."""
        params = model.get_params() if isinstance(model, _classes("CatBoost")) else {}
        written, kept = split(params, init_defaults(type(model)))
        return Parameters(
            {name: shown(value) for name, value in written.items()},
            {},
            {name: shown(value) for name, value in kept.items()},
        )

    def fitted(self, model: object) -> bool | None:
        return bool(model.is_fitted()) if isinstance(model, _classes("CatBoost")) else None


def _classes(name: str) -> tuple[type[Any], ...]:
    found = getattr(sys.modules.get("catboost.core"), name, None)
    return (found,) if isinstance(found, type) else ()


def _native(call: Call) -> Training | None:
    given = {argument.name: argument.value for argument in bound(call) if argument.value is not None}
    pool = given.get("pool", given.get("dtrain"))
    if call.function.__name__ not in {"train", "cv"} or pool is None:
        return None
    params = dict(given.get("params") or {})
    params |= {name: value for name, value in given.items() if name and name not in _DATA}
    data = [*_contents(Argument("train", "pool", pool))]
    evaluated = given.get("eval_set", given.get("evals", ()))
    listed = isinstance(evaluated, (list, tuple))
    for index, item in enumerate(evaluated if listed else [evaluated]):
        if isinstance(item, _classes("Pool")) and item is not pool:
            data += _contents(Argument("validation", f"eval_set[{index}]" if listed else "eval_set", item))
    kind: TrainingKind = "validation" if call.function.__name__ == "cv" else "model"
    return Training(kind, None, tuple(data), {str(name): shown(value) for name, value in params.items()})


def _contents(argument: Argument) -> Iterator[Argument]:
    """The features and labels of a Pool; other data, and Pools that cannot be read back, as they are."""
    pool = argument.value
    if isinstance(pool, _classes("Pool")) and pool.num_row() * pool.num_col() <= _MOST_VALUES:
        try:
            arrays = {"data": pool.get_features(), "label": pool.get_label()}
        except (
            Exception
        ):  # categorical and quantized features are not given back; CatBoost's error type is its own
            arrays = {}
        for part, array in arrays.items():
            name = argument.parameter if isinstance(argument.parameter, str) else "X"
            yield Argument(argument.role, f"{name}.{part}", array)
        if arrays:
            return
    yield argument


def _best(model: Any) -> dict[str, float]:
    """The best value on each validation set."""
    best = getattr(model, "best_score_", None) or {}
    found = {
        f"best_{data}_{metric}": number(value)
        for data, metrics in best.items()
        if data != "learn"
        for metric, value in metrics.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def _cv_outcome(training: Training, result: Any) -> Outcome:
    table = result[0] if isinstance(result, tuple) else result
    columns: Iterable[str] = [name for name in table if name != "iterations"]
    curves = {name.replace("-", "_"): numbers(table[name]) for name in columns}
    fits = training.params.get("fold_count", training.params.get("nfold", 3))
    return Outcome(None, histories.last(curves), curves, fits=fits)


framework = CatBoost()

"""scikit-learn's functions that fit clones of an estimator to measure it: ``cross_val_score`` and its kin.

The estimator passed stays unfitted; what they give is numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbtrack.frameworks.data import arguments, number, numbers, plain
from nbtrack.frameworks.estimators import is_estimator, splitter
from nbtrack.frameworks.protocol import Call, Outcome, Training
from nbtrack.frameworks.signatures import bound
from nbtrack.records import Trials

__all__ = ["outcome", "training"]

_DEFAULT_FOLDS = 5  # scikit-learn's meaning of cv=None


def training(call: Call) -> Training | None:
    """The validation that the call is about to do; None when its function is none of these."""
    module = getattr(call.function, "__module__", None) or ""
    if getattr(call.function, "__name__", "") not in _READERS or not module.startswith(
        "sklearn.model_selection"
    ):
        return None
    given = bound(call)
    estimator = next((argument.value for argument in given if argument.name == "estimator"), None)
    if not is_estimator(estimator):
        return None
    data, params = arguments(
        [argument for argument in given if argument.name not in {"estimator", "param_range"}]
    )
    swept = {
        argument.name: argument.value for argument in given if argument.name in {"param_name", "param_range"}
    }
    if len(swept) == 2:  # noqa: PLR2004 - the parameter and the values it takes
        params.pop("param_name", None)
        params[str(swept["param_name"])] = plain(swept["param_range"])
    cv = next((argument.value for argument in given if argument.name == "cv"), None)
    settings = splitter("cv", cv)
    if settings:
        del params["cv"]  # its settings say more than its class
    return Training("validation", estimator, data, params | settings)


def outcome(training: Training, call: Call, result: object) -> Outcome:
    """The numbers of the folds; no model is kept."""
    swept = {
        each.name: plain(each.value) for each in bound(call) if each.name in {"param_name", "param_range"}
    }
    asked = replace(training, params={**training.params, **swept})
    return _READERS[call.function.__name__](asked, result)


def _cross_val_score(training: Training, result: Any) -> Outcome:
    scoring = training.params.get("scoring")
    name = f"test_{scoring}" if isinstance(scoring, str) else "test_score"
    return _folds({name: result})


def _cross_validate(training: Training, result: Any) -> Outcome:
    scoring = training.params.get("scoring")
    suffix = f"_{scoring}" if isinstance(scoring, str) else "_score"
    named = {
        key.replace("_score", suffix) if key in {"test_score", "train_score"} else key: result[key]
        for key in result
    }
    measured = {name: folds for name, folds in named.items() if name.startswith(("test_", "train_"))}
    return _folds(measured)


def _folds(measured: Mapping[str, Any]) -> Outcome:
    """The mean over the folds as the number to compare by, the folds themselves as a table."""
    folds = {name: found for name, values in measured.items() if (found := numbers(values))}
    scores = {f"mean_{name}": float(measured[name].mean()) for name in folds}
    count = max(map(len, folds.values()), default=0)
    rows = tuple((fold, *(values[fold] for values in folds.values())) for fold in range(count))
    return Outcome(None, scores, trials=Trials(columns=("fold", *folds), rows=rows), fits=max(1, count))


def _cross_val_predict(training: Training, result: Any) -> Outcome:
    del result
    return Outcome(None, fits=_fold_count(training))


def _fold_count(training: Training) -> int:
    cv = training.params.get("cv", _DEFAULT_FOLDS)
    told = training.params.get("cv.n_splits", cv)
    return told if isinstance(told, int) else 1


def _validation_curve(training: Training, result: Any) -> Outcome:
    name = str(training.params.get("param_name", "param"))
    return _table(name, training.params.get("param_range", ()), result[0], result[1])


def _learning_curve(training: Training, result: Any) -> Outcome:
    del training
    return _table("train_size", plain(result[0]), result[1], result[2])


def _table(column: str, ticks: Sequence[Any], train: Any, test: Any) -> Outcome:
    """One row per tick, means and spreads over the folds (the second axis)."""
    measured = {
        "mean_train_score": train.mean(axis=1),
        "std_train_score": train.std(axis=1),
        "mean_test_score": test.mean(axis=1),
        "std_test_score": test.std(axis=1),
    }
    rows = tuple(
        (plain(tick), *(plain(values[row]) for values in measured.values())) for row, tick in enumerate(ticks)
    )
    curves = {name: numbers(values) for name, values in measured.items() if name.startswith("mean_")}
    return Outcome(
        None, {}, curves, Trials(columns=(column, *measured), rows=rows), fits=math.prod(test.shape)
    )


def _permutation_test_score(training: Training, result: Any) -> Outcome:
    scoring = training.params.get("scoring")
    score, permuted, p_value = result
    named = {scoring if isinstance(scoring, str) else "score": score, "p_value": p_value}
    scores = {name: number(value) for name, value in named.items()}
    fits = (len(permuted) + 1) * _fold_count(training)
    return Outcome(None, {name: value for name, value in scores.items() if value is not None}, fits=fits)


_READERS: dict[str, Callable[[Training, Any], Outcome]] = {
    "cross_val_score": _cross_val_score,
    "cross_validate": _cross_validate,
    "cross_val_predict": _cross_val_predict,
    "validation_curve": _validation_curve,
    "learning_curve": _learning_curve,
    "permutation_test_score": _permutation_test_score,
}

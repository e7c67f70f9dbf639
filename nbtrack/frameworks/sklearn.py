"""scikit-learn, and every estimator of others that follows its interface."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from nbtrack.frameworks import sklearn_validation as validation
from nbtrack.frameworks.data import number, numbers, plain
from nbtrack.frameworks.estimators import Estimators, components, is_estimator
from nbtrack.frameworks.protocol import Call, Outcome, Training, TrainingKind
from nbtrack.records import Trials

__all__ = ["framework"]

# Transformers that learn a model of the data rather than prepare it.
_MODEL_MODULES = (
    "sklearn.decomposition", "sklearn.manifold", "sklearn.cluster", "sklearn.cross_decomposition",
    "sklearn.mixture", "sklearn.neighbors", "sklearn.neural_network",
    "sklearn.covariance", "sklearn.ensemble", "sklearn.discriminant_analysis",
    "umap", "openTSNE", "hdbscan", "pacmap", "trimap", "phate",
)  # fmt: skip
_MODEL_CLASSES = frozenset({"PrincipalComponentAnalysis", "LinearDiscriminantAnalysis", "RBFKernelPCA"})
_PARTS = ("steps", "transformers", "transformer_list")
# The deviance that boosting computes of its training data as it goes.
_UNASKED = frozenset({"train_score"})
_CURVES = {
    "loss_curve_": "loss",
    "validation_scores_": "validation_score",
    "train_score_": "train_score",
    "validation_score_": "validation_score",
}


class Sklearn(Estimators):
    """Estimators by their interface, not by their package: classes of the notebook count too."""

    name = "sklearn"
    packages = ("sklearn",)

    def owns(self, value: object) -> bool:
        base = getattr(sys.modules.get("sklearn.base"), "BaseEstimator", None)
        if base is None or isinstance(value, type):
            return False
        if isinstance(value, base):
            return True
        kind = type(value)
        return all(callable(getattr(kind, name, None)) for name in ("get_params", "set_params", "fit"))

    def kind(self, model: Any) -> TrainingKind:
        if _is_search(model):
            return "search"
        return "model" if _is_model(model) else "preprocessing"

    def training(self, call: Call) -> Training | None:
        return validation.training(call) or super().training(call)

    def outcome(self, training: Training, call: Call, result: object) -> Outcome:
        if training.kind == "validation":
            return validation.outcome(training, call, result)
        if training.kind == "search":
            return _search_outcome(training.model)
        if training.kind == "model":
            return _model_outcome(training.model)
        return Outcome(training.model)


def _is_search(model: Any) -> bool:
    base = getattr(sys.modules.get("sklearn.model_selection._search"), "BaseSearchCV", None)
    return base is not None and isinstance(model, base)


def _is_model(model: Any) -> bool:
    """Whether an estimator predicts, clusters, decomposes or finds outliers, or holds one that does."""
    for name in _PARTS:
        parts = getattr(model, name, None)
        if parts is not None:
            return any(_is_model(part) for _, part in components(parts) if is_estimator(part))
    if any(hasattr(model, method) for method in ("predict", "fit_predict", "score_samples")):
        return True
    if any(_modelling(base) for base in type(model).__mro__):
        return True
    inner = getattr(model, "estimator", None)
    if is_estimator(inner) and not type(model).__module__.startswith("sklearn.impute"):
        return _is_model(inner)
    return not (
        hasattr(model, "transform") or hasattr(model, "fit_transform") or hasattr(model, "fit_resample")
    )


def _modelling(cls: type) -> bool:
    module = cls.__module__
    return module.startswith(_MODEL_MODULES) or (
        cls.__name__ in _MODEL_CLASSES and module.startswith("mlxtend")
    )


def _model_outcome(model: Any) -> Outcome:
    """The fitted estimator with the histories that it keeps as attributes."""
    final = getattr(model, "steps", None)
    held = getattr(final[-1][1] if final else model, "__dict__", {})
    curves = {}
    for attribute, name in _CURVES.items():
        values = held.get(attribute)
        if values is not None and getattr(values, "ndim", 1) == 1 and len(values):
            curves[name] = numbers(values)
    curves = {name: curve for name, curve in curves.items() if curve}
    scores = {name: curve[-1] for name, curve in curves.items()}
    out_of_bag = number(held.get("oob_score_"))
    if out_of_bag is not None:
        scores["oob_score"] = out_of_bag
    return Outcome(model, scores, curves, unasked=_UNASKED)


def _search_outcome(search: Any) -> Outcome:
    """The search with its best score, its candidates as trials, and how many models were fitted."""
    results = getattr(search, "cv_results_", None)
    if not isinstance(results, Mapping):
        return Outcome(search)
    best = number(getattr(search, "best_score_", None))
    candidates = len(results["params"])
    fits = candidates * int(getattr(search, "n_splits_", 1)) + (search.refit is not False)
    found = getattr(search, "best_estimator_", None)
    return Outcome(
        search,
        {} if best is None else {"best_score_": best},
        trials=_trials(results),
        fits=fits,
        unasked=frozenset({"best_score_"}),
        parts=() if found is None else (found,),
    )


def _trials(results: Mapping[str, Any]) -> Trials:
    """``cv_results_`` without the folds: parameters, means, spreads, ranks, times."""
    kept = (
        "mean_test_",
        "std_test_",
        "rank_test_",
        "mean_train_",
        "std_train_",
        "mean_fit_time",
        "iter",
        "n_resources",
    )
    names = sorted({name for params in results["params"] for name in params})
    measured = [name for name in results if name.startswith(kept)]
    rows = tuple(
        tuple(plain(params.get(name)) for name in names)
        + tuple(plain(results[name][row]) for name in measured)
        for row, params in enumerate(results["params"])
    )
    return Trials(columns=(*names, *measured), rows=rows)


framework = Sklearn()

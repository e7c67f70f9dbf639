"""Answers that hold for every object with scikit-learn's interface: ``get_params``, ``fit``, ``predict``.

Libraries that follow the interface (scikit-learn itself, XGBoost, LightGBM, CatBoost, skorch) build on these.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from nbtrack.frameworks.data import arguments, number, shown
from nbtrack.frameworks.protocol import Call, Outcome, Parameters, Training, TrainingKind
from nbtrack.frameworks.signatures import bound, init_defaults, public, split

__all__ = ["PREDICTING", "Estimators", "components", "is_estimator", "parameters", "score_name", "splitter"]

FITTING = frozenset({"fit", "fit_transform", "fit_predict", "partial_fit", "fit_resample"})
# fmt: off
PREDICTING = frozenset({
    "predict", "predict_proba", "predict_log_proba", "decision_function", "transform", "fit_predict",
    "fit_transform", "score_samples", "fit_resample", "kneighbors", "apply",
})
# fmt: on
_MIXIN_SCORES = {
    "ClassifierMixin.score": "accuracy",
    "RegressorMixin.score": "r2",
    # These only fill in X and then call their mixin's.
    "DummyClassifier.score": "accuracy",
    "DummyRegressor.score": "r2",
}
_DEEPEST = 12  # estimators within estimators; more is a cycle
_SETTINGS = frozenset({type(None), bool, int, float, str})  # values that nothing can be inside of
_names: WeakKeyDictionary[type, tuple[str, ...]] = WeakKeyDictionary()
_GRIDS = ("param_grid", "param_distributions", "search_spaces")


class Estimators:
    """Answers for scikit-learn's interface; a library adds its name, its classes and what differs."""

    name: str
    packages: tuple[str, ...]

    def owns(self, value: object) -> bool:
        """Whether the value is an estimator of this library."""
        raise NotImplementedError

    def kind(self, model: Any) -> TrainingKind:
        """What fitting the estimator is."""
        del model
        return "model"

    def training(self, call: Call) -> Training | None:
        """What a fitting method with data is about to fit."""
        if call.name not in FITTING or isinstance(call.receiver, type) or not self.owns(call.receiver):
            return None
        data, params = arguments(bound(call))
        if not data:
            return None  # `fit` without data is a call that will raise
        continues = call.name == "partial_fit" or getattr(call.receiver, "warm_start", False) is True
        return Training(self.kind(call.receiver), call.receiver, data, params, continues)

    def outcome(self, training: Training, call: Call, result: object) -> Outcome:
        """The receiver, now fitted."""
        del call, result
        return Outcome(training.model)

    def scores(self, call: Call, result: object) -> Mapping[str, float] | None:
        """What ``.score`` returned, under the name of what it measures."""
        if call.name != "score" or not self.owns(call.receiver):
            return None
        value = number(result)
        return None if value is None else {score_name(call.receiver): value}

    def predicts(self, call: Call) -> bool:
        """Whether the receiver computes the result."""
        return call.name in PREDICTING and not isinstance(call.receiver, type) and self.owns(call.receiver)

    def parameters(self, model: object) -> Parameters:
        """See :func:`parameters`."""
        return parameters(model)

    def fitted(self, model: object) -> bool | None:
        """By ``__sklearn_is_fitted__``, else by attributes that end in an underscore."""
        told = getattr(type(model), "__sklearn_is_fitted__", None)
        if told is not None:
            return bool(told(model))
        held = getattr(model, "__dict__", {})
        return any(name.endswith("_") and not name.startswith("_") for name in held)


def is_estimator(value: object) -> bool:
    """Whether the value is an instance with scikit-learn's interface for parameters (kernels have it too)."""
    cls = type(value)
    # Of a class without the method Python makes an exception and drops it.
    return cls not in _SETTINGS and not isinstance(value, type) and callable(getattr(cls, "get_params", None))


def components(value: Any) -> Iterator[tuple[str, Any]]:
    """The named parts of steps, transformers or estimators: ``[(name, part), (name, part, columns)]``."""
    if not isinstance(value, (list, tuple)):
        return
    for item in value:
        if not (isinstance(item, tuple) and len(item) in {2, 3} and isinstance(item[0], str)):
            return
        if not (item[1] is None or isinstance(item[1], str) or is_estimator(item[1])):
            return
        yield item[0], item[1]


def _unnamed(value: Any) -> Iterator[tuple[str, Any]]:
    """The estimators of a list without names, each by its class, as scikit-learn and mlxtend name them."""
    if not isinstance(value, (list, tuple)) or not all(is_estimator(item) for item in value):
        return
    classes = [type(item).__name__.lower() for item in value]
    for position, (item, name) in enumerate(zip(value, classes, strict=True)):
        yield (name if classes.count(name) == 1 else f"{name}-{classes[: position + 1].count(name)}"), item


def parameters(model: Any) -> Parameters:
    """Parameters of an estimator and of those in it, named as ``get_params`` does: ``step__name``."""
    explicit: dict[str, Any] = {}
    grid: dict[str, Any] = {}
    default: dict[str, Any] = {}
    for prefix, estimator, values in _nested(model, "", _DEEPEST):
        written, kept = split(values, init_defaults(type(estimator)), estimator)
        if prefix:
            _keep_what_is_off(written, kept, init_defaults(type(estimator)))
        default |= {prefix + name: shown(value) for name, value in kept.items()}
        for name, value in written.items():
            if name.startswith("_"):
                continue  # a library's own bookkeeping
            if type(value) in _SETTINGS:
                explicit[prefix + name] = shown(value)
            elif name in _GRIDS:
                grid |= {prefix + key: options for key, options in _grid(value).items()}
            elif is_estimator(value) or any(components(value)) or any(_unnamed(value)):
                # What the model is made of; what the author chose of the parts stands under their own names.
                default |= _named(prefix + name, prefix, value)
            else:
                explicit |= _named(prefix + name, prefix, value)
    # What a search tries out replaces what the searched estimator was built with.
    explicit = {
        name: value for name, value in explicit.items() if name.removeprefix("estimator__") not in grid
    }
    return Parameters(explicit, grid, default)


def _keep_what_is_off(written: dict[str, Any], kept: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    """Of a part whose constructor does not name its parameters, what is off or absent counts as not chosen."""
    for name in [name for name in written if name not in defaults]:
        if written[name] is None or written[name] is False:
            kept[name] = written.pop(name)


def _nested(model: Any, prefix: str, depth: int) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """An estimator and all below it: the prefix that its parameters have, itself, its own parameters."""
    try:
        values = _own(model)
    except Exception:  # a class whose __init__ does not keep its arguments under their names cannot tell them
        values = public(model)
    yield prefix, model, values
    if depth == 0:
        return
    for name, value in values.items():
        if type(value) in _SETTINGS:
            continue
        parts = [(name, value)] if is_estimator(value) else [*components(value), *_unnamed(value)]
        for part, inner in parts:
            if is_estimator(inner):
                yield from _nested(inner, f"{prefix}{part}__", depth - 1)


def _own(model: Any) -> Mapping[str, Any]:
    """``model.get_params(deep=False)``; scikit-learn itself reads the constructor's signature each time."""
    cls = type(model)
    names = _names.get(cls)
    if names is None:
        base = getattr(sys.modules.get("sklearn.base"), "BaseEstimator", None)
        if base is None or getattr(cls, "get_params", None) is not base.get_params:
            found: Mapping[str, Any] = model.get_params(deep=False)
            return found
        names = _names[cls] = tuple(cls._get_param_names())
    return {name: getattr(model, name) for name in names}


def _named(name: str, prefix: str, value: Any) -> dict[str, Any]:
    """One written parameter: steps under their own names, a splitter with its settings."""
    parts = {prefix + part: shown(inner) for part, inner in components(value)}
    if parts and isinstance(value, (list, tuple)) and len(parts) == len(value):
        return parts
    return splitter(name, value) or {name: shown(value)}


def splitter(name: str, value: Any) -> dict[str, Any]:
    """Settings of a splitter passed as ``name``, such as ``cv.n_splits``; of other values none."""
    if not callable(getattr(type(value), "get_n_splits", None)):
        return {}
    written, _ = split(public(value), init_defaults(type(value)), value)
    return {f"{name}.{setting}": shown(chosen) for setting, chosen in written.items()}


def _grid(value: Any) -> dict[str, Any]:
    """A search's space as one mapping; of a list of spaces, each name's options in order, once."""
    spaces = value if isinstance(value, (list, tuple)) else [value]
    merged: dict[str, Any] = {}
    for space in spaces:
        if not isinstance(space, Mapping):
            continue
        for name, options in space.items():
            listed = options.tolist() if hasattr(options, "tolist") else options
            found = shown(listed)
            if name in merged and isinstance(merged[name], list) and isinstance(found, list):
                merged[name] += [option for option in found if option not in merged[name]]
            else:
                merged[name] = found
    return merged


def score_name(model: Any) -> str:
    """What ``model.score`` measures, where the class says it; else ``score``."""
    for _ in range(_DEEPEST):
        scoring = getattr(model, "scoring", None)
        named = getattr(model, "refit", None) if isinstance(scoring, (list, tuple, Mapping)) else scoring
        if isinstance(named, str):
            return named
        if scoring is not None:
            return "score"
        qualified = getattr(getattr(type(model), "score", None), "__qualname__", "")
        if qualified in _MIXIN_SCORES:
            return _MIXIN_SCORES[qualified]
        steps = getattr(model, "steps", None)
        inner = steps[-1][1] if steps else getattr(model, "estimator", None)
        if not (qualified.startswith(("Pipeline.", "BaseSearchCV.")) and is_estimator(inner)):
            return "score"
        model = inner
    return "score"

"""statsmodels: ``Model(...).fit()`` gives results, which are the fitted model; it holds the data."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from nbtrack.frameworks.data import arguments, is_array, is_data, named_numbers, shown
from nbtrack.frameworks.hushed import Hushed
from nbtrack.frameworks.protocol import Argument, Call, Outcome, Parameters, Training
from nbtrack.frameworks.signatures import REQUIRED, bound, init_defaults, public, same

__all__ = ["framework"]

_LIKELIHOODS = ("prsquared", "llf")
_SUMMARIES = frozenset({"summary", "summary2"})
_SCORES = ("rsquared", "rsquared_adj", "prsquared", "aic", "bic", "llf")
_PREDICTING = frozenset({"predict", "forecast", "get_prediction", "get_forecast"})
# A component that was not given is made by the model itself, of the class named here.
_OWN_COMPONENTS = {"family": "Gaussian", "cov_struct": "Independence"}
_AS_GIVEN = frozenset(
    {"trend", "seasonal"}
)  # Holt-Winters keeps these as written; elsewhere they are derived


class Statsmodels:
    """Models that are specified with their data, and the results of fitting them."""

    name = "statsmodels"
    packages = ("statsmodels",)

    def owns(self, value: object) -> bool:
        return isinstance(value, _results_classes())

    def training(self, call: Call) -> Training | None:
        model = call.receiver
        if not call.name.startswith("fit") or isinstance(model, (type, *_results_classes())):
            return None
        if not type(model).__module__.startswith("statsmodels."):
            return None
        _, params = arguments(bound(call))
        # Of two fits of one model object each gives results of its own, so the results are the model.
        return Training("model", None, tuple(_data(model)), params)

    def outcome(self, training: Training, call: Call, result: object) -> Outcome:
        del training
        inner = getattr(result, "_results", None)  # what the wrapper's bound methods are bound to
        parts = () if inner is None else (inner,)
        # Nothing was measured yet: the results compute what they tell when somebody asks, for the summary or by name.
        return Outcome(result, specification=call.receiver, parts=parts)

    def scores(self, call: Call, result: object) -> Mapping[str, float] | None:
        """What a summary shows."""
        del result
        if call.name not in _SUMMARIES or not self.owns(call.receiver):
            return None
        found = _scores(call.receiver)
        shown = (
            _SCORES if "rsquared" in found else _LIKELIHOODS
        )  # the summary of a discrete model has no criteria
        return {name: value for name, value in found.items() if name in shown}

    def predicts(self, call: Call) -> bool:
        return call.name in _PREDICTING and self.owns(call.receiver)

    def parameters(self, model: object) -> Parameters:
        """Of results, the parameters of the model they are of."""
        return _parameters(getattr(model, "model", model))

    def fitted(self, model: object) -> bool | None:
        return True if self.owns(model) else None


def _results_classes() -> tuple[type, ...]:
    places = (("statsmodels.base.wrapper", "ResultsWrapper"), ("statsmodels.base.model", "Results"))
    found = (getattr(sys.modules.get(module), name, None) for module, name in places)
    return tuple(cls for cls in found if isinstance(cls, type))


def _data(model: Any) -> Iterator[Argument]:
    """The frame of a formula, else the arrays as the user passed them."""
    data = getattr(model, "data", None)
    frame = getattr(data, "frame", None)
    if frame is not None:
        yield Argument("train", "model.data", frame)
        return
    # Where nothing was passed beside the series, a column for its trend is the model's own.
    names = ("endog",) if getattr(model, "k_exog", None) == 0 else ("endog", "exog")
    for name in names:
        value = getattr(data, f"orig_{name}", None)
        value = getattr(model, name, None) if value is None else value
        if is_data(value):
            yield Argument("train", f"model.{name}", value)


def _parameters(model: Any) -> Parameters:
    explicit: dict[str, Any] = {}
    default: dict[str, Any] = {}
    formula = getattr(model, "formula", None)
    if isinstance(formula, str):
        explicit["formula"] = formula
    defaults = init_defaults(type(model))
    for name, value in public(model).items():
        if defaults[name] is REQUIRED or is_array(value):
            continue
        (explicit if _written(model, name, value, defaults[name]) else default)[name] = shown(value)
    return Parameters(explicit, {}, default)


def _written(model: Any, name: str, value: Any, default: Any) -> bool:
    """Whether the author passed it. What a model derived for an argument left at None must not count."""
    if same(value, default) or value is None:
        return False
    if name in _OWN_COMPONENTS:
        return type(value).__name__ != _OWN_COMPONENTS[name]
    if default is None:
        return name in _AS_GIVEN and "holtwinters" in type(model).__module__ and isinstance(value, str)
    return isinstance(value, (bool, int, float, str, tuple))


def _scores(results: Any) -> dict[str, float]:
    """What the results tell about the fit. They compute it when asked and keep it; the keeping is undone."""
    inner = getattr(results, "_results", results)
    held = getattr(inner, "__dict__", {})
    kept, cache = dict(held), held.get("_cache")
    cached = dict(cache) if isinstance(cache, dict) else None
    with Hushed():
        found = named_numbers(results, _SCORES)
    if cached is not None and isinstance(cache, dict):
        cache.clear()
        cache.update(cached)
    for name in held.keys() - kept.keys():
        del held[name]
    return {name: value for name, value in found.items() if not math.isnan(value)}  # NaN: it has none


framework = Statsmodels()

"""lifelines: survival models, fitted on durations and events or on a frame with such columns."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from nbtrack.frameworks.data import arguments, is_array, named_numbers, number, shown
from nbtrack.frameworks.protocol import Call, Outcome, Parameters, Training
from nbtrack.frameworks.signatures import bound, init_defaults, public, split

__all__ = ["framework"]

_SCORES = ("log_likelihood_", "AIC_", "AIC_partial_")


class Lifelines:
    """Fitters of univariate and regression models."""

    name = "lifelines"
    packages = ("lifelines",)

    def owns(self, value: object) -> bool:
        base = getattr(sys.modules.get("lifelines.fitters"), "BaseFitter", None)
        return base is not None and isinstance(value, base)

    def training(self, call: Call) -> Training | None:
        if not call.name.startswith("fit") or not self.owns(call.receiver):
            return None
        data, params = arguments(bound(call))
        return Training("model", call.receiver, data, params) if data else None

    def outcome(self, training: Training, call: Call, result: object) -> Outcome:
        del call, result
        inner = getattr(training.model, "_model", None)  # what a CoxPHFitter hands its questions on to
        parts = () if inner is None else (inner,)
        # What it tells about the fit is recorded when the user asks, for the summary or by name.
        return Outcome(training.model, parts=parts)

    def scores(self, call: Call, result: object) -> Mapping[str, float] | None:
        if call.name not in {"score", "print_summary"} or not self.owns(call.receiver):
            return None
        if call.name == "print_summary":
            return named_numbers(call.receiver, _SCORES)
        value = number(result)
        method = call.kwargs.get("scoring_method", "average_log_likelihood")
        return None if value is None else {str(method).removesuffix("_"): value}

    def predicts(self, call: Call) -> bool:
        return call.name.startswith("predict") and self.owns(call.receiver)

    def parameters(self, model: Any) -> Parameters:
        values = {name: value for name, value in public(model).items() if not is_array(value)}
        written, kept = split(values, init_defaults(type(model)))
        return Parameters(
            {name: shown(value) for name, value in written.items()},
            {},
            {name: shown(value) for name, value in kept.items()},
        )

    def fitted(self, model: object) -> bool | None:
        held = getattr(model, "__dict__", {})
        return any(name in held for name in ("durations", "event_observed", "_model", "params_"))


framework = Lifelines()

"""Answers for libraries that fit by functions whose result is the model: coefficients, a record of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbtrack.frameworks.data import named_numbers, shown
from nbtrack.frameworks.protocol import Argument, Call, Outcome, Parameters, Training
from nbtrack.frameworks.signatures import bound

__all__ = ["FittingFunctions"]

_COEFFICIENTS_FIRST = frozenset({"lstsq", "curve_fit", "nnls", "polyfit"})
_SCORES = ("rvalue", "pvalue", "stderr")


@dataclass(frozen=True)
class FittingFunctions:
    """A library's fitting functions: the name of each and its parameters that are data."""

    name: str
    packages: tuple[str, ...]
    functions: Mapping[str, tuple[str, ...]]

    def owns(self, value: object) -> bool:
        """Coefficients are plain values, nobody's."""
        del value
        return False

    def training(self, call: Call) -> Training | None:
        """What one of the functions is about to fit."""
        name = getattr(call.function, "__name__", "")
        module = getattr(call.function, "__module__", None) or ""
        if (
            call.receiver is not None
            or name not in self.functions
            or module.partition(".")[0] not in self.packages
        ):
            return None
        data = []
        params: dict[str, Any] = {}
        for argument in bound(call):
            if argument.value is None:
                continue
            if argument.name in self.functions[name]:
                data.append(Argument("train", argument.parameter, argument.value))
            elif argument.name:
                params[argument.name] = shown(argument.value)
        return Training("model", None, tuple(data), params) if data else None

    def outcome(self, training: Training, call: Call, result: object) -> Outcome:
        """The coefficients, with the numbers that the result names; what comes beside them in a tuple is no model."""
        del training
        scores = named_numbers(result, _SCORES)
        if type(result) is tuple and result and getattr(call.function, "__name__", "") in _COEFFICIENTS_FIRST:
            result = result[0]
        return Outcome(result, scores)

    def scores(self, call: Call, result: object) -> Mapping[str, float] | None:
        """None: nothing here scores."""
        del call, result
        return None

    def predicts(self, call: Call) -> bool:
        """Coefficients do not predict by themselves."""
        del call
        return False

    def parameters(self, model: object) -> Parameters:
        """None: the choices are in the call."""
        del model
        return Parameters()

    def fitted(self, model: object) -> bool | None:
        """A plain value does not tell."""
        del model
        return None

"""NumPy's least squares: functions whose result, the coefficients or a polynomial, is the model."""

from __future__ import annotations

from nbtrack.frameworks.data import arguments
from nbtrack.frameworks.functions import FittingFunctions
from nbtrack.frameworks.protocol import Call, Training
from nbtrack.frameworks.signatures import bound

__all__ = ["framework"]


class NumPy(FittingFunctions):
    """Its functions, and ``Polynomial.fit(x, y, degree)`` of the class and its kin."""

    def training(self, call: Call) -> Training | None:
        found = super().training(call)
        is_class = isinstance(call.receiver, type) and call.receiver.__module__.startswith(
            "numpy.polynomial."
        )
        if found is not None or call.name != "fit" or not is_class:
            return found
        data, params = arguments(bound(call))
        return Training("model", None, data, params) if data else None


framework = NumPy(
    name="numpy",
    packages=("numpy",),
    functions={"polyfit": ("x", "y", "w"), "lstsq": ("a", "b")},
)

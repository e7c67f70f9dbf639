"""NumPy's least squares: functions whose result, the coefficients, is the model."""

from __future__ import annotations

from nbtrack.frameworks.functions import FittingFunctions

__all__ = ["framework"]

framework = FittingFunctions(
    name="numpy",
    packages=("numpy",),
    functions={"polyfit": ("x", "y", "w"), "lstsq": ("a", "b")},
)

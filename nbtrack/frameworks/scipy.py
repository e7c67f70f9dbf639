"""SciPy's curve fitting and regression: functions whose result is the model, and distributions."""

from __future__ import annotations

from nbtrack.frameworks.data import arguments
from nbtrack.frameworks.functions import FittingFunctions
from nbtrack.frameworks.protocol import Call, Training
from nbtrack.frameworks.signatures import bound

__all__ = ["framework"]


class SciPy(FittingFunctions):
    """Its functions, and ``scipy.stats.norm.fit(data)``, which leaves the distribution as it is."""

    def training(self, call: Call) -> Training | None:
        found = super().training(call)
        if (
            found is not None
            or call.name != "fit"
            or not type(call.receiver).__module__.startswith("scipy.stats.")
        ):
            return found
        data, params = arguments(bound(call))
        name = getattr(call.receiver, "name", "")
        return (
            Training("model", None, data, params | ({"distribution": name} if name else {})) if data else None
        )


framework = SciPy(
    name="scipy",
    packages=("scipy",),
    functions={
        "curve_fit": ("xdata", "ydata", "sigma"),
        "linregress": ("x", "y"),
        "theilslopes": ("y", "x"),
        "siegelslopes": ("y", "x"),
        "lstsq": ("a", "b"),
        "nnls": ("A", "b"),
    },
)

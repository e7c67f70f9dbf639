"""skorch: nets of PyTorch with scikit-learn's interface."""

from __future__ import annotations

import sys
from typing import Any

from nbtrack.frameworks.data import number, shown
from nbtrack.frameworks.estimators import Estimators
from nbtrack.frameworks.protocol import Call, Outcome, Parameters, Training
from nbtrack.frameworks.signatures import init_defaults, split

__all__ = ["framework"]

_PER_EPOCH = ("train_", "valid_")
_NO_METRIC = ("_best", "_batch_count")


class Skorch(Estimators):
    """``NeuralNet`` and its kinds."""

    name = "skorch"
    packages = ("skorch",)

    def owns(self, value: object) -> bool:
        net = getattr(sys.modules.get("skorch.net"), "NeuralNet", None)
        return net is not None and isinstance(value, net)

    def outcome(self, training: Training, call: Call, result: object) -> Outcome:
        del call, result
        curves = _curves(training.model)
        return Outcome(training.model, {name: curve[-1] for name, curve in curves.items()}, curves)

    def parameters(self, model: Any) -> Parameters:
        values = {name: value for name, value in model.get_params(deep=False).items() if name[0] != "_"}
        # Private and fitted parts that get_params lists are no choices; a class is shown by its name.
        written, kept = split(values, init_defaults(type(model)))
        return Parameters(
            {name: shown(value) for name, value in written.items()},
            {},
            {name: shown(value) for name, value in kept.items()},
        )

    def fitted(self, model: object) -> bool | None:
        return bool(getattr(model, "history", None))


def _curves(net: Any) -> dict[str, tuple[float, ...]]:
    """Losses and scores of each epoch from the net's history."""
    rows = list(getattr(net, "history", None) or ())
    names = [
        name
        for name in (rows[-1] if rows else ())
        if name.startswith(_PER_EPOCH) and not name.endswith(_NO_METRIC)
    ]
    found = {}
    for name in names:
        values = [number(row.get(name)) for row in rows]
        if None not in values:
            found[name] = tuple(value for value in values if value is not None)
    return found


framework = Skorch()

"""Keras 3: ``model.fit`` and its history, what was compiled, and the layers' settings."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from nbtrack.frameworks.data import arguments, number, numbers, shown
from nbtrack.frameworks.protocol import Call, Outcome, Parameters, Training
from nbtrack.frameworks.signatures import REQUIRED, bound, init_defaults, same, same_or_spread

__all__ = ["framework"]

_CONTINUING = frozenset({"train_on_batch"})
_PREDICTING = frozenset({"predict", "predict_on_batch"})
_MOST_LAYERS = 50  # a net of more layers was hardly written layer by layer
_SCALARS = (bool, int, float, str, tuple)
_KEPT_AS_GIVEN = frozenset({"activation", "strides", "seed"})
# What every layer and optimizer has; a name is a label, no choice.
_COMMON = frozenset({"name", "dtype", "trainable", "autocast", "input_shape", "rank"})


class Keras:
    """Models that are compiled and fitted."""

    name = "keras"
    packages = ("keras",)

    def owns(self, value: object) -> bool:
        return isinstance(value, _classes("keras.src.models.model", "Model"))

    def training(self, call: Call) -> Training | None:
        if call.name == "adapt" and isinstance(call.receiver, _classes("keras.src.layers.layer", "Layer")):
            data, params = arguments(bound(call))
            return Training("preprocessing", call.receiver, data, params) if data else None
        if call.name in {"apply_gradients", "apply"}:
            return _step(call)
        if call.name not in {"fit", "fit_generator", *_CONTINUING} or not self.owns(call.receiver):
            return None
        data, params = arguments(
            bound(call)
        )  # no data where a generator gives it: looking would take from it
        return Training("model", call.receiver, data, params, call.name in _CONTINUING)

    def outcome(self, training: Training, call: Call, result: object) -> Outcome:
        if training.model is None:
            return Outcome(_owner(call.receiver, call.scope()))
        history = getattr(result, "history", None)
        found = (
            {name: numbers(values) for name, values in history.items()} if isinstance(history, dict) else {}
        )
        curves = {str(name): values for name, values in found.items() if values}
        return Outcome(training.model, {name: values[-1] for name, values in curves.items()}, curves)

    def scores(self, call: Call, result: object) -> Mapping[str, float] | None:
        if call.name not in {"evaluate", "test_on_batch"} or not self.owns(call.receiver):
            return None
        values = result if isinstance(result, (Mapping, list, tuple)) else [result]
        named = (
            values
            if isinstance(values, Mapping)
            else dict(zip(_metric_names(call.receiver, values), values, strict=False))
        )
        found = {str(name): number(value) for name, value in named.items()}
        return {name: value for name, value in found.items() if value is not None}

    def predicts(self, call: Call) -> bool:
        """``predict``, and calling a model: ``call.function`` is the model itself."""
        return self.owns(call.function) or (call.name in _PREDICTING and self.owns(call.receiver))

    def parameters(self, model: Any) -> Parameters:
        return Parameters(_compiled(model) | dict(_layers(model)))

    def fitted(self, model: object) -> bool | None:
        steps = getattr(getattr(model, "optimizer", None), "iterations", None)
        if steps is None:
            return None
        return True if int(steps.numpy()) > 0 else None  # weights may have been loaded


def _classes(module: str, name: str) -> tuple[type, ...]:
    found = getattr(sys.modules.get(module), name, None)
    return (found,) if isinstance(found, type) else ()


def _step(call: Call) -> Training | None:
    """One step of a training loop; the model is known after it, when the optimizer has seen its variables."""
    if not isinstance(call.receiver, _classes("keras.src.optimizers.optimizer", "Optimizer")):
        return None
    return Training("model", None, (), _optimizer(call.receiver), continues=True)


def _owner(optimizer: Any, scope: Mapping[str, Any]) -> Any:
    """The model in sight that has the variables which the optimizer updates."""
    updated = {id(variable) for variable in getattr(optimizer, "_trainable_variables", ())}
    kind = _classes("keras.src.models.model", "Model")
    models: list[Any] = [value for value in scope.values() if isinstance(value, kind)]
    owning = [model for model in models if updated & {id(variable) for variable in model.trainable_variables}]
    return max(owning, key=lambda model: len(model.trainable_variables), default=None)


def _metric_names(model: Any, values: Any) -> list[str]:
    """Names in the order of ``evaluate``'s list; only the loss where the list holds more than the metrics."""
    compiled = getattr(model, "_compile_metrics", None)
    names = ["loss", *(metric.name for metric in getattr(compiled, "metrics", ()))]
    return names if len(names) == len(values) else names[:1]


def _compiled(model: Any) -> dict[str, Any]:
    """What was given to ``compile``: the optimizer with its settings, loss and metrics as written."""
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        return {}
    found = _optimizer(optimizer)
    given = getattr(getattr(model, "_compile_config", None), "config", {})
    for name in ("loss", "metrics"):
        value = given.get(name)
        if value is not None:
            found[name] = shown(value)
    return found


def _optimizer(optimizer: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"optimizer": type(optimizer).__name__}
    defaults = init_defaults(type(optimizer))
    for name, default in defaults.items():
        if name in _COMMON:
            continue
        value = getattr(optimizer, "_learning_rate" if name == "learning_rate" else name, None)
        value = _rate(value) if name == "learning_rate" else value
        if isinstance(value, _SCALARS) and not same(value, default):
            found[name] = value
    return found


def _rate(value: Any) -> Any:
    """A learning rate as written, from a variable of single precision; a schedule by its name."""
    if hasattr(value, "numpy"):
        return float(str(value.numpy()))
    return shown(value)


def _layers(model: Any) -> Iterator[tuple[str, Any]]:
    """``(layer.setting, value)`` of what differs from the layer's defaults."""
    nets = _classes("keras.src.models.model", "Model")
    layers = [layer for layer in getattr(model, "layers", ()) if not isinstance(layer, nets)]
    if len(layers) > _MOST_LAYERS:
        return
    counts: Counter[str] = Counter()
    for layer in layers:
        label = _label(layer, counts)
        yield from _settings(layer, label)
        inner = getattr(layer, "forward_layer", None) or getattr(
            layer, "layer", None
        )  # of Bidirectional, TimeDistributed
        if isinstance(inner, _classes("keras.src.layers.layer", "Layer")):
            yield from _settings(inner, f"{label}.{_snake(type(inner).__name__)}")


def _settings(layer: Any, label: str) -> Iterator[tuple[str, Any]]:
    for name, default in init_defaults(type(layer)).items():
        if name in _COMMON or (default is None and name not in _KEPT_AS_GIVEN):
            continue  # what stands for None was derived by the layer
        value = _setting(layer, name)
        derived = name == "strides" and value == getattr(layer, "pool_size", None)
        if isinstance(value, _SCALARS) and not _is_default(value, default) and not derived:
            yield f"{label}.{name}", shown(value)


def _label(layer: Any, counts: Counter[str]) -> str:
    """The layer's name; one that Keras counted up over the session is counted within the model instead."""
    kind = _snake(type(layer).__name__)
    if not re.fullmatch(rf"{kind}(_\d+)?", layer.name):
        return str(layer.name)
    counts[kind] += 1
    return kind if counts[kind] == 1 else f"{kind}_{counts[kind] - 1}"


def _snake(name: str) -> str:
    """Keras's own rule: ``MaxPooling2D`` is ``max_pooling2d``."""
    spaced = re.sub(r"\W+", "", name)
    spaced = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", spaced)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", spaced).lower()


def _setting(layer: Any, name: str) -> Any:
    """A scalar setting, or the name of an activation function."""
    value = getattr(layer, name, None)
    return (
        value.__name__
        if name.endswith("activation") and callable(value) and hasattr(value, "__name__")
        else value
    )


def _is_default(value: Any, default: Any) -> bool:
    if default is REQUIRED:
        return False
    return same_or_spread(value, default) or (default is None and value == "linear")


framework = Keras()

"""What was chosen: the parameters of a run, each once, from its strongest origin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from nbtrack.capture.observation import Block, Fit
from nbtrack.capture.surroundings import Surroundings
from nbtrack.observe.params import param
from nbtrack.records import Param, ParamOrigin

__all__ = ["block_params", "fit_params"]

_Values: TypeAlias = dict[str, tuple[Any, str | None]]
"""Values by name, each with the execution that gave it where it is another than the run's."""

_LONGEST_ARRAY = 32

_STRONGEST: tuple[ParamOrigin, ...] = (
    "explicit",
    "constructor",
    "fit",
    "grid",
    "loop",
    "variable",
    "default",
)


def block_params(block: Block, around: Surroundings) -> tuple[Param, ...]:
    """Of a run without a training: what the user said, and the plain values that the cell was written with."""
    return _distinct({"explicit": _explicit(block, around), "variable": around.variables}, around)


def fit_params(fit: Fit, around: Surroundings) -> tuple[Param, ...]:
    """Of a training: the model's own, those of the call, and what on the way to it was chosen."""
    found: dict[ParamOrigin, _Values] = {origin: {} for origin in _STRONGEST}
    found["constructor"] = {name: (value, None) for name, value in fit.parameters.explicit.items()}
    found["default"] = {name: (value, None) for name, value in fit.parameters.default.items()}
    found["grid"] = {name: (value, None) for name, value in fit.parameters.grid.items()}
    found["fit"] = {name: (value, None) for name, value in fit.chosen.items()}
    for where in ("constructor", "fit"):
        # A long array passed as a setting is data of a kind; its type and shape are no value to compare by.
        found[where] = {name: held for name, held in found[where].items() if not _is_long(held[0])}
    _put_around(fit, found)
    told = {**found["constructor"], **found["fit"], **found["grid"]}
    for name, held in fit.variables.items():
        if not _is_grid(held[0], fit.parameters.grid) and not _is_told(held[0], told):
            found["variable"].setdefault(name, held)
    found["loop"] = _as_used(found["loop"], found["default"])
    found["variable"] = _as_used(found["variable"], found["default"])
    if fit.block is not None:
        found["explicit"] = _explicit(fit.block, around)
    return _distinct(found, around)


def _as_used(around: _Values, used: _Values) -> _Values:
    """Under the name of a parameter stands what the fit used, which may not be what has that name around it."""
    return {name: held for name, held in around.items() if name not in used or _same(used[name][0], held[0])}


def _put_around(fit: Fit, found: dict[ParamOrigin, _Values]) -> None:
    """Enter loop variables and arguments; a loop's value that the model was given is that parameter's, from a loop."""
    for name, (value, origin) in fit.around.items():
        if origin != "loop":
            found[origin][name] = (value, None)
            continue
        if fit.calls > 1:
            continue  # one model fitted once a pass: the passes are its folds, not its settings
        given = [*_equal(found["constructor"], value), *_equal(found["fit"], value)]
        for each in given:
            found["loop"][each] = (value, None)
            found["constructor"].pop(each, None)
            found["fit"].pop(each, None)
        if not given:
            found["loop"][name] = (value, None)


def _is_grid(value: object, grid: Mapping[str, Any]) -> bool:
    """Whether a variable holds the space that a search goes through, which stands parameter by parameter."""
    spaces = value if isinstance(value, list | tuple) else [value]
    return bool(grid) and all(isinstance(each, dict) and each.keys() <= grid.keys() for each in spaces)


def _is_told(value: object, told: _Values) -> bool:
    """Whether a variable only holds what stands under the names of parameters: ``options``, or ``**settings``.

    Numbers may be equal by chance, texts and containers hardly are.
    """
    if isinstance(value, dict):
        return bool(value) and all(
            name in told and _same(told[name][0], each) for name, each in value.items()
        )
    return isinstance(value, str | list | tuple) and any(_same(held, value) for held, _ in told.values())


def _same(held: object, value: object) -> bool:
    held, value = (list(each) if isinstance(each, tuple) else each for each in (held, value))
    return type(held) is type(value) and bool(held == value)


def _is_long(value: Any) -> bool:
    size = getattr(value, "size", None)
    return isinstance(size, int) and size > _LONGEST_ARRAY


def _equal(params: _Values, value: object) -> list[str]:
    return [name for name, (held, _) in params.items() if type(held) is type(value) and held == value]


def _distinct(
    found: Mapping[ParamOrigin, Mapping[str, tuple[Any, str | None]]],
    around: Surroundings,
) -> tuple[Param, ...]:
    """Each name once, from its strongest origin."""
    chosen: dict[str, Param] = {}
    for origin in _STRONGEST:
        for name, (value, execution_id) in found.get(origin, {}).items():
            if name not in chosen:
                chosen[name] = param(name, value, origin, execution_id, max_bytes=around.max_value_bytes)
    return tuple(chosen.values())


def _explicit(block: Block, around: Surroundings) -> _Values:
    """What the user said in code, and the variables that a ``%%track -p`` line names."""
    said: _Values = {name: (value, None) for name, value in block.params.items()}
    for name in block.wanted.params if block.wanted is not None else ():
        if name in around.namespace:
            said[name] = (around.namespace[name], None)
    return said

"""Optuna: ``study.optimize`` is a search; the models that its objective fits are trainings of their own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from nbtrack.frameworks.data import arguments, number, plain
from nbtrack.frameworks.protocol import Call, Outcome, Parameters, Training
from nbtrack.frameworks.signatures import bound
from nbtrack.records import Trials

__all__ = ["framework"]


class Optuna:
    """Studies."""

    name = "optuna"
    packages = ("optuna",)

    def owns(self, value: object) -> bool:
        study = getattr(sys.modules.get("optuna.study.study"), "Study", None)
        return study is not None and isinstance(value, study)

    def training(self, call: Call) -> Training | None:
        if call.name != "optimize" or not self.owns(call.receiver):
            return None
        _, params = arguments([argument for argument in bound(call) if argument.name != "func"])
        return Training("search", call.receiver, (), params, continues=False, encloses=True)

    def outcome(self, training: Training, call: Call, result: object) -> Outcome:
        del call, result
        study: Any = training.model
        trials = study.get_trials(deepcopy=False)
        wanted = training.params.get("n_trials")
        fits = min(wanted, len(trials)) if isinstance(wanted, int) else len(trials)
        return Outcome(study, _best(study), trials=_table(study, trials), fits=max(fits, 1))

    def scores(self, call: Call, result: object) -> Mapping[str, float] | None:
        del call, result
        return None

    def predicts(self, call: Call) -> bool:
        del call
        return False

    def parameters(self, model: Any) -> Parameters:
        """How the study searches, and the space it searched so far."""
        directions = [direction.name.lower() for direction in model.directions]
        explicit = {} if directions == ["minimize"] else {"direction": ", ".join(directions)}
        default = {"sampler": type(model.sampler).__name__, "pruner": type(model.pruner).__name__}
        if directions == ["minimize"]:
            default["direction"] = "minimize"
        grid: dict[str, Any] = {}
        for trial in model.get_trials(deepcopy=False):
            grid |= {name: _space(space) for name, space in trial.distributions.items() if name not in grid}
        return Parameters(explicit, grid, default)

    def fitted(self, model: Any) -> bool | None:
        return len(model.get_trials(deepcopy=False)) > 0


def _best(study: Any) -> dict[str, float]:
    try:
        value = number(study.best_value)
    except (ValueError, RuntimeError):
        return {}  # no trial is complete, or there are several objectives
    return {} if value is None else {"best_value": value}


def _space(distribution: Any) -> Any:
    choices = getattr(distribution, "choices", None)
    if choices is not None:
        return plain(choices)
    bounds = {name: getattr(distribution, name, None) for name in ("low", "high", "step", "log")}
    return {name: value for name, value in bounds.items() if value is not None and value is not False}


def _table(study: Any, trials: list[Any]) -> Trials:
    """A row per trial: number, parameters, value or values, state, seconds."""
    names = list(dict.fromkeys(name for trial in trials for name in trial.params))
    single = len(study.directions) == 1
    values = ["value"] if single else [f"value_{index}" for index in range(len(study.directions))]
    rows = []
    for trial in trials:
        measured = trial.values or [None] * len(values)
        seconds = trial.duration.total_seconds() if trial.duration is not None else None
        params = [plain(trial.params.get(name)) for name in names]
        rows.append((trial.number, *params, *map(plain, measured), trial.state.name, seconds))
    return Trials(columns=("number", *names, *values, "state", "seconds"), rows=tuple(rows))


framework = Optuna()

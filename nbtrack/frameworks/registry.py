"""Which libraries are in use, and which of them answers for a value or a call.

A library's file is loaded once the library itself is in ``sys.modules``. A failing answer counts as "not
mine": a user's object may do anything when it is looked at.
"""

from __future__ import annotations

import importlib
import logging
import sys
import warnings
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, TypeVar

from nbtrack.frameworks.protocol import Call, Framework, Training

__all__ = ["BUILT_IN", "named", "owner", "predictor", "present", "scores", "training"]

BUILT_IN: Mapping[str, tuple[str, ...]] = {
    "xgboost": ("xgboost",),
    "lightgbm": ("lightgbm",),
    "catboost": ("catboost",),
    "skorch": ("skorch",),
    "keras": ("keras",),
    "torch": ("torch",),
    "statsmodels": ("statsmodels",),
    "lifelines": ("lifelines",),
    "optuna": ("optuna",),
    "sklearn": ("sklearn",),
    "scipy": ("scipy",),
    "numpy": ("numpy",),
}
"""Files here and the packages they are about; of two that may claim a value, the more special first."""

_GROUP = "nbtrack.frameworks"
_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")
_known: dict[frozenset[str], tuple[Framework, ...]] = {}


def present() -> tuple[Framework, ...]:
    """The frameworks whose packages the user has imported, then those of third parties, ``generic`` last."""
    roots = _roots()
    key = frozenset(roots & sys.modules.keys())
    frameworks = _known.get(key)
    if frameworks is None:
        frameworks = _known[key] = _answering(key)
    return frameworks


def named(name: str) -> Framework | None:
    """The framework of this name; None where its library is not in use."""
    return next((framework for framework in present() if framework.name == name), None)


def owner(value: object) -> Framework | None:
    """The framework whose model the value is; None where it is no model."""
    return next((framework for framework in present() if _ask(framework, framework.owns, value)), None)


def training(call: Call) -> tuple[Framework, Training] | None:
    """What the call is about to train and whose it is; None where it trains nothing."""
    for framework in present():
        found = _ask(framework, framework.training, call)
        if found is not None:
            return framework, found
    return None


def predictor(call: Call) -> object | None:
    """The model that computes the result (the receiver, or a net that is called); None if none does."""
    for framework in present():
        if _ask(framework, framework.predicts, call):
            return call.function if call.receiver is None else call.receiver
    return None


def scores(call: Call, result: object) -> Mapping[str, float] | None:
    """Numbers that a scoring method of a model returned, by name; None where the call scores nothing."""
    for framework in present():
        found = _ask(framework, partial(_scores_of, framework, result), call)
        if found is not None:
            return found
    return None


def _scores_of(framework: Framework, result: object, call: Call) -> Mapping[str, float] | None:
    return framework.scores(call, result)


def _ask(framework: Framework, question: Callable[[Any], _Answer], value: object) -> _Answer | None:
    try:
        return question(value)
    except Exception:
        _log.debug("%s could not answer for a %s", framework.name, type(value), exc_info=True)
        return None


@cache
def _roots() -> frozenset[str]:
    """Every package that some framework is about."""
    built_in = {package for packages in BUILT_IN.values() for package in packages}
    return frozenset(built_in.union(*(framework.packages for framework in _third_parties())))


def _answering(loaded: frozenset[str]) -> tuple[Framework, ...]:
    own = [_load(file) for file, packages in BUILT_IN.items() if not loaded.isdisjoint(packages)]
    others = [framework for framework in _third_parties() if not loaded.isdisjoint(framework.packages)]
    return (*own, *others, _load("generic"))


def _load(file: str) -> Framework:
    framework: Framework = importlib.import_module(f"nbtrack.frameworks.{file}").framework
    return framework


@cache
def _third_parties() -> tuple[Framework, ...]:
    """Frameworks that installed distributions add by the entry point group ``nbtrack.frameworks``."""
    from importlib.metadata import entry_points

    found: list[Framework] = []
    for entry in entry_points(group=_GROUP):
        try:
            framework = entry.load()
            found.append(framework() if isinstance(framework, type) else framework)
        except Exception as error:
            warnings.warn(
                f"The framework {entry.name!r} ({entry.value}) could not be loaded: {error}", stacklevel=2
            )
    return tuple(found)

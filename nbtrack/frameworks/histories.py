"""Evaluation histories of boosting libraries: ``{data set: {metric: [value per round]}}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbtrack.frameworks.data import numbers

__all__ = ["curves", "last"]


def curves(history: Any) -> dict[str, tuple[float, ...]]:
    """Each metric's values per round, named ``<data set>_<metric>``; empty where there is no history."""
    if not isinstance(history, Mapping):
        return {}
    found: dict[str, tuple[float, ...]] = {}
    for data, metrics in history.items():
        for metric, values in metrics.items() if isinstance(metrics, Mapping) else ():
            found[f"{data}_{metric}"] = numbers(values)
    return {name: curve for name, curve in found.items() if curve}


def last(found: Mapping[str, tuple[float, ...]]) -> dict[str, float]:
    """The value each curve ended with."""
    return {name: curve[-1] for name, curve in found.items()}

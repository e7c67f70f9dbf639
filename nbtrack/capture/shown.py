"""Numbers that a cell computes by hand: bound to a name, displayed, or printed.

``np.mean(y_pred == y_test)`` is a metric without a call that says so. Such a number counts when its expression leads
to a model or a prediction, by :class:`nbtrack.capture.attribute.Attribution`; its origin is ``variable``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nbtrack.capture.attribute import Attribution
from nbtrack.capture.flows import Flow
from nbtrack.capture.observation import Observation, Score
from nbtrack.capture.sites import ShownSite
from nbtrack.observe.metrics import metric_name, number, scores

__all__ = ["hand_made"]

# What counts or measures data rather than a model.
_NO_METRIC = re.compile(
    r"\b(coef_|intercept_|feature_importances_|predict|predict_proba|len|shape|size|range|count|nunique|unique|index|argmax|argmin|time|ndim|dtype)\b"
)


def hand_made(
    observation: Observation,
    flows: Iterable[Flow],
    sites: Mapping[int, ShownSite],
    namespace: Mapping[str, Any],
    attribution: Attribution,
) -> list[Score]:
    """The numbers of an execution that no scoring call gave, each with the runs whose models it measures.

    ``flows`` are the assignments of its cell.
    """
    known = {id(score.result) for score in observation.scores}
    sampled = {name for fit in observation.fits for name in fit.series}
    found: dict[str, Score] = {}
    for name, value, runs, variable in (
        *_bound(flows, namespace, attribution),
        *_seen(observation, sites, attribution),
    ):
        if id(value) in known or name in found or name in sampled:
            continue
        values = _numbers(name, value)
        if values:
            found[name] = Score(
                values=dict(values),
                run_ids=runs,
                dataset=None,
                result=value,
                at=observation.started,
                origin="variable",
                variable=variable,
            )
    return list(found.values())


def _numbers(name: str, value: object) -> Mapping[str, float]:
    """A number under its name, or a few of them item by item; what they come to on average nobody asked for."""
    found = scores(name, value)
    items = {key: each for key, each in found.items() if not key.endswith((".mean", ".std"))}
    return items or {key: each for key, each in found.items() if not key.endswith(".std")}


def _bound(
    flows: Iterable[Flow],
    namespace: Mapping[str, Any],
    attribution: Attribution,
) -> Iterator[tuple[str, Any, tuple[str, ...], str]]:
    """Variables that the cell assigned, whose names say metric."""
    for flow in flows:
        for name in flow.targets:
            if metric_name(name) and number(namespace.get(name)) is not None:
                runs = attribution.by_names(flow.names)
                if runs:
                    yield name, namespace[name], runs, name


def _seen(
    observation: Observation,
    sites: Mapping[int, ShownSite],
    attribution: Attribution,
) -> Iterator[tuple[str, Any, tuple[str, ...], str | None]]:
    """Values that the cell printed or displayed."""
    for site_id, value in observation.shown.items():
        site = sites[site_id]
        if _NO_METRIC.search(site.text) or not _is_measure(site, value) or attribution.is_prediction(value):
            continue
        runs = attribution.by_names(site.names)
        if runs:
            name = site.text.rpartition(".")[2] if site.kind == "attribute" else site.text
            yield name, value, runs, site.text if site.kind == "name" else None


def _is_measure(site: ShownSite, value: object) -> bool:
    """Whether a shown value may be a measure: a real number that is no count, or an attribute of a fitted model."""
    if isinstance(value, int):
        return metric_name(site.text) or (site.kind == "attribute" and site.text.endswith("_"))
    if number(value) is not None:
        return True
    return site.kind == "attribute" or metric_name(site.text)

"""Numbers that a cell computes by hand: bound to a name, displayed, or printed.

``np.mean(y_pred == y_test)`` is a metric without a call that says so. Such a number counts when its expression leads
to a model or a prediction, by :class:`nbtrack.capture.attribute.Attribution`; its origin is ``variable``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from numbers import Integral
from typing import Any

from nbtrack.capture.attribute import Attribution
from nbtrack.capture.flows import Flow
from nbtrack.capture.observation import Observation, Score
from nbtrack.capture.sites import ShownSite
from nbtrack.observe.metrics import metric_name, number, scores, test_numbers

__all__ = ["hand_made", "measure", "told_already"]

# What counts or measures data rather than a model, and what a model learned or predicts.
_NO_METRIC = re.compile(
    r"\b(coef_|coefs_|intercept_|intercepts_|feature_importances_|components_|cluster_centers_|cv_results_|predict"
    r"|predict_proba|get_prediction|predicted_mean|fittedvalues|fitted_values|forecast|conf_int|resid|transform"
    r"|len|shape|size|range|count|nunique|unique|index|argmax|argmin|time|ndim|dtype)\b"
)
_LEARNED = frozenset(
    {
        "coef_",
        "intercept_",
        "feature_importances_",
        "components_",
        "cluster_centers_",
        "columns",
        "predicted_mean",
        "fittedvalues",
    }
)
_ROUNDING = re.compile(
    r"\A(?:round|float|np\.round|abs)\((?P<first>.+?)(?:, *\d+)?\)\Z"
    r"|\A(?P<second>.+)\.(?:round\(\d*\)|item\(\)|numpy\(\))\Z"
)
_EXPLAINED = "explained_variance"


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
    known = {id(value) for score in observation.scores for value in score.gave()}
    sampled = {name for fit in observation.fits for name in fit.series}
    found: dict[tuple[str, tuple[str, ...]], Score] = {}
    for name, value, runs, variable, names in (
        *_bound(flows, namespace, attribution),
        *_seen(observation, sites, attribution),
    ):
        if id(value) in known or (name, runs) in found or name in sampled:
            continue
        if number(value) is None and len(observation.fits) > 1 and _is_filled(name, attribution):
            continue  # by a loop over several trainings: of those, not of the last
        values = _numbers(name, value)
        if values and not (variable is None and told_already(observation, values, runs)):
            found[name, runs] = Score(
                values=dict(values),
                run_ids=runs,
                dataset=None,
                result=value,
                at=observation.started,
                origin="variable",
                variable=variable,
                names=names,
            )
    return list(found.values())


def told_already(observation: Observation, values: Mapping[str, float], runs: tuple[str, ...]) -> bool:
    """Whether the trainings themselves gave just these numbers, under a library's own names, and the runs keep them."""
    given = {
        number
        for fit in observation.fits
        if fit.id in runs
        for name, number in fit.scores.items()
        if name not in fit.unasked
    }
    return set(values.values()) <= given


def _is_filled(name: str, attribution: Attribution) -> bool:
    flow = attribution.flow_of(name)
    return flow is not None and flow.updates


def _numbers(name: str, value: object) -> Mapping[str, float]:
    """A number under its name, or a few of them item by item; of many the mean, where the name says metric."""
    single = number(value)
    if single is not None:
        return {name: single}
    tested = test_numbers(value)
    if tested:
        return {f"{name}.{key}": each for key, each in tested.items()}
    found = scores("shown", value)
    items = {key: each for key, each in found.items() if not key.endswith((".mean", ".std"))}
    mean = {key: each for key, each in found.items() if not key.endswith(".std")} if metric_name(name) else {}
    kept = items or mean
    if not metric_name(name) and kept and all(each.is_integer() for each in kept.values()):
        return {}  # places and counts
    return {name + key.removeprefix("shown"): each for key, each in kept.items()}


def _bound(
    flows: Iterable[Flow],
    namespace: Mapping[str, Any],
    attribution: Attribution,
) -> Iterator[tuple[str, Any, tuple[str, ...], str, frozenset[str]]]:
    """Variables that the cell assigned, whose names say metric."""
    for flow in flows:
        if flow.attributes & _LEARNED:
            continue
        for name in flow.targets:
            if metric_name(name) and number(namespace.get(name)) is not None:
                runs = attribution.by_names(flow.names)
                if runs:
                    yield name, namespace[name], runs, name, flow.names


def _seen(
    observation: Observation,
    sites: Mapping[int, ShownSite],
    attribution: Attribution,
) -> Iterator[tuple[str, Any, tuple[str, ...], str | None, frozenset[str]]]:
    """Values that the cell printed or displayed."""
    for site_id, value in observation.shown.items():
        if site_id in observation.listed:
            yield from (each for each in observation.listed[site_id].values() if each is not None)
            continue
        found = measure(sites[site_id], value, observation, attribution)
        if found is not None:
            yield found[0], value, found[1], found[2], sites[site_id].names


def measure(
    site: ShownSite, value: object, observation: Observation, attribution: Attribution
) -> tuple[str, tuple[str, ...], str | None] | None:
    """What a shown value is called, the runs it measures, the variable it is held by; None where it is no measure."""
    if _NO_METRIC.search(site.text) or not _is_measure(site, value) or attribution.is_prediction(value):
        return None
    text = _without_rounding(site.text)
    if site.kind == "name" or text.isidentifier():
        flow = attribution.flow_of(text)
        if flow is not None and (flow.attributes & _LEARNED or (flow.picks and not metric_name(text))):
            return None
    if attribution.is_part_of_model(text):
        return None
    # A training inside the expression is what its value is about, whatever else is named there.
    inside = tuple(fit.id for fit in observation.fits if site.id < fit.site.id <= site.last)
    runs = inside[-1:] or attribution.by_names(site.names)
    if not runs:
        return None
    if test_numbers(value):
        text = text.partition("(")[0].rpartition(".")[2]
    name = text.rpartition(".")[2] if site.kind == "attribute" else text
    return name, runs, site.text if site.kind == "name" else None


def _without_rounding(text: str) -> str:
    """The text of what is rounded or converted to be shown: ``loss`` of ``round(loss.item(), 3)``."""
    for _ in range(3):
        found = _ROUNDING.match(text)
        if found is None:
            break
        text = found["first"] or found["second"]
    return text


def _is_measure(site: ShownSite, value: object) -> bool:
    """Whether a shown value may be a measure: a real number that is no count, or an attribute of a fitted model."""
    if isinstance(value, Integral):
        return metric_name(site.text) or (site.kind == "attribute" and site.text.endswith("_"))
    if number(value) is not None or test_numbers(value):
        return True
    if site.kind == "attribute" and not site.text.endswith("_"):
        return True  # of results objects, whose estimates are what is asked for
    return metric_name(site.text) or (site.kind == "attribute" and _EXPLAINED in site.text)

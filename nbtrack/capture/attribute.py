"""Knows which model a number measures.

A metric is attached to the model whose prediction went into it. Predictions are remembered by identity; where a
number is computed from something derived from a prediction, the names tell: those in the call, what they stand
for now, and what they were assigned from. Nothing else is tried: a metric that leads to no model stays without.
"""

from __future__ import annotations

import re
import weakref
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

from nbtrack.capture.flows import Flow, Flows
from nbtrack.capture.memory import IdentityMap
from nbtrack.capture.sites import Site
from nbtrack.frameworks.protocol import Call

__all__ = ["Attribution"]

_MAX_STEPS = 8
_MAX_SITES = 64
_PARTS = frozenset({tuple, list, dict, bool, int, float, str, type(None)})
_NO_PREDICTIONS = frozenset({bool, str, type(None)})
_PLACE = re.compile(r"(?P<root>\w+)(?P<attributes>(?:\.\w+)*)(?:\[[^]]*\])*\Z")


@dataclass(frozen=True, slots=True, eq=False)
class _Prediction:
    """What made a value: the model, and the models whose predictions went into the call."""

    model: weakref.ref[Any] | None
    strong: object | None
    before: tuple[_Prediction, ...]


class Attribution:
    """Follows models, their predictions, and the names derived from these, over the life of a kernel.

    Args:
        namespace: the user's namespace.
        flows: what names were assigned from.
    """

    def __init__(self, namespace: dict[str, Any], flows: Flows) -> None:
        self.runs: IdentityMap[str] = IdentityMap()
        """The latest run of each model known."""
        self._namespace = namespace
        self._flows = flows
        self._predictions: IdentityMap[_Prediction] = IdentityMap()
        self._by_site: dict[int, _Prediction] = {}
        self._latest: dict[int, tuple[weakref.ref[Any], _Prediction]] = {}
        self._asked: weakref.ref[Any] | None = None
        self.changes = 0
        """How often another model computed something than the one before it, but for sites that are known."""

    @property
    def knows_models(self) -> bool:
        """Whether any model was trained yet that a number could measure."""
        return len(self.runs) > 0

    def predicted(self, site: Site, model: object, result: object, inputs: Iterable[object]) -> None:
        """Remember that ``model`` made ``result`` of ``inputs`` at this site."""
        before = tuple(known for each in inputs if (known := self._prediction(each)) is not None)
        try:
            made = _Prediction(weakref.ref(model), None, before)
        except TypeError:
            made = _Prediction(None, model, before)
        if self._asked is None or self._asked() is not model:
            self._asked = made.model
            self.changes += 1
        self._by_site[site.id] = made
        if result is not None and not isinstance(result, bool | int | float | str):
            self._predictions[result] = made
        if isinstance(result, tuple):
            for each in result:
                self._predictions[each] = made

    def predicted_again(self, site: Site, model: object, result: object, inputs: tuple[object, ...]) -> None:
        """The same for a site that was asked last about the same model: of its results, the last is remembered."""
        made = self._by_site.get(site.id)
        if made is not None and not made.before and not self._knows_any(inputs):
            same = True
        else:
            before = tuple([known for each in inputs if (known := self._prediction(each)) is not None])
            same = made is not None and made.before == before
        if made is None or not same or type(result) in _PARTS:
            self.predicted(site, model, result, inputs)
        else:
            if len(self._latest) > _MAX_SITES:
                self._latest.clear()
            self._latest[site.id] = (weakref.ref(result), made)

    def _knows_any(self, values: tuple[object, ...]) -> bool:
        """Whether one of these may be a prediction; asked in each pass of a loop, of values that seldom are."""
        if self._predictions.has_any(values):
            return True
        for latest, _ in self._latest.values():
            result = latest()
            if result is not None:
                for each in values:
                    if each is result:
                        return True
        return False

    def measured_in(self, result: object, run_id: str) -> None:
        """The numbers in ``result``, such as the scores of folds, measure this run."""
        parts: Iterable[object] = (result,)
        if isinstance(result, tuple):
            parts = result
        elif isinstance(result, Mapping):
            parts = (result, *result.values())
        for part in parts:
            self.runs[part] = run_id

    def measured(self, site: Site, call: Call, nested: Iterable[object], frame: FrameType) -> tuple[str, ...]:
        """Ids of the runs whose models the number of a scoring call measures; empty when none is known."""
        values = [*call.args, *call.kwargs.values()]
        for candidates in ([call.receiver], values, nested):
            found = self._runs_of(candidates)
            if found:
                return found
        local = frame.f_locals
        return self.by_names(site.names, local)

    def by_names(self, names: Iterable[str], local: Mapping[str, Any] | None = None) -> tuple[str, ...]:
        """Ids of the runs that these names lead to: by their values, else by what they were assigned from."""
        for values, sites in self.leading(names, local):
            found = self._runs_of(values)
            if not found:
                made = [self._by_site.get(number) for number in sites]
                found = self._distinct(
                    run for each in made if each is not None for run in self._made_by(each)
                )
            if found:
                return found
        return ()

    def leading(
        self, names: Iterable[str], local: Mapping[str, Any] | None = None
    ) -> Iterator[tuple[list[Any], list[int]]]:
        """What these names stand for, and the sites of watched calls they were assigned from; then one step further."""
        visible: Mapping[str, Any] = self._namespace
        if local is not None and local is not self._namespace:
            visible = ChainMap(dict(local), self._namespace)
        todo, seen = list(names), set(names)
        for _ in range(_MAX_STEPS):
            flows = [flow for name in todo if (flow := self._flows.of(name)) is not None]
            yield (
                [visible[name] for name in todo if name in visible],
                [number for flow in flows for number in flow.sites],
            )
            todo = [name for flow in flows for name in flow.names if name not in seen]
            seen.update(todo)
            if not todo:
                break

    def flow_of(self, name: str) -> Flow | None:
        """What a name was last assigned from; None for one that no cell assigned."""
        return self._flows.of(name)

    def is_part_of_model(self, text: str) -> bool:
        """Whether an expression only names a model's parameters: an array that was fitted, a weight of a net."""
        found = _PLACE.match(text)
        if found is None:
            return False
        value = self._namespace.get(found["root"])
        if any(cls.__module__.startswith("torch.nn") for cls in type(value).__mro__):
            return True
        learned = type(value).__module__.partition(".")[0] in {"numpy", "builtins", "torch", "tensorflow"}
        return learned and value is not None and self.runs.get(value) is not None and not found["attributes"]

    def measured_on(self, site: Site, call: Call) -> str | None:
        """The name of the data that a scoring call measured on: its first argument that is no prediction."""
        for text, value in zip(site.arguments, call.args, strict=False):
            if self._prediction(value) is None and value is not call.receiver:
                return text
        return next(
            (text for name, text in site.keywords.items() if self._prediction(call.kwargs.get(name)) is None),
            None,
        )

    def made(self, value: object) -> object | None:
        """The model that made this very object; None where none known did."""
        known = self._prediction(value)
        if known is None:
            return None
        return known.model() if known.model is not None else known.strong

    def makers(self, values: Iterable[object]) -> list[object | None]:
        """What made each of these, as marks that are the same while nothing new is learned of the calls that did."""
        return [self._prediction(each) for each in values]

    def is_prediction(self, value: object) -> bool:
        """Whether a model known here made this very object."""
        return self._prediction(value) is not None

    def _prediction(self, value: object) -> _Prediction | None:
        if type(value) in _NO_PREDICTIONS:
            return None
        known = self._predictions.get(value)
        if known is None:
            # A view of a prediction (a column of the probabilities) is still that prediction.
            base = getattr(value, "base", None) if type(value).__module__ == "numpy" else None
            known = self._predictions.get(base) if base is not None else None
        if known is None:
            for latest, made in self._latest.values():
                if latest() is value and value is not None:
                    return made
        return known

    def _runs_of(self, values: Iterable[object]) -> tuple[str, ...]:
        found: list[str] = []
        for value in values:
            run = self.runs.get(value) if value is not None else None
            if run is not None:
                found.append(run)
                continue
            made = self._prediction(value)
            if made is not None:
                found += self._made_by(made)
        return self._distinct(found)

    def _made_by(self, made: _Prediction) -> list[str]:
        """Runs of the model that made something; where it has none (a loss, a scaler), of what went into it."""
        model = made.model() if made.model is not None else made.strong
        run = self.runs.get(model) if model is not None else None
        if run is not None:
            return [run]
        return [each for before in made.before for each in self._made_by(before)]

    @staticmethod
    def _distinct(runs: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(runs))

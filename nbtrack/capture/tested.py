"""Follows what models are tested on: which data it was, and how many of its rows they were trained on.

Both are told when the call is made, since the data may be gone or changed later: tables that are cut out for one call
are common. What is told of an object is told once, as long as a glance at it shows that it did not change.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

from nbtrack.capture.attribute import Attribution
from nbtrack.capture.holders import name_of
from nbtrack.capture.memory import IdentityMap
from nbtrack.capture.observation import Fit, Observation, Score
from nbtrack.capture.sites import Site
from nbtrack.digests import content
from nbtrack.digests.glance import Glance, glance, mark_of
from nbtrack.digests.marks import RowMarks, row_marks, shared
from nbtrack.digests.rows import len_of
from nbtrack.errors import DigestError
from nbtrack.frameworks.protocol import Call
from nbtrack.records import Content, Dataset, Scored

__all__ = ["Tested"]

_MOST_MARKS = 8_000_000  # rows whose marks are kept in memory: 64 MB
_MOST_RUNS = 10_000
_MOST_MARKED = 100_000  # true values of one execution; further ones count as new
_SEVERAL = (None, None, None)
_MOST_LOOKS = 16  # of one execution, at data that no glance can tell is unchanged
_INPUTS = ("X", "x", "data", "exog", "inputs", "input")
_TRUTHS = ("y", "y_true")


@dataclass(frozen=True, slots=True)
class _Table:
    """Data that a model was given: its name, its rows, its digest (None: it has none that means something)."""

    name: str
    rows: int
    digest: str | None


class Tested:
    """Data that the models of a kernel were trained and tested on.

    Args:
        namespace: the user's namespace.
        attribution: knows which models and predictions there are.

    Attributes:
        limit: data of more values is not compared row by row; 0: none is.
    """

    def __init__(self, namespace: Mapping[str, Any], attribution: Attribution) -> None:
        self.limit = 0
        self._namespace = namespace
        self._attribution = attribution
        self._marks: OrderedDict[str, RowMarks] = OrderedDict()
        self._kept = 0
        self._counts: dict[tuple[str, str], int] = {}
        self._trained: OrderedDict[str, str] = OrderedDict()
        self._nets: IdentityMap[str] = IdentityMap()
        self._looked: IdentityMap[tuple[Glance, str]] = IdentityMap()
        self._given: IdentityMap[_Table] = IdentityMap()
        self._by_site: dict[int, _Table | None] = {}

    # What models are trained on.

    def trained(
        self, observation: Observation, fit: Fit, data: Iterable[tuple[Dataset | None, object]]
    ) -> None:
        """Data goes into a training: what comes first is what rows are compared with, and it validates on the rest."""
        if not self.limit:
            return
        told = [(one, value) for one, value in data if one is not None and not one.content.by_pickle]
        first = next((pair for pair in told if pair[0].role == "train"), None)
        if first is not None:
            self._keep(first[0].content.digest, first[1])
            self._trains(fit.id, first[0].content.digest)
        for one, value in told if first is not None else ():
            digest = one.content.digest
            if one.role != "train" and self._keep(digest, value) and self._marks[digest].columns > 1:
                self._enter(observation, fit.id, one.name, _Table(one.name, len_of(value), digest), None)

    def net_trained(
        self, observation: Observation, model: object | None, value: object, found: Content
    ) -> None:
        """A net computes something of this while it trains; without model: it goes over the batches of this."""
        if not self.limit or found.by_pickle or not self._keep(found.digest, value):
            return
        if model is not None:
            self._nets[model] = found.digest
        elif observation.loader in {None, found.digest}:
            observation.loader = found.digest
        else:
            observation.loader = ""  # several: which of them trains is not known

    def cell_ends(self, observation: Observation, made_by_hand: Iterable[Score]) -> None:
        """The execution is over: learn what its nets were trained on, enter what numbers made by hand measure."""
        if not self.limit:
            return
        for fit in observation.fits:
            if fit.model is not None:
                self._learn(observation, fit.id, fit.model)
        for score in made_by_hand:
            table = self._by_names(score.names, None)
            if table is not None:
                for run_id in score.run_ids:
                    self._enter(observation, run_id, "", table, None)

    def _learn(self, observation: Observation, run_id: str, model: object) -> None:
        """What a net was trained on by a loop of the notebook."""
        if run_id not in self._trained:
            digest = self._nets.get(model) or (observation.loader if hasattr(model, "training") else None)
            if digest:
                self._trains(run_id, digest)

    def _trains(self, run_id: str, digest: str) -> None:
        self._trained[run_id] = digest
        self._trained.move_to_end(run_id)
        if len(self._trained) > _MOST_RUNS:
            self._trained.popitem(last=False)

    def _keep(self, digest: str, value: object) -> bool:
        """Have the marks of the rows of a value; False where there are none."""
        if digest in self._marks:
            self._marks.move_to_end(digest)
            return True
        marks = row_marks(value, self.limit)
        if marks is None:
            return False
        self._marks[digest] = marks
        self._kept += len(marks.marks)
        while self._kept > _MOST_MARKS and len(self._marks) > 1:
            _, oldest = self._marks.popitem(last=False)
            self._kept -= len(oldest.marks)
        return True

    # What they are tested on.

    def predicted(
        self, observation: Observation, site: Site, call: Call, model: object, result: object
    ) -> None:
        """A model computed ``result``; remembers of which data, unless a loop hands it over in batches."""
        self._by_site.pop(site.id, None)
        if not self.limit or "transform" in site.name or getattr(model, "training", False):
            return
        run_id = self._attribution.runs.get(model)
        if run_id is None:
            return
        self._learn(observation, run_id, model)
        text, value = _first(site, call)
        if value is None or _in_batches(observation, text, model):
            return
        table = self._table(observation, text, value)
        if table is None:
            return
        self._by_site[site.id] = table
        for each in result if isinstance(result, tuple) else (result,):
            if each is not None and not isinstance(each, bool | int | float | str):
                self._given[each] = table

    def scored(  # noqa: PLR0913, PLR0917 - a call and what is known of it
        self,
        observation: Observation,
        site: Site,
        call: Call,
        nested: Iterable[object],
        frame: FrameType,
        run_ids: Iterable[str],
        dataset: str | None,
    ) -> bool:
        """A scoring call measured these runs: enter what on; whether that is known by its true values at most."""
        if not self.limit:
            return True
        values = [*call.args, *call.kwargs.values()]
        if call.receiver is not None and self._attribution.runs.get(call.receiver) is not None:
            text, value = _first(site, call)
            table = self._table(observation, text, value) if value is not None else None
            true = call.argument(1, *_TRUTHS)
        else:
            table = self._behind([*values, *nested]) or self._by_names(site.names, frame.f_locals)
            true = next((each for each in values if not self._attribution.is_prediction(each)), None)
        truth = self._truth(true) if len_of(true) > 1 else None
        unseen = table is None
        if table is None and truth is None:
            return unseen
        if table is None or (truth is not None and table.rows != len_of(true)):
            table = _Table("", len_of(true), None)  # of something else, such as a part of the rows
        if unseen and truth is not None:
            run_ids = self._unmarked(observation, run_ids, dataset or "", true)
        for run_id in run_ids:
            self._enter(observation, run_id, dataset or "", table, truth)
        return unseen

    def scored_again(self, observation: Observation, run_ids: Iterable[str], dataset: str, true: Any) -> bool:
        """The same call, of which only the true values are known: enter them; whether they were entered already."""
        if not self.limit or getattr(true, "requires_grad", False) or len_of(true) < 2:  # noqa: PLR2004 - rows, as above
            return False
        table = _Table("", len_of(true), None)
        new = self._unmarked(observation, run_ids, dataset, true)
        truth: str | None = None
        for run_id in new:
            before = observation.scored.get((run_id, dataset))
            if before and before.reason and (before.digest, before.truth, before.shared) == _SEVERAL:
                # One more of several: which they are is not told of those.
                observation.scored[run_id, dataset] = replace(before, rows=before.rows + table.rows)
                continue
            truth = truth or self._truth(true)
            if truth is not None:
                self._enter(observation, run_id, dataset, table, truth)
        return not new

    def _unmarked(
        self, observation: Observation, run_ids: Iterable[str], dataset: str, true: object
    ) -> list[str]:
        """The runs that were not yet measured on these true values under this name; they are from now on."""
        mark = mark_of(true)
        if mark is None:
            return list(run_ids)
        keys = {run_id: (run_id, dataset, mark, self._trained.get(run_id)) for run_id in run_ids}
        new = [run_id for run_id, key in keys.items() if key not in observation.marks]
        if len(observation.marks) < _MOST_MARKED:
            observation.marks.update(keys.values())
        return new

    def _by_names(self, names: Iterable[str], local: Mapping[str, Any] | None) -> _Table | None:
        for values, sites in self._attribution.leading(names, local):
            found = self._behind(values) or next(
                (known for number in sites if (known := self._by_site.get(number)) is not None), None
            )
            if found is not None:
                return found
        return None

    def _behind(self, values: Iterable[object]) -> _Table | None:
        for value in values:
            found = self._given.get(value) if value is not None else None
            if found is None and type(value).__module__ == "numpy":
                base = getattr(value, "base", None)  # a view of a prediction is still that prediction
                found = self._given.get(base) if base is not None else None
            if found is not None:
                return found
        return None

    def _table(self, observation: Observation, text: str, value: object) -> _Table | None:
        rows = len_of(value) or _rows_inside(value)
        if rows < 2:  # noqa: PLR2004 - of one row nobody measures a model
            return None
        digest = self._digest(observation, value)
        if digest is not None:
            self._keep(digest, value)
        return _Table(name_of(self._namespace, value) or text, rows, digest)

    def _digest(self, observation: Observation, value: object) -> str | None:
        """The digest of a value, from memory where a glance shows it unchanged."""
        now, known = glance(value), self._looked.get(value)
        if known is not None and known[0].unchanged(now):
            return known[1]
        if now is None:
            observation.looks += 1
            if observation.looks > _MOST_LOOKS:
                return None
        try:
            found = content(value)
        except DigestError:
            return None
        if found.by_pickle:
            return None
        if now is not None:
            self._looked[value] = (now, found.digest)
        return found.digest

    def _truth(self, true: Any) -> str | None:
        """The digest of true values as an array, whatever holds them."""
        numpy = sys.modules.get("numpy")
        if numpy is None or getattr(true, "requires_grad", False):
            return None  # what is trained is not true
        now, known = glance(true), self._looked.get(true)
        if known is not None and known[1].startswith("truth:") and known[0].unchanged(now):
            return known[1].removeprefix("truth:")
        try:
            found = content(numpy.asarray(true))
        except (DigestError, ValueError, TypeError):
            return None
        if found.by_pickle:
            return None
        if now is not None:
            self._looked[true] = (now, f"truth:{found.digest}")
        return found.digest

    def _enter(
        self, observation: Observation, run_id: str, dataset: str, table: _Table, truth: str | None
    ) -> None:
        """Enter what a run was measured on; of several under one name, such as folds, what they come to together."""
        seen = (run_id, dataset, table.digest, truth, self._trained.get(run_id))
        if seen in observation.tested:
            return
        observation.tested.add(seen)
        count, reason = self._shared(run_id, table)
        found = Scored(
            run_id=run_id, dataset=dataset, rows=table.rows, inputs=table.name or None, digest=table.digest,
            truth=truth, shared=count, reason=reason,
        )  # fmt: skip
        before = observation.scored.get((run_id, dataset))
        observation.scored[run_id, dataset] = found if before is None else _together(before, found)

    def _shared(self, run_id: str, table: _Table) -> tuple[int | None, str]:
        """How many rows of a table its run was trained on, or why that cannot be told."""
        trained = self._trained.get(run_id)
        if table.digest is None:
            return None, "what the model was given was not seen, or has no digest"
        if trained is None:
            return None, "the rows that it was trained on were not seen"
        key = trained, table.digest
        if key not in self._counts:
            train, test = self._marks.get(trained), self._marks.get(table.digest)
            if train is None or test is None:
                which = "the training data" if train is None else table.name
                return None, f"the rows of {which} cannot be compared, or are more than max_row_cells allows"
            if train.columns != test.columns:
                return None, "the training data has other columns"
            if len(self._counts) > _MOST_RUNS:
                self._counts.clear()
            self._counts[key] = shared(test, train)
        return self._counts[key], ""


def _together(before: Scored, now: Scored) -> Scored:
    """Two tests under one name as one: rows and shared rows add up, digests stay where they agree."""
    if (before.digest, before.truth) == (now.digest, now.truth):
        return now
    count = None if before.shared is None or now.shared is None else before.shared + now.shared
    reason = "" if count is not None else before.reason or now.reason
    rows = before.rows + now.rows
    return replace(before, rows=rows, digest=None, truth=None, shared=count, reason=reason)


def _first(site: Site, call: Call) -> tuple[str, object | None]:
    """What a model is given: its text and its value."""
    if call.args:
        return (site.arguments[0] if site.arguments else ""), call.args[0]
    name = next((name for name in _INPUTS if name in call.kwargs), next(iter(call.kwargs), None))
    return (site.keywords.get(name, name), call.kwargs[name]) if name is not None else ("", None)


def _in_batches(observation: Observation, text: str, model: object) -> bool:
    """Whether a running loop hands its data over to a net piece by piece."""
    if not hasattr(model, "training"):
        return False
    names = {name for passes in observation.loops.values() for name in passes.loop.targets}
    return any(name == text or text.startswith((f"{name}.", f"{name}[")) for name in names)


def _rows_inside(value: Any) -> int:
    rows = getattr(value, "num_row", None)
    return int(rows()) if callable(rows) else 0

"""Score what a tracker recorded of one notebook against its label. Pure: JSON in, counts and misses out.

A *capture* is what ``run.py`` writes: ``cells`` (index to outputs and error), ``truth`` (index to what
the kernel was asked right after that cell) and ``runs`` (the run JSON, with ``check`` beside it: how the
stored model loaded).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matching import flatten, found_in, last_name, names_data, same_class, same_file, same_value
from truth import Truth, truth_of

__all__ = ["FIGURES", "Miss", "Score", "score"]

# Figure: (what a hit is, what the total counts).
FIGURES = {
    "training recall": "cells labelled as training that have a run",
    "training precision": "cells with a run that are labelled as training",
    "models recall": "labelled models with a run of their class (and variable, if both have one) in the cell",
    "models precision": "runs whose class is labelled in their cell",
    "models loadable": "retained models whose stored model loads in another process and predicts the same",
    "params recall": "labelled parameters recorded with their value in a run of the cell, or of their model",
    "params precision": "recorded parameters, without origin default, that are labelled in their cell",
    "metrics recall": "labelled metrics recorded with their true value in a run of their model",
    "metrics precision": "recorded metrics that are the true value of a metric labelled for that model",
    "metrics attribution": "recorded metrics equal to some labelled metric that stand at that metric's model",
    "data recall": "labelled data names recorded with a digest in a run of the cell",
    "data precision": "recorded dataset names that are labelled in their cell",
    "files recall": "labelled files recorded with a digest in a run of the cell",
    "files precision": "recorded files that are labelled in their cell",
    "slices recall": "cells of the true backward slice that a run of the cell depends on",
    "slices precision": "cells a run of the cell depends on that are in its true backward slice",
}


@dataclass(frozen=True)
class Miss:
    """One thing that was labelled and not recorded, or recorded and not labelled (``extra``)."""

    figure: str
    cell: int
    what: str
    detail: str = ""
    doubtful: bool = False


@dataclass
class Score:
    """Hits and totals per figure, and every miss."""

    counts: dict[str, list[int]] = field(default_factory=lambda: {name: [0, 0] for name in FIGURES})
    misses: list[Miss] = field(default_factory=list)

    def add(self, miss: Miss, *, hit: bool) -> None:
        """Count one thing; ``miss`` tells what it is, and is kept where it is no hit."""
        self.counts[miss.figure][0] += hit
        self.counts[miss.figure][1] += 1
        if not hit:
            self.misses.append(miss)


@dataclass
class _Cell:
    """A labelled cell with the runs recorded for it."""

    label: Mapping
    runs: list[Mapping]

    @property
    def index(self) -> int:
        return self.label["index"]

    def miss(self, figure: str, what: str, detail: str = "") -> Miss:
        """The miss that it would be if this were not found."""
        return Miss(figure, self.index, what, detail, bool(self.label.get("doubtful")))


def score(label: Mapping, capture: Mapping, *, doubtful: bool = True) -> Score:
    """Score one notebook; with ``doubtful=False`` the cells a labeller was unsure about are left out."""
    runs: dict[int | None, list[Mapping]] = defaultdict(list)
    for run in capture["runs"]:
        runs[run["cell"]].append(run)
    result = Score()
    cells = [
        _Cell(cell, runs[cell["index"]])
        for cell in label["cells"]
        if cell["index"] not in label["error_cells"] and (doubtful or not cell.get("doubtful"))
    ]
    training = [cell for cell in cells if cell.label.get("training")]
    _score_training(result, cells)
    for cell in training:
        _score_models(result, cell)
        _score_params(result, cell)
        _score_data(result, cell)
        _score_slice(result, cell)
    _score_metrics(result, training, capture)
    return result


def _score_training(result: Score, cells: Iterable[_Cell]) -> None:
    for cell in cells:
        if cell.label.get("training"):
            names = ", ".join(model["class"] for model in cell.label["models"])
            result.add(cell.miss("training recall", names), hit=bool(cell.runs))
        if cell.runs:
            names = ", ".join(str(_class_of(run)) for run in cell.runs)
            hit = bool(cell.label.get("training"))
            result.add(cell.miss("training precision", names, "extra"), hit=hit)


def _score_models(result: Score, cell: _Cell) -> None:
    for model in cell.label["models"]:
        runs = runs_of(model, cell.runs)
        what = f"{model['var']}: {model['class']}"
        got = ", ".join(sorted({f"{_variable_of(run)}: {_class_of(run)}" for run in cell.runs}))
        result.add(cell.miss("models recall", what, f"recorded: {got or 'nothing'}"), hit=bool(runs))
        if model["retained"]:
            states = [_load_state(run, model["var"]) for run in runs]
            best = "" if "" in states else (states[-1] if states else "no run")
            result.add(cell.miss("models loadable", what, best), hit=best == "")
    for run in cell.runs:
        hit = any(run in runs_of(model, [run]) for model in cell.label["models"])
        result.add(cell.miss("models precision", f"{_class_of(run)}", "extra"), hit=hit)


def runs_of(model: Mapping, runs: Sequence[Mapping]) -> list[Mapping]:
    """The runs of one labelled model: same class; and the same variable where the label and the run have one.

    A results object may go by its own class or by that of the model it came from, so the probe's names of
    the live object count as well.
    """
    named = not model["var"].startswith("<") and model["retained"]
    found = []
    for run in runs:
        kind, variable = _class_of(run), _variable_of(run)
        if named and variable is not None and variable != model["var"]:
            continue
        # A tracker that does not name the class at all is given the benefit of the doubt.
        if (
            kind is None
            or same_class(model["class"], kind)
            or kind in run.get("live_classes", {}).get(model["var"], [])
        ):
            found.append(run)
    return found


def _load_state(run: Mapping, variable: str) -> str:
    """Empty if the run's model came back whole; else what is wrong with it."""
    if not (run.get("model") or {}).get("stored"):
        return "not stored"
    check = run.get("check") or {"error": "not checked"}
    if check.get("error"):
        return f"does not load: {check['error']}"
    equal = check.get("equal", {}).get(variable)
    return "" if equal else ("loads; no predictions to compare" if equal is None else "predictions differ")


def _score_params(result: Score, cell: _Cell) -> None:
    labelled = cell.label["param_info"]
    for param in labelled:
        models = [model for model in cell.label["models"] if model["var"] == param["model"]]
        right = [run for model in models for run in runs_of(model, cell.runs)] if models else cell.runs
        told = [one for run in right for one in (*_written(run), *_tried(run))]
        values = [value for name, value in told if last_name(name) == last_name(param["name"])]
        what = f"{param['name']} = {param['value']!r}"
        detail = f"{param['kind']}; recorded: {values!r}" if values else f"{param['kind']}; not recorded"
        result.add(cell.miss("params recall", what, detail), hit=found_in(param["value"], values))
    seen = set()
    for name, value in (written for run in cell.runs for written in _written(run)):
        if (key := (last_name(name), repr(value))) not in seen:
            seen.add(key)
            hit = any(last_name(p["name"]) == key[0] and _part_of(p["value"], value) for p in labelled)
            result.add(cell.miss("params precision", f"{name} = {value!r}"[:200], "extra"), hit=hit)


def _written(run: Mapping) -> Iterator[tuple[str, Any]]:
    """The parameters a run shows as written by the author: all but those with origin ``default``."""
    for param in run["params"]:
        if param.get("origin") != "default":
            yield from flatten(param["name"], param["value"])


def _tried(run: Mapping) -> Iterator[tuple[str, Any]]:
    """What the table of trials says, column by column: the values of parameters and metrics of many fits."""
    trials = run.get("trials") or {"columns": [], "rows": []}
    for position, column in enumerate(trials["columns"]):
        for row in trials["rows"]:
            yield column, row[position]


def _part_of(labelled: Any, value: Any) -> bool:
    if same_value(labelled, value):
        return True
    if not isinstance(labelled, list):
        return False
    items = value if isinstance(value, list) else [value]
    return bool(items) and all(any(same_value(item, one) for item in labelled) for one in items)


def _score_data(result: Score, cell: _Cell) -> None:
    datasets = [data for run in cell.runs for data in run["datasets"]]
    files = [file for run in cell.runs for file in run["files"]]
    names, paths = sorted({data["name"] for data in datasets}), sorted({file["path"] for file in files})
    for name in cell.label["data"]:
        hit = any(names_data(name, data["name"]) and data.get("digest") for data in datasets)
        result.add(cell.miss("data recall", name, f"recorded: {names}"), hit=hit)
    for name in names:
        hit = any(names_data(data, name) for data in cell.label["data"])
        result.add(cell.miss("data precision", name, "extra"), hit=hit)
    for path in cell.label["files"]:
        hit = any(same_file(path, file["path"]) and file.get("digest") for file in files)
        result.add(cell.miss("files recall", path, f"recorded: {paths}"), hit=hit)
    for path in paths:
        hit = any(same_file(file, path) for file in cell.label["files"])
        result.add(cell.miss("files precision", path, "extra"), hit=hit)


def _score_slice(result: Score, cell: _Cell) -> None:
    if not cell.runs:
        return
    true, perhaps = set(cell.label["depends_on"]), set(cell.label.get("maybe_depends_on", []))
    told = {index for run in cell.runs for index in run["depends_on_cells"]} - {cell.index}
    for index in sorted(true):
        result.add(cell.miss("slices recall", f"cell {index}"), hit=index in told)
    for index in sorted(told - perhaps):
        result.add(cell.miss("slices precision", f"cell {index}", "extra"), hit=index in true)


def _score_metrics(result: Score, training: Sequence[_Cell], capture: Mapping) -> None:
    truths = {cell.index: _truths(cell, capture) for cell in training}
    everywhere = [truth for told in truths.values() for _metric, truth, _runs in told]
    for cell in training:
        _score_recall(result, cell, truths[cell.index])
        seen = set()
        for run in cell.runs:
            own = [truth for _metric, truth, runs in truths[cell.index] if run in runs]
            for metric in run["metrics"]:
                key = (metric["name"], metric.get("dataset"), metric["value"])
                if key in seen:
                    continue
                seen.add(key)
                what = f"{metric['name']} = {metric['value']!r} ({metric.get('origin')}, {_variable_of(run)})"
                right = any(truth.matches(metric["value"]) for truth in own)
                known = right or any(truth.matches(metric["value"]) for truth in everywhere)
                result.add(cell.miss("metrics precision", what, "extra"), hit=right)
                if known:
                    result.add(cell.miss("metrics attribution", what, "another model's"), hit=right)


def _truths(cell: _Cell, capture: Mapping) -> list[tuple[Mapping, Truth, list[Mapping]]]:
    """Each labelled metric of a cell with its truth and the runs of its model."""
    told = []
    for metric in cell.label["metrics"]:
        place = (metric["model"], metric["cell"], metric["value_expr"])
        siblings = [m for m in cell.label["metrics"] if (m["model"], m["cell"], m["value_expr"]) == place]
        outputs = capture["cells"].get(metric["cell"], {}).get("outputs", [])
        values = capture["truth"].get(metric["cell"], {}).get("values", {})
        models = [model for model in cell.label["models"] if model["var"] == metric["model"]]
        runs = [run for model in models for run in runs_of(model, cell.runs)] if models else cell.runs
        told.append((metric, truth_of(metric, siblings, outputs, values), runs))
    return told


def _score_recall(result: Score, cell: _Cell, truths: Sequence[tuple[Mapping, Truth, list[Mapping]]]) -> None:
    used: set[tuple[str, str, Any, Any]] = set()
    for metric, truth, runs in truths:
        records = [(run["id"], record) for run in runs for record in (*run["metrics"], *_trial_metrics(run))]
        params = [param for run in runs for param in run["params"]]
        hits = truth.told_by([record for _id, record in records], params)
        if truth.single:
            # One recorded number cannot stand for two metrics, as when train and test print alike.
            keys = [_key(*records[i]) for i in hits]
            free = [key for key in keys if key not in used]
            used.update(free[:1])
            hits = free
        what = f"{metric['name']} of {metric['model']} ({metric['value_expr']} in cell {metric['cell']})"
        got = sorted({f"{record['name']}={record['value']}" for _id, record in records})
        detail = f"true: {_brief(truth)}; recorded: {', '.join(got)[:300] or 'nothing'}"
        result.add(cell.miss("metrics recall", what, detail), hit=bool(hits))


def _trial_metrics(run: Mapping) -> Iterator[dict]:
    for position, (name, value) in enumerate(_tried(run)):
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield {"name": name, "value": value, "origin": "trials", "dataset": position}


def _key(run_id: str, record: Mapping) -> tuple[str, str, Any, Any]:
    return run_id, record["name"], record.get("dataset"), record.get("execution_id")


def _brief(truth: Truth) -> str:
    if truth.number is not None:
        return repr(truth.number)
    if truth.printed:
        return f"printed {[number.value for number in truth.printed[:6]]}"
    return f"{truth.numbers[:6] or list(truth.items or ['unknown'])}"


def _class_of(run: Mapping) -> str | None:
    return (run.get("model") or {}).get("class")


def _variable_of(run: Mapping) -> str | None:
    return (run.get("model") or {}).get("variable")

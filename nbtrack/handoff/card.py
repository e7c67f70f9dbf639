"""The model card: what a person should know before using the model, told from the run's records."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from nbtrack.handoff.context import Compared
from nbtrack.records import Dataset, ModelVersion, Param, PolicyOutcome, Run, Scored
from nbtrack.render.jsonable import timestamp
from nbtrack.render.numbers import number, size

__all__ = ["card"]

_MOST_COLUMNS = 60
_CLASSIFICATION, _REGRESSION = "tabular-classification", "tabular-regression"


def card(  # noqa: PLR0913 - the parts that it is made of, by name
    run: Run,
    about: Mapping[str, Any],
    result: Mapping[str, Any],
    *,
    name: str,
    version: ModelVersion | None,
    previous: tuple[ModelVersion, Run] | None,
    compared: Sequence[Compared],
    scored: Sequence[Scored],
    policy: PolicyOutcome | None,
    notes: Sequence[str],
) -> str:
    """The card as Markdown, with the front matter that Hugging Face reads.

    ``previous`` is the version before with its run, ``compared`` what was measured of both, ``scored``
    what this one was measured on, ``policy`` the last outcome that was recorded, ``notes`` are
    sentences about this bundle.
    """
    parts = [
        _front_matter(run, about, result, name),
        f"# {name}\n",
        _what(run, about, version),
        _notes(notes),
        _section("Limits and remarks", run.note or "The author wrote none down."),
        _section("Training data", _data(run)),
        _section("Training", _training(run)),
        _section("Metrics", _metrics(run) + _tested(scored)),
        _section("Compared with the version before", _compared(previous, compared)),
        _section("Reproduction", _reproduction(run)),
        _section("Policy", _policy(policy)),
        _section("Use", _use(about, result)),
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n{text.rstrip()}\n"


def _front_matter(run: Run, about: Mapping[str, Any], result: Mapping[str, Any], name: str) -> str:
    library = {"sklearn": "sklearn", "torch": "pytorch"}.get(run.model.framework if run.model else "", "")
    framework = library or (run.model.framework if run.model else "unknown")
    task = _task(run, result)
    lines = [
        "---",
        f"library_name: {json.dumps(framework)}",
        "tags:",
        "- nbtrack",
        f"- {json.dumps(framework)}",
    ]
    lines += [f"- {json.dumps(about['format'])}"]
    if task is not None:
        lines += [f"pipeline_tag: {task}"]
    metrics = _best_metrics(run)
    if metrics and task is not None:
        lines += [
            "model-index:",
            f"- name: {json.dumps(name)}",
            "  results:",
            "  - task:",
            f"      type: {task}",
        ]
        data = metrics[0][1] or "unnamed"
        lines += [
            "    dataset:",
            f"      name: {json.dumps(data)}",
            f"      type: {json.dumps(data)}",
            "    metrics:",
        ]
        for metric, _, value in metrics:
            lines += [
                f"    - type: {json.dumps(metric)}",
                f"      value: {value!r}",
                f"      name: {json.dumps(metric)}",
            ]
    return "\n".join([*lines, "---", ""])


def _task(run: Run, result: Mapping[str, Any]) -> str | None:
    """What Hugging Face calls what the model does, where that is plain: it tells probabilities, or its name says so."""
    outputs = (result["expected"] or {"outputs": {}})["outputs"]
    name = run.model.class_name if run.model else ""
    if "predict_proba" in outputs or name.endswith(("Classifier", "SVC")):
        return _CLASSIFICATION
    return _REGRESSION if name.endswith(("Regressor", "SVR")) or name in _LINEAR else None


_LINEAR = frozenset(
    {"LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV"}
)


def _best_metrics(run: Run) -> list[tuple[str, str | None, float]]:
    """Those that were measured on one and the same data: that of the first which is not the training data."""
    train = {one.name for one in run.datasets if one.role == "train"}
    finite = [one for one in run.metrics if math.isfinite(one.value) and one.dataset not in train]
    return [(one.name, one.dataset, one.value) for one in finite if one.dataset == finite[0].dataset]


def _what(run: Run, about: Mapping[str, Any], version: ModelVersion | None) -> str:
    registered = "" if version is None else f" It is registered as `{version.reference}`"
    aliases = "" if version is None or not version.aliases else f" ({', '.join(version.aliases)})"
    trust = (
        f"written as {about['format']}, which holds no code that runs on loading"
        if about["safe"]
        else "**written as a pickle, which runs code when it is loaded: load it only if you trust where it comes from**"
    )
    code = ""
    if about.get("code") and about["safe"]:
        code = f" Its classes stand as source in {', '.join(f'`code/{one}.py`' for one in about['code'])}."
    return (
        f"A `{about['class']}`, trained on {timestamp(run.started_at)} as run `{run.label}` ({run.id}) of the "
        f"experiment {run.experiment!r}; {trust}.{code}{registered}{aliases}{'.' if registered else ''}\n"
    )


def _notes(notes: Sequence[str]) -> str:
    return "".join(f"> **Note:** {note}\n>\n" for note in notes)


def _data(run: Run) -> str:
    if not run.datasets:
        return "No data was recorded with the run."
    rows = [
        (
            one.name,
            one.role,
            "×".join(map(str, one.content.shape or ())),
            one.content.kind,
            f"`{one.content.digest}`",
        )
        for one in run.datasets
    ]
    text = _table(("name", "role", "shape", "type", "digest"), rows)
    text += "".join(_columns(one) for one in run.datasets if one.role == "train" and one.content.columns)
    files = [(f"`{one.path}`", size(one.size_bytes), f"`{one.digest}`") for one in run.files]
    return text + (f"\nRead from:\n\n{_table(('file', 'size', 'digest'), files)}" if files else "")


def _columns(dataset: Dataset) -> str:
    rows = []
    for one in dataset.content.columns[:_MOST_COLUMNS]:
        profile = one.profile or {}
        top = profile.get("top")
        shown = ", ".join(str(pair[0]) for pair in top) if isinstance(top, list) else ""
        ends = f"{_value(profile.get('min'))} … {_value(profile.get('max'))}" if "min" in profile else shown
        rows.append(
            (
                one.name or "values",
                one.dtype,
                _value(profile.get("missing")),
                ends,
                _value(profile.get("mean")),
            )
        )
    more = len(dataset.content.columns) - _MOST_COLUMNS
    rest = f"\n… and {more} more columns; `profile.json` has all.\n" if more > 0 else ""
    head = ("column", "type", "missing", "range or categories", "mean")
    return f"\n`{dataset.name}`:\n\n{_table(head, rows)}{rest}"


def _value(value: Any) -> str:
    if value is None:
        return ""
    return number(value) if isinstance(value, int | float) else str(value)


def _training(run: Run) -> str:
    chosen = [one for one in run.params if one.origin != "default"]
    text = "`train.py` has the cells that the model depends on, in the order they ran.\n"
    if chosen:
        text += "\n" + _table(("parameter", "value", "chosen in"), [_param(one) for one in chosen])
    if run.environment is not None:
        git = run.environment.git or {}
        commit = (
            f", commit `{git['commit']}`{' with changes' if git.get('dirty') else ''}"
            if "commit" in git
            else ""
        )
        text += f"\nPython {run.environment.python} on {run.environment.platform}{commit}.\n"
    return text


def _param(param: Param) -> tuple[str, str, str]:
    shown = json.dumps(param.value, ensure_ascii=False, default=str)
    return param.name, f"`{shown[:80]}`", param.origin


def _metrics(run: Run) -> str:
    if not run.metrics:
        return "None were recorded."
    counts = {one.execution_id: f"[{one.execution_count}]" for one in run.depends_on if one.execution_count}
    if run.execution.execution_count is not None:
        counts[run.execution.id] = f"[{run.execution.execution_count}]"
    rows = [
        (
            one.name,
            number(one.value),
            one.dataset or "",
            one.origin,
            counts.get(one.execution_id or "", "a later cell" if one.execution_id else ""),
        )
        for one in run.metrics
    ]
    return _table(("metric", "value", "on", "how it was seen", "in cell"), rows)


def _tested(scored: Sequence[Scored]) -> str:
    """What the metrics were measured on, and whether the model had seen rows of it."""
    if not scored:
        return ""
    rows = []
    for one in scored:
        told = one.reason if one.shared is None else f"{one.shared:,}" if one.shared else "none"
        seen = f"not told: {told}" if one.shared is None else told
        rows.append(
            (one.dataset, one.inputs or "", f"{one.rows:,}", seen, f"`{one.digest}`" if one.digest else "")
        )
    head = ("on", "given to the model", "rows", "of these among the training rows", "digest")
    return f"\nMeasured on:\n\n{_table(head, rows)}"


def _compared(previous: tuple[ModelVersion, Run] | None, compared: Sequence[Compared]) -> str:
    if previous is None:
        return "There is none."
    version, before = previous
    if not compared:
        return f"`{version.reference}` ({before.label}) has no metric in common with it."
    told = {
        True: "yes",
        False: "**no**: the numbers cannot be held against each other",
        None: "not recorded for both",
    }
    rows = [
        (one.now.name, one.now.dataset or "", number(one.then.value), number(one.now.value), told[one.same])
        for one in compared
    ]
    return f"With `{version.reference}` ({before.label}):\n\n" + _table(
        ("metric", "on", "then", "now", "same test rows"), rows
    )


def _reproduction(run: Run) -> str:
    told = run.reproduction
    if told is None:
        return "The run has not been reproduced."
    return f"Run again on {timestamp(told.started_at)}: **{told.verdict.value}**."


def _policy(outcome: PolicyOutcome | None) -> str:
    if outcome is None:
        return "No policy was checked."
    mark = {True: "holds", False: "**does not hold**", None: "**cannot be told**"}
    return _table(
        ("rule", "outcome", "because"), [(one.rule, mark[one.ok], one.message) for one in outcome.rules]
    )


def _use(about: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    lines = [
        "Install `environment/requirements.txt`, then",
        "",
        "```sh",
        "python verify.py --predict",
        "```",
        "",
    ]
    lines += [
        "checks every file and that the model gives the recorded predictions here. In Python:",
        "",
        "```python",
    ]
    lines += ["import sys", 'sys.path.insert(0, "code")', "from bundle_model import load"]
    trusted = "" if about["safe"] else "trusted=True"
    lines += [f"model = load({trusted})", "model.predict(rows)", "```", ""]
    lines += ['The folder is an MLflow model as it stands: `mlflow.pyfunc.load_model(".")`.', ""]
    if result["expected"] is not None:
        told = result["expected"]
        lines += [
            f"Predictions count as equal within {told['rtol']:g} relative and {told['atol']:g} absolute tolerance.",
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(_cell(one) for one in row) + " |\n" for row in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")

"""The gate before a model is handed on: rules from ``[tool.nbtrack.policy]``, each with an outcome and its numbers.

A rule that cannot be told does not hold: what was not recorded is no evidence.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nbtrack.digests import digest_text
from nbtrack.errors import ExportFailed, UnknownRun, UsageError
from nbtrack.handoff.export import tried
from nbtrack.handoff.rows import same_test_data, shared_rows
from nbtrack.provenance.staleness import with_staleness
from nbtrack.records import JSON, Metric, PolicyOutcome, RuleOutcome, Run
from nbtrack.store import Store
from nbtrack.store.audit import record
from nbtrack.store.registry import exports

__all__ = ["NONE_SET", "Policy", "check", "load_policy", "recorded"]

NONE_SET = "No policy is set: give --policy FILE, or [tool.nbtrack.policy] in pyproject.toml."
_VERDICTS = ("same", "close")
_HOLDS, _FAILS = True, False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a run must fulfil; what is left out is not asked.

    Attributes:
        metrics: ``{"accuracy": {"min": 0.9}, "loss": {"max": 0.3}}``.
        not_worse_than: an alias such as ``champion``: on the same test data, none of ``compare`` may be worse.
        compare: metrics to compare by, ``-`` before those of which less is better; empty: those of ``metrics``.
        tolerance: how much worse, relative to the other's value, still counts as not worse.
        reproduced: ``same`` or ``close``: the least that the last reproduction must have come out.
        no_stale_cells: no cell that the run depends on was edited or deleted since.
        no_test_rows_in_training: no row of the test data is among the training rows.
        clean_git: the commit that it ran at has no changes.
        safe_format: it was last exported in a format that runs no code on loading, or would be if it was not yet.
        forbidden_columns: names that the data may not have.
        digest: of the text it was read from.
    """

    metrics: Mapping[str, Mapping[str, float]] = dataclasses.field(default_factory=dict)
    not_worse_than: str = ""
    compare: tuple[str, ...] = ()
    tolerance: float = 0.0
    reproduced: str = ""
    no_stale_cells: bool = False
    no_test_rows_in_training: bool = False
    clean_git: bool = False
    safe_format: bool = False
    forbidden_columns: tuple[str, ...] = ()
    digest: str = ""


def load_policy(file: Path | None, start: Path) -> Policy | None:
    """The policy in ``file``, or in the nearest ``pyproject.toml`` at ``start`` or above; None where none is set there.

    Raises:
        UsageError: the file cannot be read, has no policy although it was named, or a rule is unknown or ill-typed.
    """
    found = file or next(
        (one / "pyproject.toml" for one in (start, *start.parents) if (one / "pyproject.toml").is_file()),
        None,
    )
    if found is None:
        return None
    try:
        text = found.read_text(encoding="utf-8")
        table = tomllib.loads(text).get("tool", {}).get("nbtrack", {}).get("policy")
    except (OSError, ValueError) as error:
        if file is None:
            return None  # not ours to judge: the file belongs to the user's project
        raise UsageError(f"The policy {found} cannot be read: {error}.") from error
    if table is None:
        if file is not None:
            raise UsageError(f"{found} has no table [tool.nbtrack.policy].")
        return None
    return _policy(table, found)


def _policy(table: Mapping[str, Any], file: Path) -> Policy:
    known = {field.name: field for field in dataclasses.fields(Policy) if field.name != "digest"}
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in known:
            raise UsageError(f"{file} has an unknown rule {name!r}; there are {', '.join(known)}.")
        wanted = type(getattr(Policy(), name))
        values[name] = tuple(value) if wanted is tuple and isinstance(value, list) else value
        if wanted is float and type(values[name]) is int:
            values[name] = float(value)
        if not isinstance(values[name], wanted):
            raise UsageError(f"The rule {name!r} of {file} is {value!r}; it takes a {wanted.__name__}.")
    policy = Policy(**values, digest=digest_text(repr(sorted(table.items(), key=lambda one: one[0]))))
    if policy.reproduced not in {"", *_VERDICTS}:
        raise UsageError(f"The rule 'reproduced' of {file} is {policy.reproduced!r}; it takes same or close.")
    for metric, limits in policy.metrics.items():
        numbers = isinstance(limits, dict) and all(type(one) in {int, float} for one in limits.values())
        if not numbers or not limits or limits.keys() - {"min", "max"}:
            raise UsageError(
                f"The limits of {metric!r} in {file} are {limits!r}: take min, max or both, as numbers."
            )
    return policy


def check(store: Store, run: Run, policy: Policy, *, name: str | None = None) -> PolicyOutcome:
    """What each rule says of the run; nothing is written.

    Nothing is loaded either, but for ``safe_format`` the model of a run that was not exported yet: in a process of its
    own, as an export would.

    ``name`` is the registered model it is to be a version of; None: the one that it is of, or the only one there is.
    """
    (whole,) = with_staleness(store, [run])
    rules: list[RuleOutcome] = []
    for metric, limits in policy.metrics.items():
        rules.append(_threshold(whole, metric, limits))
    if policy.not_worse_than:
        rules += _champion(store, whole, policy, name)
    asked: tuple[tuple[bool, Callable[[], RuleOutcome]], ...] = (
        (bool(policy.reproduced), lambda: _reproduced(whole, policy.reproduced)),
        (policy.no_stale_cells, lambda: _fresh(whole)),
        (policy.no_test_rows_in_training, lambda: shared_rows(store, whole)),
        (policy.clean_git, lambda: _clean(whole)),
        (policy.safe_format, lambda: _safe(store, whole)),
        (bool(policy.forbidden_columns), lambda: _columns(whole, policy.forbidden_columns)),
    )
    rules += [rule() for wanted, rule in asked if wanted]
    return PolicyOutcome(run_id=run.id, label=run.label, digest=policy.digest, rules=tuple(rules))


def recorded(store: Store, outcome: PolicyOutcome) -> None:
    """Put an outcome into the audit, from where the card takes it."""
    rules: list[JSON] = [dataclasses.asdict(one) for one in outcome.rules]
    detail: dict[str, JSON] = {"policy": outcome.digest, "ok": outcome.ok, "rules": rules}
    record(store, "check", outcome.run_id, detail=detail, after="holds" if outcome.ok else "does not hold")


def _said(rule: str, ok: bool | None, message: str, **numbers: Any) -> RuleOutcome:  # noqa: FBT001 - the record's field
    return RuleOutcome(rule=rule, ok=ok, message=message, numbers=numbers)


def _measured(run: Run, name: str) -> Metric | None:
    """The metric that counts: of several, the one on other data than the training data, then the last."""
    train = {one.name for one in run.datasets if one.role == "train"}
    found = [one for one in run.metrics if one.name == name]
    if not found:
        return None
    return max(found, key=lambda one: (one.dataset is not None and one.dataset not in train, one.at or 0.0))


def _threshold(run: Run, name: str, limits: Mapping[str, float]) -> RuleOutcome:
    rule = f"{name} " + " and ".join(
        f"{'≥' if key == 'min' else '≤'} {value:g}" for key, value in limits.items()
    )
    metric = _measured(run, name)
    if metric is None:
        return _said(rule, None, f"{run.label} has no metric {name}")
    ok = limits.get("min", -math.inf) <= metric.value <= limits.get("max", math.inf)
    where = f" on {metric.dataset}" if metric.dataset else ""
    return _said(rule, ok, f"it is {metric.value:g}{where}", value=_number(metric.value), **limits)


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


def _champion(store: Store, run: Run, policy: Policy, model: str | None) -> list[RuleOutcome]:
    """One outcome for each metric that is compared with the run behind the alias."""
    rule = f"not worse than @{policy.not_worse_than}"
    names = [model] if model else [str(told["name"]) for told in run.registered] or _only_model(store)
    champion = next(
        (one for one in (_behind(store, name, policy.not_worse_than) for name in names) if one), None
    )
    if champion is None:
        return [_said(rule, _HOLDS, "there is none yet")]
    if champion.id == run.id:
        return [_said(rule, _HOLDS, "it is the champion itself")]
    compared = policy.compare or tuple(
        f"-{name}" if "max" in one else name for name, one in policy.metrics.items()
    )
    if not compared:
        return [_said(rule, None, "the policy names no metrics to compare: set compare")]
    return [_against(store, rule, run, champion, name, policy.tolerance) for name in compared]


def _only_model(store: Store) -> list[str]:
    """The registered models there are, where a run is none yet: of several none can be meant."""
    from nbtrack.store.registry import registered_models

    found = [one.name for one in registered_models(store)]
    return found if len(found) == 1 else []


def _behind(store: Store, name: str, alias: str) -> Run | None:
    try:
        return store.get_run(f"{name}@{alias}")
    except UnknownRun:
        return None


def _against(  # noqa: PLR0913, PLR0917 - what is compared with what
    store: Store, rule: str, run: Run, champion: Run, name: str, tolerance: float
) -> RuleOutcome:
    less, plain = name.startswith("-"), name.removeprefix("-")
    mine, theirs = _measured(run, plain), _measured(champion, plain)
    rule = f"{plain} {rule}"
    if mine is None or theirs is None:
        lacking = run.label if mine is None else champion.label
        return _said(rule, None, f"{lacking} has no metric {plain}")
    same, said = same_test_data(store, run, champion, (mine, theirs))
    numbers = {"value": _number(mine.value), "champion": _number(theirs.value)}
    if not same:
        told = f"{said}: {mine.value:g} here, {theirs.value:g} of {champion.label}"
        return _said(rule, None, told, **numbers)
    allowed = tolerance * abs(theirs.value)
    ok = mine.value <= theirs.value + allowed if less else mine.value >= theirs.value - allowed
    return _said(rule, ok, f"{mine.value:g} here, {theirs.value:g} of {champion.label}, {said}", **numbers)


def _reproduced(run: Run, least: str) -> RuleOutcome:
    rule = f"reproduced {least}"
    if run.reproduction is None:
        return _said(rule, _FAILS, f"it was not reproduced: nbtrack reproduce {run.label}")
    verdict = run.reproduction.verdict.value
    return _said(
        rule, verdict in _VERDICTS[: _VERDICTS.index(least) + 1], f"it came out {verdict}", verdict=verdict
    )


def _fresh(run: Run) -> RuleOutcome:
    cells = len(run.stale)
    message = (
        f"{cells} cells that it depends on say something else now" if cells else "every cell is as it ran"
    )
    return _said("no stale cells", not cells, message, stale=cells)


def _clean(run: Run) -> RuleOutcome:
    git = run.environment.git if run.environment is not None else None
    if not git or "dirty" not in git:
        return _said("clean git", None, "it did not run in a git repository")
    commit = str(git.get("commit"))[:10]
    dirty = bool(git["dirty"])
    return _said("clean git", not dirty, f"at {commit}{', with changes' if dirty else ''}", commit=commit)


def _safe(store: Store, run: Run) -> RuleOutcome:
    """How it was last exported; of a run that was not yet, how it would be."""
    rule = "no unsafe format"
    last = next(iter(exports(store, run.id)), None)
    if last is not None:
        return _said(rule, last.safe, f"last exported as {last.format}", format=last.format)
    try:
        made = tried(store, run)
    except (ExportFailed, UsageError) as error:
        return _said(rule, None, f"it cannot be exported: {error}")
    return _said(rule, made.safe, f"an export would be written as {made.format}", format=made.format)


def _columns(run: Run, forbidden: tuple[str, ...]) -> RuleOutcome:
    names = {column.name for one in run.datasets for column in one.content.columns}
    folded = {name.casefold() for name in forbidden}
    used = sorted(name for name in names if name.casefold() in folded)
    if not any(one.content.columns for one in run.datasets):
        return _said("no forbidden columns", None, "no columns were recorded")
    message = f"the data has {', '.join(used)}" if used else f"none of {', '.join(forbidden)} is in the data"
    return _said("no forbidden columns", not used, message, used=used)

"""Whether rows of the test data are among the training rows, and whether two runs were tested on the same data.

Both are told from what was recorded when the models were scored. Where that is not there, equal digests and row ranges
of recorded data tell as much as they can, and so does data that was kept on request.
"""

from __future__ import annotations

import io

from nbtrack.records import JSON, Content, Dataset, Metric, RuleOutcome, Run, Scored
from nbtrack.store import Store
from nbtrack.store.scored import scored_data

__all__ = ["same_test_data", "shared_rows", "tests_of"]

_RULE = "no test rows in training"
_HOLDS, _FAILS = True, False


def tests_of(store: Store, run: Run) -> list[Scored]:
    """What the run was measured on beside the data that it was trained on."""
    train = {one.name for one in run.datasets if one.role == "train"}
    found = scored_data(store, run.id)
    return [one for one in found if one.dataset not in train and one.inputs not in train]


def same_test_data(
    store: Store, run: Run, other: Run, metrics: tuple[Metric, Metric]
) -> tuple[bool | None, str]:
    """Whether metrics of two runs were measured on the same rows, in words too; None: that cannot be told."""
    mine, theirs = (_of(store, one, metric) for one, metric in zip((run, other), metrics, strict=True))
    differ = False, "the test data is not the same"
    if mine is None or theirs is None:
        return None, "the digest of the test data is not recorded"
    if mine.truth is not None and theirs.truth is not None:
        inputs = "" if mine.digest == theirs.digest else ", with other inputs"
        same = mine.truth == theirs.truth and mine.rows == theirs.rows
        return (True, f"on the same {mine.rows:,} true values{inputs}") if same else differ
    if mine.digest is not None and theirs.digest is not None:
        return (True, "on the same data") if mine.digest == theirs.digest else differ
    return None, "the digest of the test data is not recorded"


def _of(store: Store, run: Run, metric: Metric) -> Scored | None:
    """The data that a metric was measured on: as it was scored, else as it was given to the training."""
    found = next((one for one in scored_data(store, run.id) if one.dataset == (metric.dataset or "")), None)
    if found is not None:
        return found
    given = next((one for one in run.datasets if one.name == metric.dataset), None)
    if given is None or given.content.by_pickle:
        return None
    rows = given.content.shape[0] if given.content.shape else 0
    return Scored(
        run_id=run.id, dataset=given.name, rows=rows, inputs=given.name, digest=given.content.digest
    )


def shared_rows(store: Store, run: Run) -> RuleOutcome:
    """The outcome of the rule; with how many rows are shared where they were counted."""
    scored = tests_of(store, run)
    known = [one for one in scored if one.shared is not None]
    leaked = next((one for one in known if one.shared), None)
    if leaked is not None:
        return _leaked(leaked)
    recorded = _by_digests(store, run)
    if recorded.ok is False:
        return recorded
    blind = next((one for one in scored if one.shared is None), None)
    if known and blind is None:
        names = dict.fromkeys(_name(one) for one in known)
        rows = max(one.rows for one in known)
        return _outcome(_HOLDS, f"none of the {rows:,} rows of {', '.join(names)}", 0, rows)
    if recorded.ok is None and blind is not None:
        return _outcome(None, f"of {_name(blind)}: {blind.reason}")
    return recorded


def _leaked(scored: Scored) -> RuleOutcome:
    shared = scored.shared or 0
    verb = "is" if shared == 1 else "are"
    message = f"{shared:,} of the {scored.rows:,} rows of {_name(scored)} {verb} among the training rows"
    return _outcome(_FAILS, message, shared, scored.rows)


def _name(scored: Scored) -> str:
    return scored.inputs or scored.dataset or "the test data"


def _by_digests(store: Store, run: Run) -> RuleOutcome:
    """What the recorded data of the run itself tells."""
    measured = {one.dataset for one in run.metrics if one.dataset}
    train = [one for one in run.datasets if one.role == "train" and _is_table(one)]
    names = {one.name for one in train}
    others = [one for one in run.datasets if one.role != "train" and one.name not in names and _is_table(one)]
    test = [one for one in others if one.role in {"test", "validation"} or one.name in measured]
    if not train or not test:
        return _outcome(None, "no test data was recorded" if train else "no training data was recorded")
    for one in test:
        for other in train:
            if one.content.digest == other.content.digest or _same_range(one.content, other.content):
                return _outcome(_FAILS, f"rows of {one.name} are rows of {other.name}")
    counted = _counted(store, run, train, test)
    if counted is None:
        return _outcome(
            None,
            "the rows were not kept: run the cell with `%%track --keep-data` to have them compared one by one",
        )
    shared, rows = counted
    return _outcome(shared == 0, f"{shared} of {rows} test rows are among the training rows", shared, rows)


def _outcome(
    ok: bool | None,  # noqa: FBT001 - the record's field
    message: str,
    shared: int | None = None,
    rows: int | None = None,
) -> RuleOutcome:
    numbers: dict[str, JSON] = {} if shared is None else {"shared": shared, "rows": rows}
    return RuleOutcome(rule=_RULE, ok=ok, message=message, numbers=numbers)


def _is_table(dataset: Dataset) -> bool:
    return bool(dataset.content.shape) and len(dataset.content.shape or ()) == 2  # noqa: PLR2004 - rows and columns


def _same_range(one: Content, other: Content) -> bool:
    """Whether a whole range of rows has equal digests in every column."""
    if not one.columns or [each.name for each in one.columns] != [each.name for each in other.columns]:
        return False
    ranges = [{*zip(*(each.chunks for each in content.columns), strict=False)} for content in (one, other)]
    return bool(ranges[0] & ranges[1])


def _counted(store: Store, run: Run, train: list[Dataset], test: list[Dataset]) -> tuple[int, int] | None:
    """How many of the test rows are training rows, from the data that was kept; None where it was not."""
    kept = {one.name: one for one in store.attachments(run.id) if one.kind == "data"}
    if not all(one.name in kept for one in (*train, *test)):
        return None
    import pandas as pd

    def rows(dataset: Dataset) -> list[int]:
        frame = pd.read_parquet(io.BytesIO(store.read_attachment(kept[dataset.name])))
        return [int(one) for one in pd.util.hash_pandas_object(frame, index=False)]

    known = {one for dataset in train for one in rows(dataset)}
    found = [one for dataset in test for one in rows(dataset)]
    return sum(one in known for one in found), len(found)

"""Whether rows of the test data are among the training rows, as far as the store can tell.

Equal digests and equal row ranges tell that they are. That none is takes the rows themselves, which are there where the
data was kept on request.
"""

from __future__ import annotations

import io

from nbtrack.records import Content, Dataset, RuleOutcome, Run
from nbtrack.store import Store

__all__ = ["shared_rows"]

_RULE = "no test rows in training"
_FAILS = False


def shared_rows(store: Store, run: Run) -> RuleOutcome:
    """The outcome of the rule; with how many rows are shared where they were counted."""
    scored = {one.dataset for one in run.metrics if one.dataset}
    train = [one for one in run.datasets if one.role == "train" and _is_table(one)]
    others = [one for one in run.datasets if one.role != "train" and _is_table(one)]
    test = [one for one in others if one.role in {"test", "validation"} or one.name in scored]
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
    return _outcome(shared == 0, f"{shared} of {rows} test rows are among the training rows", shared)


def _outcome(ok: bool | None, message: str, shared: int | None = None) -> RuleOutcome:  # noqa: FBT001 - the record's field
    return RuleOutcome(
        rule=_RULE, ok=ok, message=message, numbers={} if shared is None else {"shared": shared}
    )


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

"""Keeps how each row of scored data came out, for paired tests between runs."""

from __future__ import annotations

from collections.abc import Sequence

from nbtrack.capture.attribute import Attribution
from nbtrack.capture.observation import Observation
from nbtrack.frameworks.protocol import Call
from nbtrack.observe.outcomes import row_outcomes
from nbtrack.records import Outcomes

__all__ = ["ScoredRows"]


class ScoredRows:
    """Takes outcomes from scoring calls such as ``accuracy_score(y_test, predicted)``.

    Args:
        attribution: knows which values are predictions.

    Attributes:
        limit: of how many rows at most; 0: of none.
    """

    def __init__(self, attribution: Attribution) -> None:
        self._attribution = attribution
        self.limit = 0

    def take(self, observation: Observation, call: Call, run_ids: Sequence[str], dataset: str | None) -> None:
        """Enter the outcomes of one call that measured one run's predictions; each run and dataset once a cell."""
        if not self.limit or len(run_ids) != 1 or call.receiver is not None:
            return
        values = [*call.args, *call.kwargs.values()]
        predicted = [value for value in values if self._attribution.is_prediction(value)]
        true = [value for value in values if not self._attribution.is_prediction(value)]
        if len(predicted) != 1 or not true:
            return
        key = (run_ids[0], dataset or "", str(getattr(predicted[0], "dtype", "")))
        if key in observation.outcomes:
            return
        found = row_outcomes(true[0], predicted[0], self.limit)
        if found is not None:
            observation.outcomes[key] = Outcomes(
                run_id=run_ids[0], dataset=dataset or "", truth=found.truth, kind=found.kind, rows=found.rows,
                data=found.data,
            )  # fmt: skip

"""What every machine-learning library is asked, and the records of question and answer.

One file per library answers :class:`Framework`; none imports another, and none imports its library before the
user did. The answers are facts read from objects; where an object does not tell, the answer is None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from nbtrack.records import Trials

__all__ = ["Argument", "Call", "Framework", "Outcome", "Parameters", "Training", "TrainingKind"]

TrainingKind: TypeAlias = Literal["model", "preprocessing", "search", "validation"]


@dataclass(slots=True)
class Call:
    """A call that stands in the user's code.

    ``name`` is as written (``fit``, ``train``, ``cross_val_score``, ``step``), ``receiver`` the object before
    the dot when the function is bound to one (not a module), ``args`` and ``kwargs`` as passed. ``scope`` looks
    up the names visible at the call: locals, then globals (computed only when asked for).
    """

    name: str
    function: Callable[..., Any]
    receiver: object | None
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    scope: Callable[[], Mapping[str, Any]] = dict

    def argument(self, position: int, *names: str) -> Any:
        """The argument at ``position`` or passed under one of ``names``; None where absent."""
        if 0 <= position < len(self.args):
            return self.args[position]
        return next((self.kwargs[name] for name in names if name in self.kwargs), None)


@dataclass(frozen=True, slots=True)
class Argument:
    """Data that goes into a training: its role (train, validation, test), the parameter it was passed as, the value.

    ``parameter`` is a position (int) in ``Call.args``, a keyword in ``Call.kwargs``, or a text such as
    ``"model.endog"`` for data that the receiver already held.
    """

    role: str
    parameter: int | str
    value: Any


@dataclass(frozen=True, slots=True)
class Training:
    """What a call is about to train.

    ``model`` is the object to be fitted (None where only the result is one, as in ``xgboost.train``), ``params``
    the author's choices passed in this call (epochs, cv, …), data excluded. ``continues``: repeated calls on the
    same model go on with one training (``partial_fit``, an optimizer's ``step``). ``encloses``: trainings inside
    the call, in code of the notebook, are trainings of their own (the trials of a study).
    """

    kind: TrainingKind
    model: object | None
    data: tuple[Argument, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    continues: bool = False
    encloses: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a training gave.

    ``model`` is the fitted object (None: nothing was kept, as in ``cross_val_score``), ``scores`` and ``curves`` are
    the numbers that the call itself yields (``best_score_``, a history), ``trials`` those of a search.
    ``fits`` is how many models were fitted inside the call, where it is known. ``specification`` is the object
    whose class names the model where that is not the fitted object's (statsmodels' ``OLS`` of its results), and
    ``parts`` are objects inside the model whose predictions and scores are the model's (the results in statsmodels'
    wrapper, a search's best estimator, the booster in an estimator). ``unasked`` names scores and curves that the
    library computes in any case: they stand in where the author measured nothing else in the cell.
    """

    model: object | None
    scores: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    trials: Trials | None = None
    fits: int = 1
    specification: object | None = None
    parts: tuple[object, ...] = ()
    unasked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Parameters:
    """A model's parameters: those the author chose, the searched grid, and the rest, which kept their defaults."""

    explicit: Mapping[str, Any] = field(default_factory=dict)
    grid: Mapping[str, Any] = field(default_factory=dict)
    default: Mapping[str, Any] = field(default_factory=dict)


class Framework(Protocol):
    """The questions. None of them may change an object, train, predict or draw random numbers."""

    name: str
    """Short name kept with each run, such as ``sklearn``."""

    packages: tuple[str, ...]
    """Top-level module names; the framework is asked only once one of them is in ``sys.modules``."""

    def owns(self, value: object) -> bool:
        """Whether the value is a model (estimator, booster, net, results object) of this library."""
        ...

    def training(self, call: Call) -> Training | None:
        """What the call is about to train, asked before it; None when it trains nothing or is another library's."""
        ...

    def outcome(self, training: Training, call: Call, result: object) -> Outcome:
        """What the training gave. Asked right after the call returned ``result``."""
        ...

    def scores(self, call: Call, result: object) -> Mapping[str, float] | None:
        """Numbers that a scoring method of this library returned (``.score``, ``.evaluate``); None: not one."""
        ...

    def predicts(self, call: Call) -> bool:
        """Whether the call's result is computed by ``call.receiver`` (``predict``, ``transform``, calling a net)."""
        ...

    def parameters(self, model: object) -> Parameters:
        """The model's parameters, flat and named as the author wrote them (a pipeline's as ``step__name``)."""
        ...

    def fitted(self, model: object) -> bool | None:
        """Whether the model is fitted; None when the object does not tell."""
        ...

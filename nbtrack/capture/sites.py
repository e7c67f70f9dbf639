"""Call sites: which calls of a cell are watched, by the names they are written with.

Names only nominate. Whether a call trains, scores or predicts is decided when it runs, by the libraries' own
files in :mod:`nbtrack.frameworks` and by the result.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache

from nbtrack.capture.gradient_loops import HandLoop
from nbtrack.capture.nodes import walk
from nbtrack.observe.metrics import SCORING, metric_name

__all__ = ["LoopSite", "Role", "ShownSite", "Site", "called_name", "called_names", "role_of"]


class Role:
    """What a name suggests about a call, as bits."""

    TRAIN = 1
    SCORE = 2
    PREDICT = 4
    READ = 8
    BUILD = 16
    SEED = 32
    CALLBACK = 64
    CONTAIN = 128


# The verbs of the libraries that people train with, and what follows them: fit_transform, train_on_batch, …
_TRAIN = re.compile(
    r"(partial_)?fit(_\w+)?$|train(_\w+)?$|learn$|step$|optimize$|cv$|minimize$|fmin$"
    r"|cross_val\w*$|cross_validate$|\w*_curve$|permutation_test_score$"
    r"|adapt$|apply_gradients$|polyfit$|curve_fit$|linregress$|lstsq$",
)
_PREDICT = re.compile(
    r"predict(_\w+)?$|decision_function$|transform$|score_samples$|forward$|fit_predict$|inplace_predict$",
)
_READ = re.compile(
    r"read_\w+$|ParquetFile$|(?:from_)?(?:parquet|csv|query)_?(?:auto)?$|sql$|dataset$|scan_\w+$|load(txt|_\w+|mat)?$|genfromtxt$|from_file$|open_dataset$"
)
_SCORE_METHODS = frozenset({"score", "evaluate", "summary", "summary2", "print_summary"})
_SEED = re.compile(r"(manual_)?seed(_all|_everything)?$|set_(random_)?seed$|train_test_split$")


@dataclass(frozen=True, slots=True)
class Site:
    """A watched call in the source of a cell.

    ``arguments`` are the texts of the positional arguments and ``keywords`` those of the named ones, for naming
    data; ``names`` are the variables that occur in any of them or before the dot; ``no_keywords``: nothing is
    evaluated after the positional arguments; ``depth`` counts the watched calls of the same function around it.
    """

    id: int
    role: int
    name: str
    receiver: str | None
    arguments: tuple[str, ...]
    keywords: dict[str, str]
    names: frozenset[str]
    line: int
    no_keywords: bool
    depth: int


@dataclass(frozen=True, slots=True)
class LoopSite:
    """A loop around watched calls.

    ``targets`` are the names that its head binds, ``sampled`` those assigned in its own body (not in loops
    within) that look like losses or scores; ``hand``: what the loop itself may train;
    ``in_cell``: it stands at the cell's own level.
    """

    id: int
    targets: tuple[str, ...]
    iterates: str | None
    sampled: tuple[str, ...]
    first_line: int
    last_line: int
    hand: HandLoop | None = None
    in_cell: bool = False


@dataclass(frozen=True, slots=True)
class ShownSite:
    """An expression whose value a cell prints or displays: its text, the names in it, its kind.

    ``kind`` is ``name``, ``attribute`` or ``other``; ``repeats``: it stands in a loop; the
    watched calls inside it have the ids from its own to ``last``.
    """

    id: int
    text: str
    names: frozenset[str]
    kind: str
    repeats: bool = False
    last: int = -1


@lru_cache(maxsize=4096)
def role_of(name: str) -> int:
    """What the written name of a called function suggests; 0 when it suggests nothing."""
    role = 0
    if _TRAIN.match(name):
        role |= Role.TRAIN
    if _PREDICT.match(name):
        role |= Role.PREDICT
    if name in SCORING or name in _SCORE_METHODS or metric_name(name):
        role |= Role.SCORE
    if _READ.match(name):
        role |= Role.READ
    if _SEED.match(name):
        role |= Role.SEED
    if name == "Pool":
        role |= Role.CONTAIN  # CatBoost's; what was put into it cannot be had from it
    if role == 0 and name[:1].isupper():
        role = Role.BUILD  # by the custom of naming, a class
    return role


def called_name(call: ast.Call) -> str | None:
    """The last name of the called expression: ``fit`` of ``clf.fit(X)``, ``f`` of ``f(x)``; None for ``(…)()``."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    if isinstance(function, ast.Name):
        return function.id
    return None


def called_names(root: ast.AST) -> frozenset[str]:
    """The :func:`called_name` of every call in a piece of code."""
    names = (called_name(node) for node in walk(root) if isinstance(node, ast.Call))
    return frozenset(name for name in names if name is not None)

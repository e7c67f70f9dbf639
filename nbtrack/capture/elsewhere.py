"""Models trained by code that is not watched: functions of modules that the user imported, or behind ``lru_cache``.

A cell that calls such a function is compared with itself: which variables hold a model afterwards that is new or newly
fitted. What the function was given is the data and the choices, what came back beside the model its curves.
"""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from nbtrack import frameworks
from nbtrack.capture.flows import Flow, flows_of
from nbtrack.capture.nodes import walk
from nbtrack.capture.observation import Fit, Observation
from nbtrack.capture.sites import Role, Site
from nbtrack.capture.training import Trainings
from nbtrack.frameworks.data import is_data
from nbtrack.frameworks.protocol import Argument, Call, Framework, Training
from nbtrack.observe.local_modules import is_local_name, local_modules
from nbtrack.observe.metrics import curve, metric_name
from nbtrack.observe.params import is_plain

__all__ = ["Elsewhere"]

_NOT_TRAINING = re.compile(
    r"(?:.*_)?(?:load|read|restore|open|unpickle|get|build|create|make|init|plot|eval\w*|predict|test)(?:_.*|\w*)"
)
_MOST_VARIABLES = 2000
_NOTE = (
    "trained inside {}: found by comparing variables before and after the cell, its loops were not watched"
)


@dataclass(frozen=True, slots=True)
class _Written:
    """A call as it is written: the name called, or a module's name and the function's, and what it is given."""

    root: str
    attribute: str | None
    names: frozenset[str]
    arguments: tuple[tuple[str, ast.expr], ...]
    line: int

    @property
    def name(self) -> str:
        return self.attribute or self.root


class Elsewhere:
    """Looks at the variables around the cells that call the user's own modules.

    Args:
        namespace: the user's namespace.
        trainings: enters what was trained.
        hidden: the names of functions of the notebook that cannot be followed into, though they train.
    """

    def __init__(
        self, namespace: dict[str, Any], trainings: Trainings, hidden: Callable[[], frozenset[str]]
    ) -> None:
        self._namespace = namespace
        self._trainings = trainings
        self._hidden = hidden
        self._calls: list[_Written] = []
        self._kinds: dict[tuple[type, int], Framework | None] = {}
        self._before: dict[str, tuple[int, object]] = {}
        self._flows: tuple[Flow, ...] = ()

    def cell_begins(self, tree: ast.AST) -> None:
        """Remember the models there are, if the cell calls a function of the user's modules, or may import one.

        ``tree`` is the cell as the user wrote it.
        """
        self._calls = []
        imports = any(isinstance(each, ast.Import | ast.ImportFrom) for each in getattr(tree, "body", ()))
        if not imports and not local_modules() and not self._hidden():
            return
        calls = [*_calls(tree)]
        if imports or any(self._is_elsewhere(call) for call in calls):
            self._calls = calls
            self._flows = tuple(flows_of(tree))
            self._before = {name: (id(value), state) for name, value, _, state in self._models()}

    def cell_ends(self, observation: Observation) -> None:
        """Enter the models that are new or newly fitted and that no watched call trained."""
        calls, self._calls = self._calls, []
        candidates = [call for call in calls if self._is_elsewhere(call)]
        if not candidates:
            return
        known = {id(fit.model) for fit in observation.fits}
        for name, value, framework, state in self._models():
            if id(value) in known or self._before.get(name) == (id(value), state) or not state:
                continue
            if any(before == (id(value), state) for before in self._before.values()):
                continue  # an old one under a new name
            candidate = self._trained_by(name, candidates)
            if candidate is not None:
                known.add(id(value))
                self._enter(observation, value, framework, candidate)
        self._before = {}

    # The calls.

    def _is_elsewhere(self, call: _Written) -> bool:
        """Whether a function of the user's modules is called that may train, told by names alone."""
        if call.attribute is None and call.root in self._hidden():
            return True
        function = self._namespace.get(call.root)
        if call.attribute is not None:
            # Of modules only: looking up an attribute of another object would run the user's code.
            function = vars(function).get(call.attribute) if isinstance(function, ModuleType) else None
        return (
            function is not None
            and not isinstance(function, type)
            and _NOT_TRAINING.fullmatch(call.name) is None
            and is_local_name(getattr(function, "__module__", None))
        )

    def _trained_by(self, name: str, candidates: list[_Written]) -> _Written | None:
        """The call that the model was given to, or came from."""
        sources = {each for flow in self._flows if name in flow.targets for each in flow.names}
        return next(
            (each for each in reversed(candidates) if name in each.names or each.root in sources), None
        )

    # The models.

    def _models(self) -> Iterator[tuple[str, Any, Framework, object]]:
        """The variables that hold models, with the libraries and a state that changes when one is fitted."""
        for name, value in list(self._namespace.items())[:_MOST_VARIABLES]:
            if name.startswith("_") or isinstance(value, type) or not hasattr(value, "__dict__"):
                continue
            kind = type(value), len(frameworks.present())
            if kind not in self._kinds:
                self._kinds[kind] = frameworks.owner(value)
            framework = self._kinds[kind]
            if framework is not None:
                yield name, value, framework, _state(framework, value)

    def _enter(
        self, observation: Observation, value: object, framework: Framework, candidate: _Written
    ) -> None:
        given = dict(self._given(candidate))
        data = {text: each for text, each in given.items() if is_data(each)}
        site = Site(
            id=-1,
            role=Role.TRAIN,
            name=candidate.name,
            receiver=None,
            arguments=tuple(data),
            keywords={},
            names=candidate.names,
            line=candidate.line,
            no_keywords=True,
            depth=0,
        )
        arguments = tuple(Argument("train", position, each) for position, each in enumerate(data.values()))
        call = Call(candidate.name, _elsewhere, None, tuple(data.values()), {})
        training = Training("model", value, arguments)
        fit = self._trainings.elsewhere(observation, site, (framework, training, call))
        fit.started, fit.ended = observation.started, time.time()
        fit.chosen.update({text: each for text, each in given.items() if text not in data and is_plain(each)})
        self._curves(fit, candidate)
        self._trainings.made(fit, value)
        fit.note(_NOTE.format(f"{candidate.name}()"))

    def _given(self, call: _Written) -> Iterator[tuple[str, Any]]:
        """What the call was given, by keyword or by the variable's name, as it is after the cell."""
        for name, node in call.arguments:
            if isinstance(node, ast.Constant) and name:
                yield name, node.value
            elif isinstance(node, ast.Name) and node.id in self._namespace:
                value = self._namespace[node.id]
                yield (node.id if is_data(value) or not name else name), value

    def _curves(self, fit: Fit, call: _Written) -> None:
        """Curves in what the call returned: ``{"train_loss": [...], "test_acc": [...]}``."""
        targets = [target for flow in self._flows if call.root in flow.names for target in flow.targets]
        for target in targets:
            value = self._namespace.get(target)
            named: Mapping[Any, Any] = value if isinstance(value, dict) else {target: value}
            for key, values in named.items():
                points = curve(values)
                if isinstance(key, str) and points is not None and metric_name(key.removesuffix("es")):
                    fit.curve(key, points)


def _calls(tree: ast.AST) -> Iterator[_Written]:
    for node in walk(tree):
        if not isinstance(node, ast.Call):
            continue
        owner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        attribute = node.func.attr if isinstance(node.func, ast.Attribute) else None
        if not isinstance(owner, ast.Name):
            continue
        arguments = [("", each) for each in node.args] + [
            (each.arg or "", each.value) for each in node.keywords
        ]
        names = frozenset(each.id for each in walk(node) if isinstance(each, ast.Name))
        yield _Written(owner.id, attribute, names, tuple(arguments), node.lineno)


def _elsewhere() -> None:
    """Stands for the function of a module that was not watched."""


def _state(framework: Framework, value: Any) -> object:
    """Something that changes when the model is fitted; false for one that is not."""
    parameters = getattr(value, "parameters", None)
    if framework.name == "torch" and callable(parameters):
        weights = list(parameters())
        moved = sum(weight._version for weight in weights)  # noqa: SLF001 - how often a tensor was changed in place
        trained = any(weight.grad is not None for weight in weights) or moved > _CHANGES_OF_A_START * len(
            weights
        )
        return moved if trained else 0
    if framework.fitted(value) is not True:
        return 0
    if framework.name == "keras":
        return int(value.optimizer.iterations.numpy())
    return tuple((name, id(held)) for name, held in vars(value).items() if name.endswith("_")) or id(value)


# Making a layer and loading its weights change a tensor a few times.
_CHANGES_OF_A_START = 5

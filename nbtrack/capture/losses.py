"""Losses of training loops that are named like a metric, ``F.mse_loss(net(x), y)``: looked at in the first passes only.

What tells a loss from a metric is that it still needs its gradient. Once a site gave such a number of the same models
on the same data twice, a pass that does the same only leaves its value and, where they changed, its true values.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterable
from types import FrameType
from typing import Any

from nbtrack.capture.again import Again, Net
from nbtrack.capture.attribute import Attribution
from nbtrack.capture.in_flight import InFlight
from nbtrack.capture.observation import Observation, Score
from nbtrack.capture.sites import Role
from nbtrack.capture.tested import Tested
from nbtrack.digests.glance import Held

__all__ = ["Loss", "Losses"]

_LOOKS = 2
_FEW = 64


class Loss(Again):
    """A loss that a site computes in each pass.

    Args:
        function: what computes it.
        net: the net that made what it was given, where that cannot be told of the arguments.
        makers: what made each argument, see :meth:`Attribution.makers`.
        score: what the passes that were looked at came to.
        seen: the execution, and those who know of its models and data.
    """

    asked_of = True
    __slots__ = (
        "_changes",
        "_held",
        "_makers",
        "_most",
        "_name",
        "_score",
        "_seen",
        "_true",
        "_truth",
    )

    def __init__(
        self,
        function: Any,
        net: Any,
        makers: list[object | None],
        score: Score,
        seen: tuple[Observation, Attribution, Tested],
    ) -> None:
        super().__init__(function, net)
        self._makers = makers
        self._score = score
        self._seen = seen
        self._changes = seen[1].changes
        self._truth = makers.index(None) if None in makers else None
        self._name = next(iter(score.values))
        self._held: Held | None = None
        self._true: weakref.ref[Any] | None = None
        self._most = _FEW
        score.earlier.append(weakref.ref(score.result))
        score.result = None  # held itself, it would keep all that it was computed from

    def done(self, result: Any) -> bool:
        """It is this; False where it is no loss this time, or another model's."""
        observation, attribution, _ = self._seen
        values = (*self.args, *self.kwargs.values()) if self.kwargs else self.args
        if (
            not getattr(result, "requires_grad", False)
            or attribution.makers(values) != self._makers
            or (self.net is not None and attribution.changes != self._changes)
        ):
            return False
        value = result.item() if result.numel() == 1 else None
        if type(value) is not float:
            return False
        score, scores = self._score, observation.scores
        score.values[self._name] = value
        score.at = time.time()
        if not scores or scores[-1] is not score:
            _to_the_end(scores, score)
        earlier = score.earlier
        earlier.append(weakref.ref(result))
        if len(earlier) > self._most:
            earlier[:] = [each for each in earlier if each() is not None]
            self._most = max(_FEW, 2 * len(earlier))
        if self._truth is not None and (self._held is None or not self._held.still(values[self._truth])):
            self._enter(values[self._truth])
        return super().done(result)

    def _enter(self, true: Any) -> None:
        """The true values are not those of the pass before, or not known to be."""
        observation, _, tested = self._seen
        score = self._score
        known = tested.scored_again(observation, score.run_ids, score.dataset or "", true)
        self._held = Held(true) if known and self._true is not None and self._true() is true else None
        self._true = weakref.ref(true)

    def forget(self) -> None:
        """Be looked at again."""
        self._makers = [self]  # which made nothing


class Losses:
    """The losses of the execution that runs, as they become known.

    Args:
        attribution: knows what made the values that a loss is given.
        tested: is told the true values.
        again: the calls that are known, by site.
    """

    def __init__(self, attribution: Attribution, tested: Tested, again: dict[int, Again]) -> None:
        self._attribution = attribution
        self._tested = tested
        self._again = again
        self._looks: dict[int, tuple[tuple[object, ...], int]] = {}

    def clear(self) -> None:
        """An execution begins, or is over."""
        self._looks.clear()

    def forget(self) -> None:
        """A model has a run that it did not have: whose number a loss is may be another's now."""
        for each in self._again.values():
            if type(each) is Loss:
                each.forget()

    def looked(
        self, flight: InFlight, result: Any, score: Score, observation: Observation, frame: FrameType
    ) -> None:
        """A number was entered in a loop: know the loss that it is, where the next pass will tell nothing new."""
        call = flight.call
        if (
            call is None
            or flight.site.role != Role.SCORE
            or call.receiver is not None
            or not score.run_ids
            or len(score.values) != 1
            or not _is_loss(result)
        ):
            return
        attribution = self._attribution
        values = [*call.args, *call.kwargs.values()]
        models = [attribution.made(each) for each in values]
        key = (id(call.function), score.run_ids, score.dataset, *map(id, models))
        before, looks = self._looks.get(flight.site.id, (None, 0))
        looks = looks + 1 if before == key else 1
        self._looks[flight.site.id] = key, looks
        if looks < _LOOKS:
            return
        net = None
        if all(each is None for each in models):
            net = self._only_net(flight.predictions)
            if net is None or attribution.measured(flight.site, call, (), frame) != score.run_ids:
                return
        makers = attribution.makers(values)
        seen = (observation, attribution, self._tested)
        self._again[flight.site.id] = Loss(flight.function, net, makers, score, seen)

    def _only_net(self, nested: Iterable[object]) -> object | None:
        """The one net that trains in the loop; None where none or several do."""
        nets = {id(each.net): each.net for each in self._again.values() if type(each) is Net}
        for each in nested:
            made = self._attribution.made(each)
            nets[id(made)] = made
        (only,) = nets.values() if len(nets) == 1 else (None,)
        return only if getattr(only, "training", None) is True else None


def _is_loss(result: Any) -> bool:
    """Whether a number is to be trained by, and can be read without waiting for a device."""
    return bool(getattr(result, "requires_grad", False)) and bool(getattr(result, "is_cpu", False))


def _to_the_end(scores: list[Score], score: Score) -> None:
    """Have a score as the last one: of several of a name the last is kept."""
    for place in range(len(scores) - 1, -1, -1):
        if scores[place] is score:
            del scores[place]
            break
    scores.append(score)

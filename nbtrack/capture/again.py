"""Calls of a training loop that do again what they did the pass before: nothing is to be learned of them.

A site is known here once it did so in the running execution: a step of a training that goes on, or a net in training
mode that computes something. As soon as it calls something else, it is watched as ever.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from nbtrack.capture.attribute import Attribution
from nbtrack.capture.observation import Fit, Observation
from nbtrack.capture.sites import Site

__all__ = ["Again", "Net", "Step"]

_NONE: Mapping[str, Any] = MappingProxyType({})


class Again:
    """A call that is known. Of itself nothing comes of it, as of that of a loss whose inputs were looked at.

    Args:
        function: what is called, an object or a method of one.
        net: the net, which is to be in training mode; None: there is none.
    """

    asked_of = False
    """Whether a scoring call around it asks what it came to, so that inside one it is watched."""
    __slots__ = ("args", "function", "kwargs", "net")

    def __init__(self, function: Any, net: Any = None) -> None:
        self.function = function
        self.net = net
        self.args: tuple[Any, ...] = ()
        self.kwargs: Mapping[str, Any] = _NONE

    def done(self, result: Any) -> bool:
        """It returned; False: it was not what is known of it, and is to be looked at."""
        del result
        self.args, self.kwargs = (), _NONE
        return True

    def given(self) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
        """What it was given, once."""
        given = self.args, self.kwargs
        self.args, self.kwargs = (), _NONE
        return given


class Step(Again):
    """A step of a training that goes on: ``partial_fit``, ``optimizer.step``."""

    __slots__ = ("_fit", "_observation")

    def __init__(self, observation: Observation, fit: Fit, function: Any) -> None:
        super().__init__(function)
        self._observation = observation
        self._fit = fit

    def done(self, result: Any) -> bool:
        """The training went on."""
        del result
        self.args, self.kwargs = (), _NONE
        fit = self._fit
        fit.fits += 1
        fit.calls += 1
        fit.ended = time.time()
        observation = self._observation
        if observation.latest is fit:
            observation.clock += 1
            fit.touched = observation.clock
        else:
            observation.touch(fit)
        return True


class Net(Again):
    """A net in training mode that computes something, of a batch or of what another net made."""

    __slots__ = ("_attribution", "_site")

    def __init__(self, attribution: Attribution, site: Site, net: Any) -> None:
        super().__init__(net, net)
        self._attribution = attribution
        self._site = site

    def done(self, result: Any) -> bool:
        """The net made this."""
        args, self.args = self.args, ()
        if self.kwargs:
            args, self.kwargs = (*args, *self.kwargs.values()), _NONE
        self._attribution.predicted_again(self._site, self.net, result, args)
        return True

"""Numbers that the passes of a loop show, or append to a list: each may be of another model."""

from __future__ import annotations

import time
from typing import Any

from nbtrack.capture.attribute import Attribution
from nbtrack.capture.observation import Observation, Score
from nbtrack.capture.rewrite import Sites
from nbtrack.capture.shown import measure, told_already
from nbtrack.observe import metrics

__all__ = ["Repeated"]

_MOST_SHOWN = 100  # so many times a value shown in a loop is looked at


class Repeated:
    """Enters what loops show into the observation, while it is known whose number it is.

    Args:
        sites: the sites of all rewritten code; numbers below are of its ``shown``.
        attribution: knows which model a number measures.
    """

    def __init__(self, sites: Sites, attribution: Attribution) -> None:
        self.sites = sites
        self.attribution = attribution

    def shown_in_pass(self, observation: Observation, number: int, value: Any) -> None:
        """Enter a number that a pass of a training loop shows: the next pass is about another model."""
        if self._times(observation, number) > _MOST_SHOWN:
            return
        found = measure(self.sites.shown[number], value, observation, self.attribution)
        latest = metrics.number(value)
        if found is None or latest is None or found[0] in _sampled(observation):
            return
        name, runs, variable = found
        if any(gave is value for score in observation.scores for gave in score.gave()):
            return
        if variable is None and told_already(observation, {name: latest}, runs):
            return
        observation.scores.append(
            Score({name: latest}, runs, None, value, time.time(), origin="variable", variable=variable)
        )

    def shown_in_list(self, observation: Observation, number: int, value: Any) -> None:
        """Enter what a pass that trains nothing shows: of each model once is a number of it, more are a list."""
        listed = observation.listed.setdefault(number, {})
        if self._times(observation, number) > _MOST_SHOWN:
            listed.clear()
        elif (found := measure(self.sites.shown[number], value, observation, self.attribution)) is not None:
            name, runs, variable = found
            names = self.sites.shown[number].names
            listed[runs] = (name, value, runs, variable, names) if runs not in listed else None

    def appended(self, observation: Observation, number: int, value: Any) -> None:
        """Enter a number that a pass keeps of its model."""
        found = metrics.number(value)
        site = self.sites.shown[number]
        runs = self.attribution.by_names(site.names) if found is not None else ()
        if runs and found is not None:
            name = site.text.rpartition(".")[2]
            observation.scores.append(Score({name: found}, runs, None, value, time.time(), origin="variable"))

    @staticmethod
    def _times(observation: Observation, number: int) -> int:
        """How often the site has shown a value by now."""
        times = observation.shown_in_passes[number] = observation.shown_in_passes.get(number, 0) + 1
        return times


def _sampled(observation: Observation) -> set[str]:
    """The names that running loops sample anyway."""
    return {name for passes in observation.loops.values() for name in passes.loop.sampled}

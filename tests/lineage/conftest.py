"""Notebooks of a few lines, run in the order given; an execution's id is its number, from 0."""

from collections.abc import Callable

import pytest

from nbtrack.lineage import Lineage, read


class Ran:
    """A notebook after it was run."""

    def __init__(self, *cells: str) -> None:
        self.graph = Lineage()
        for number, cell in enumerate(cells):
            self.graph.add(str(number), read(cell))

    def needs(self, number: int, *names: str, draws: bool = False) -> list[int]:
        found = self.graph.slice(str(number), names or None, draws=draws)
        return [int(each) for each in found]

    def reads_from(self, number: int) -> list[int]:
        return [int(each) for each in self.graph.dependencies(str(number))]


@pytest.fixture
def run() -> Callable[..., Ran]:
    return Ran

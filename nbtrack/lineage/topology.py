"""Reachability in the graph of executions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["reachable"]


def reachable(edges: Sequence[Iterable[int]], start: Iterable[int]) -> set[int]:
    """The nodes of ``start`` and all that can be reached from them; ``edges[n]`` are the successors of ``n``."""
    found = set(start)
    pending = list(found)
    while pending:
        for following in edges[pending.pop()]:
            if following not in found:
                found.add(following)
                pending.append(following)
    return found

"""What is known about an execution besides what was observed in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbtrack.records import Dependency, Environment, SourceFile

__all__ = ["Surroundings"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known about an execution besides what was observed in it."""

    namespace: Mapping[str, Any]
    experiment: str
    environment: Environment | None
    depends_on: tuple[Dependency, ...] = ()
    files: tuple[SourceFile, ...] = ()
    variables: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    """Plain variables that the author assigned in the cell: name to value and the execution that gave it."""
    evaluate: Callable[[str], Any] | None = None
    max_value_bytes: int = 4096

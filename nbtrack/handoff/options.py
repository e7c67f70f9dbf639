"""What an export may be asked beside the run and the place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

__all__ = ["Options", "Progress", "silent"]

Progress: TypeAlias = Callable[[str, int, int], None]
"""Is told the step that begins, its number, and how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to export.

    Attributes:
        format: the model's format instead of the safest that takes it.
        real_example: use the first rows of the data that was kept with the run, instead of made-up ones.
        example: a file of rows (CSV, Parquet, ``.npy``) to take the example from.
        sign: a private key (PEM) to sign the bundle with.
        lock: write ``pylock.toml`` where a resolver is at hand, which asks a package index.
        force: replace what is at the target.
        python: the interpreter that loads the model; empty: this one.
    """

    format: str | None = None
    real_example: bool = False
    example: Path | None = None
    sign: Path | None = None
    lock: bool = True
    force: bool = False
    python: str = ""


def silent(step: str, number: int, count: int) -> None:
    """Progress that nobody looks at."""
    del step, number, count

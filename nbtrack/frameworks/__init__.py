"""What nbtrack knows of machine-learning libraries: one file per library, one protocol, one registry."""

from __future__ import annotations

from nbtrack.frameworks.protocol import (
    Argument,
    Call,
    Framework,
    Outcome,
    Parameters,
    Training,
    TrainingKind,
)
from nbtrack.frameworks.registry import named, owner, predictor, present, scores, training

__all__ = [
    "Argument",
    "Call",
    "Framework",
    "Outcome",
    "Parameters",
    "Training",
    "TrainingKind",
    "named",
    "owner",
    "predictor",
    "present",
    "scores",
    "training",
]

"""Data that a model was scored on: which it was, and whether its rows are among those that the model was trained on."""

from __future__ import annotations

from nbtrack.records.record import record

__all__ = ["Scored"]


@record
class Scored:
    """What one run's predictions were measured on; no value of it is kept.

    ``dataset`` is the name that its metrics give (empty: they give none), ``inputs`` the name of what the model was
    given, ``digest`` of that and ``truth`` of the true values, as an array (None: not seen, or without a digest that
    means something elsewhere). ``shared`` is how many of its ``rows`` are among the training rows; None where that
    could not be told, for the ``reason`` given.
    """

    run_id: str
    dataset: str
    rows: int
    inputs: str | None = None
    digest: str | None = None
    truth: str | None = None
    shared: int | None = None
    reason: str = ""

"""How an execution ended: its state, and its error as text."""

from __future__ import annotations

import time
import traceback
from types import TracebackType

from nbtrack.capture.observation import Observation
from nbtrack.observe.met_secrets import met_secrets
from nbtrack.observe.redaction import redact
from nbtrack.records import CellError, Execution, State, revised

__all__ = ["finished"]


def finished(execution: Execution, observation: Observation, error: BaseException | None) -> Execution:
    """The execution's record, now that it is over."""
    state = State.COMPLETE
    if error is not None:
        state = State.CANCELED if isinstance(error, KeyboardInterrupt) else State.FAILED
    return revised(
        execution,
        state=state,
        duration_seconds=time.time() - observation.started,
        error=_told(error) if error is not None else None,
    )


def _told(error: BaseException) -> CellError:
    """The exception as text, secrets replaced; the frames of IPython itself are left out."""
    trace = error.__traceback__
    while trace is not None and not _is_cell(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    line = None if trace is None else _line_of_cell(trace)
    try:
        message = str(error)
        text = "".join(traceback.format_exception(type(error), error, trace))
    except Exception:
        message = text = "(its message could not be made)"
    return CellError(
        name=type(error).__qualname__,
        message=redact(message, met_secrets())[:4000],
        traceback=redact(text, met_secrets())[:20000],
        line=line,
    )


def _line_of_cell(trace: TracebackType) -> int:
    """The line of the cell that failed; the body of a ``%%time`` cell begins on its second line."""
    inner: TracebackType | None = trace
    while inner is not None:
        if inner.tb_frame.f_code.co_filename.startswith("<timed"):
            return inner.tb_lineno + 1
        inner = inner.tb_next
    return trace.tb_lineno


def _is_cell(filename: str) -> bool:
    return "ipykernel_" in filename or filename.startswith(("<ipython-input", "<timed"))

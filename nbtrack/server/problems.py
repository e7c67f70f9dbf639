"""The one place where errors become HTTP: a status, a kind for programs, a message and a remedy for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from tornado.web import HTTPError

from nbtrack import errors

__all__ = ["Conflict", "NotFound", "Problem", "TooLarge", "UnknownStore", "problem_of"]


class NotFound(errors.UsageError):
    """No such thing under an id that names one: a metric, an attachment, a dataset, a job, a route."""


class UnknownStore(errors.UsageError):
    """A key of no store that this server knows."""


class Conflict(errors.NbtrackError):
    """What was asked for is not to be had now."""


class TooLarge(errors.UsageError):
    """The request's body is above the limit."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is answered instead; ``more`` are further keys of the JSON object."""

    status: int
    kind: str
    message: str
    remedy: str | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the answer."""
        return {"kind": self.kind, "message": self.message, "remedy": self.remedy, **self.more}


# The first that fits; what is not here is a bug and becomes 500.
_KINDS: tuple[tuple[type[BaseException], HTTPStatus, str, str | None], ...] = (
    (errors.QueryError, HTTPStatus.BAD_REQUEST, "query", None),
    (errors.UnknownRun, HTTPStatus.NOT_FOUND, "unknown_run", "Reload the list: the run was deleted."),
    (UnknownStore, HTTPStatus.NOT_FOUND, "unknown_store", "Ask /nbtrack/api/stores again."),
    (NotFound, HTTPStatus.NOT_FOUND, "not_found", None),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", None),
    (errors.UsageError, HTTPStatus.BAD_REQUEST, "usage", None),
    (
        errors.StoreNotFound,
        HTTPStatus.CONFLICT,
        "store_not_found",
        "Run a cell with %load_ext nbtrack in the notebook, then train a model.",
    ),
    (
        errors.StoreBusy,
        HTTPStatus.CONFLICT,
        "store_busy",
        "Wait: it is tried again. If it stays, end the program that has the store open.",
    ),
    (
        errors.StoreMoved,
        HTTPStatus.CONFLICT,
        "store_moved",
        "Put the folder back, or run %load_ext nbtrack again to begin a new store.",
    ),
    (
        errors.BlobCorrupt,
        HTTPStatus.GONE,
        "blob_corrupt",
        "Run `nbtrack doctor --full` in the project's folder. The run's record can still be read.",
    ),
    (
        errors.StoreCorrupt,
        HTTPStatus.CONFLICT,
        "store_corrupt",
        "Run `nbtrack doctor --full` in the project's folder, or put back a copy of the store.",
    ),
    (
        errors.StoreTooNew,
        HTTPStatus.CONFLICT,
        "store_too_new",
        "Upgrade with `pip install --upgrade nbtrack`, then restart the Jupyter server.",
    ),
    (errors.StoreOutdated, HTTPStatus.CONFLICT, "store_outdated", "Wait: it is being migrated."),
    (
        errors.StoreUnwritable,
        HTTPStatus.CONFLICT,
        "store_unwritable",
        "Check the owner and permissions of the folder, and the space on its disk.",
    ),
    (
        errors.StoreSlow,
        HTTPStatus.CONFLICT,
        "store_slow",
        "Ask for less: fewer conditions, a smaller page, an order by a metric or by time.",
    ),
    (errors.StoreError, HTTPStatus.CONFLICT, "store_error", None),
    (Conflict, HTTPStatus.CONFLICT, "conflict", None),
)
_HTTP_KINDS = {
    HTTPStatus.BAD_REQUEST: ("usage", "The request is not understood."),
    HTTPStatus.FORBIDDEN: ("forbidden", "Not allowed: sign in to the Jupyter server, and reload the page."),
    HTTPStatus.NOT_FOUND: ("not_found", "There is nothing here."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method", "This route does not know the method."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("too_large", "The request is too large."),
}


def problem_of(error: BaseException | None, status: int = 500) -> Problem:
    """What to answer for an error; ``status`` is what the web framework chose for one that is not ours."""
    for kind, code, name, remedy in _KINDS:
        if isinstance(error, kind):
            return Problem(code, name, str(error), remedy, _more(error))
    if status in _HTTP_KINDS:
        name, message = _HTTP_KINDS[HTTPStatus(status)]
        told = error.log_message if isinstance(error, HTTPError) else None
        return Problem(status, name, f"{message} ({told})" if told and "%" not in told else message)
    if isinstance(error, HTTPError):
        return Problem(status, "http", error.reason or error.log_message or f"Status {status}.")
    return Problem(
        status,
        "bug",
        f"nbtrack failed: {type(error).__name__}. The Jupyter server's log has the traceback.",
        "Please report it.",
    )


def _more(error: BaseException) -> dict[str, Any]:
    if isinstance(error, errors.QueryError):
        return {"query": error.query, "position": error.position}
    if isinstance(error, errors.UnknownRun):
        return {"nearest": list(error.nearest)}
    return {}

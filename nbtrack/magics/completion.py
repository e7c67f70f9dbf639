"""What Tab offers behind ``%track`` and ``%%track``: verbs, flags, runs, names of metrics and params."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from nbtrack.magics.expected import Expected, expected
from nbtrack.store import Store
from nbtrack.store.conditions import FIELDS
from nbtrack.store.names import labels, names

if TYPE_CHECKING:
    from nbtrack.capture.session import KernelSession

__all__ = ["complete"]

_PLAIN_NAME = re.compile(r"[^\W\d][\w./:@%\-]*")
_VALUE_OF = re.compile(r"\b(model|state|experiment|label)\s*(?:!=|=|~)\s*[\"']?$")
_AFTER_NAME = re.compile(r"(?:^|[\s(\"'])(?!and\b|or\b|not\b)`?[^\s\"'()<>=!~`]+`?\s+$")
_AFTER_VALUE = re.compile(r"(?:!=|<=|>=|[=<>~])\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'()]+)[\s)]+$")
_STATES = ("RUNNING", "COMPLETE", "FAILED", "CANCELED")


def complete(text: str, session: KernelSession) -> tuple[str, list[str]] | None:
    """What may stand at the end of ``text``, a line up to the cursor; None where it is no line of ours.

    Returns:
        The piece of ``text`` that is to be replaced, and what may replace it, best first.
    """
    wanted = expected(text)
    if wanted is None or wanted.kind in {"nothing", "file"}:
        return None
    if wanted.kind == "choice":
        return wanted.word, _beginning(wanted.word, wanted.choices)
    if wanted.kind == "variables":
        public = [name for name in session.namespace if not name.startswith("_")]
        return wanted.word, _beginning(wanted.word, sorted(public))
    if not session.folder.is_dir():
        return wanted.word, []
    with Store.open(session.folder) as store:
        return wanted.word, _OFFERS[wanted.kind](store, wanted)


def _runs(store: Store, wanted: Expected) -> list[str]:
    best = [f"best:{sign}{name}" for name in names(store, "metric") for sign in ("", "-")]
    # Signs are offered once somebody begins with best: before that they would only hide the labels.
    shown = best if wanted.word.startswith("best:") else ["best:"]
    fixed = _beginning(wanted.word, ["last", *shown, *names(store, "alias")])
    return [*fixed, *labels(store, wanted.word)]


def _query(store: Store, wanted: Expected) -> list[str]:
    value_of = _VALUE_OF.search(wanted.before)
    if value_of:
        return _beginning(wanted.word, _texts(store, value_of[1], wanted))
    if _AFTER_VALUE.search(wanted.before):
        return _beginning(wanted.word, ["and", "or"])
    if _AFTER_NAME.search(wanted.before):
        return []  # an operator is due, which is shorter than a menu
    found = [*names(store, "metric"), *names(store, "param"), *FIELDS]
    tags = [f"tag.{name}" for name in names(store, "tag")]
    return _beginning(wanted.word, [_spelled(name) for name in dict.fromkeys([*found, *tags])])


def _texts(store: Store, field: str, wanted: Expected) -> Iterable[str]:
    if field == "model":
        return names(store, "model")
    if field == "experiment":
        return store.experiments()
    return _STATES if field == "state" else labels(store, wanted.word)


def _spelled(name: str) -> str:
    """A name as a query spells it: in backquotes where it is more than a word."""
    return name if _PLAIN_NAME.fullmatch(name) else f"`{name}`"


def _tags(store: Store, wanted: Expected) -> list[str]:
    return _beginning(wanted.word, [f"{name}=" for name in names(store, "tag")])


def _experiments(store: Store, wanted: Expected) -> list[str]:
    return _beginning(wanted.word, store.experiments())


def _metrics(store: Store, wanted: Expected) -> list[str]:
    return _beginning(wanted.word, names(store, "metric"))


_OFFERS: dict[str, Callable[[Store, Expected], list[str]]] = {
    "run": _runs,
    "query": _query,
    "tag": _tags,
    "experiment": _experiments,
    "metric": _metrics,
}


def _beginning(word: str, found: Iterable[str]) -> list[str]:
    """Those that begin with ``word``, in any case of letters; backquotes do not count."""
    plain = word.lstrip("`").lower()
    return [each for each in found if each.lstrip("`").lower().startswith(plain)]

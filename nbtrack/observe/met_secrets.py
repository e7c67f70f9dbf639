"""Secrets that this process has met, so that they are known where no name tells of them.

A cell prints what another one assigned, a function carries it in a closure, an error names it. What is met is kept in
memory only. A password that is a word may be one of a text, too: it is replaced where text is only read; in sources,
which are run again, and in values only what cannot be anything else is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from typing import Any

from nbtrack.observe.redaction import redact, secrets_in, secrets_of
from nbtrack.observe.secret_names import is_secret_name
from nbtrack.observe.secret_sites import plausible
from nbtrack.observe.shapes import looks_random

__all__ = [
    "distinctive_secrets",
    "forget_secrets",
    "meet_names",
    "meet_source",
    "met_secrets",
    "without_met",
]

_OF_IPYTHON = re.compile(r"_i?\d+\Z")  # a cell's source and what it gave: two names more with every cell
_SHORTEST = 8  # characters; a shorter one may be part of anything


class _Met:
    """The secrets of one process, and the environment that was looked through for them."""

    def __init__(self) -> None:
        self.all: frozenset[str] = frozenset()
        self.distinctive: frozenset[str] = frozenset()
        self.environment: dict[str, str] = {}
        self.held: dict[Any, Any] = {}
        self._names: list[str] = []
        self._secret_names: list[str] = []

    def add(self, secrets: Collection[str]) -> None:
        # New sets each time: other threads may go through the old ones.
        found = {secret for secret in secrets if len(secret) >= _SHORTEST}
        self.all |= found
        self.distinctive |= {secret for secret in found if looks_random(secret)}

    def secret_names(self, namespace: Mapping[str, Any]) -> list[str]:
        """The names that tell of a secret. A namespace grows with each cell, so only new names are looked at."""
        names = list(namespace)  # at once: another thread may add names meanwhile
        known = len(self._names)
        if names[:known] != self._names:
            known, self._secret_names = 0, []
        self._secret_names += [
            name for name in names[known:] if not _OF_IPYTHON.match(name) and is_secret_name(name)
        ]
        self._names = names
        return self._secret_names


_met = _Met()


def forget_secrets() -> None:
    """A new session begins."""
    _met.__init__()  # type: ignore[misc]  # the same object, which others hold


def met_secrets() -> Collection[str]:
    """All that were met."""
    return _met.all


def distinctive_secrets() -> Collection[str]:
    """Those that look drawn by lot, so that they are no word of a source."""
    return _met.distinctive


def meet_source(source: str) -> None:
    """Meet those that stand in a text."""
    _met.add(secrets_in(source))


def meet_names(namespace: Mapping[str, Any]) -> None:
    """Meet those that variables named like secrets hold: of the notebook, and of the environment where it changed.

    Of the environment words and paths are left out: ``postgres`` is the password of many a container.
    """
    for name in _met.secret_names(namespace):
        value = namespace.get(name)
        if type(value) is str:
            _met.add(secrets_of(name, value))
    # As it is held, to be compared: through the mapping each variable is decoded, which each cell would pay for.
    held = getattr(os.environ, "_data", os.environ)
    if held == _met.held:
        return
    held = dict(held)
    environment = dict(os.environ)
    for name, value in environment.items():
        if _met.environment.get(name) != value and not value.startswith(("/", "~", ".")):
            _met.add([secret for secret in secrets_of(name, value) if plausible(secret)])
    _met.environment, _met.held = environment, held


def without_met(value: Any) -> tuple[Any, bool]:
    """A value of JSON without the distinctive ones, and whether there were any."""
    if not _met.distinctive:
        return value, False
    clean = _without(value)
    return clean, clean != value


def _without(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value, _met.distinctive) if any(each in value for each in _met.distinctive) else value
    if isinstance(value, list):
        return [_without(item) for item in value]
    if isinstance(value, dict):
        return {key: _without(item) for key, item in value.items()}
    return value

"""Secrets replaced by :data:`REDACTED`: by the name they stand under, and by their shape.

Text is redacted before it is handed on, so that no secret reaches the disk. Where the secret was the content of
a string literal only that content is replaced, so that source still parses; in bytes literals, which take
ASCII only, by ``<redacted>``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any

from nbtrack.observe.literals import enclosing_quote
from nbtrack.observe.secret_names import Secrecy, is_secret_name, secrecy
from nbtrack.observe.secret_sites import plausible, sites
from nbtrack.observe.shapes import Span, is_template, shapes

__all__ = ["REDACTED", "is_secret_name", "redact", "redact_value", "secrets_in", "secrets_of"]

REDACTED = "\u2039redacted\u203a"
_IN_BYTES = "<redacted>"
_BYTES = re.compile(r"""(?<![A-Za-z0-9_])(?:[bB][rR]?|[rR][bB])(?:\"{3}|'{3}|"|')[^"']*\Z""")
_LONGEST_LINE = 400
_SHORT = 64
_SHORTEST_KNOWN = 6  # characters by which a secret is recognised elsewhere: shorter ones are words too


def redact(text: str, known: Collection[str] = ()) -> str:
    """The text with each secret replaced.

    Args:
        text: Python source, output, a traceback, a note, a configuration file.
        known: secrets found elsewhere (:func:`secrets_in`), replaced wherever they stand.
    """
    spans = _spans(text)
    for secret in known:
        spans += [match.span() for match in re.finditer(re.escape(secret), text)] if secret in text else []
    if not spans:
        return text
    parts: list[str] = []
    position = 0
    for start, end in _merged(spans) if known else spans:
        parts += text[position:start], _replacement(text, start, end)
        position = end
    return "".join((*parts, text[position:]))


def secrets_in(text: str) -> frozenset[str]:
    """The secrets that :func:`redact` replaces in ``text``, those of at least six characters.

    A cell may print what another cell assigned: its output carries no name to know the secret by.
    """
    found = (text[start:end] for start, end in _spans(text))
    return frozenset(secret for secret in found if len(secret) >= _SHORTEST_KNOWN)


def secrets_of(name: str, value: Any) -> frozenset[str]:
    """The secrets that :func:`redact_value` replaces in ``value``, those of at least six characters."""
    if isinstance(value, str):
        if _whole(name, value) and not is_template(value):
            return frozenset({value} if len(value) >= _SHORTEST_KNOWN else ())
        return secrets_in(value)
    if type(value) in {list, tuple}:
        return frozenset().union(*(secrets_of(name, item) for item in value))
    if type(value) is dict:
        return frozenset().union(
            *(secrets_of(key if isinstance(key, str) else name, item) for key, item in value.items())
        )
    return frozenset()


def redact_value(name: str, value: Any) -> tuple[Any, bool]:
    """The value that stands under ``name`` without its secrets, and whether there were any.

    Strings and bytes under a secret name go whole, and so do numbers under a certain one; other strings are redacted
    as text; lists, tuples and dictionaries of strings are gone through, a dictionary's keys being names.
    """
    if isinstance(value, str):
        if _whole(name, value) and not is_template(value):
            return REDACTED, True
        text = redact(value)
        return text, text != value
    if isinstance(value, bytes | bytearray) or type(value) is int:
        return (REDACTED, True) if _whole(name, value) else (value, False)
    if type(value) in {list, tuple}:
        pairs = [redact_value(name, item) for item in value]
        return type(value)(item for item, _ in pairs), any(changed for _, changed in pairs)
    if type(value) is dict:
        named = {
            key: redact_value(key if isinstance(key, str) else name, item) for key, item in value.items()
        }
        return {key: item for key, (item, _) in named.items()}, any(changed for _, changed in named.values())
    return value, False


def _whole(name: str, value: str | bytes | bytearray | int) -> bool:
    """Whether a value goes whole for the name it stands under."""
    sure = secrecy(name)
    if sure is Secrecy.NONE:
        return False
    if isinstance(value, int):
        return sure is Secrecy.CERTAIN and abs(value) > 999  # noqa: PLR2004 - smaller ones are counts
    if isinstance(value, str):
        return bool(value) and (sure is Secrecy.CERTAIN or plausible(value))
    return bool(value)


def _spans(text: str) -> list[Span]:
    return list(_spans_of_short(text)) if len(text) <= _SHORT else _merged([*shapes(text), *sites(text)])


@lru_cache(maxsize=4096)
def _spans_of_short(text: str) -> tuple[Span, ...]:
    """Values of params and attributes are the same from run to run."""
    return tuple(_merged([*shapes(text), *sites(text)]))


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, those that overlap as one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _replacement(text: str, start: int, end: int) -> str:
    """What takes the place of a secret so that Python source still parses."""
    line = text[max(text.rfind("\n", 0, start) + 1, start - _LONGEST_LINE) : start]
    if text[start:end].isdigit() and re.search(r"[=:,(]\s*\Z", line) and not enclosing_quote(line):
        return f'"{REDACTED}"'
    return _IN_BYTES if _BYTES.search(line) else REDACTED

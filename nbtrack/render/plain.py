"""Text of users made fit for one line of a terminal: no control characters, a known width."""

from __future__ import annotations

import json
import unicodedata

from nbtrack.records import JSON
from nbtrack.render.numbers import number

__all__ = ["clean", "cut", "pad", "value_text", "width"]


def clean(text: str) -> str:
    """``text`` on one line, with control, formatting and surrogate characters written as their escapes.

    A label or parameter could otherwise move the cursor, colour the terminal or reverse the line.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escape(character) for character in text)


def _escape(character: str) -> str:
    # A no-break or ideographic space is not printable to Python, yet harmless.
    if unicodedata.category(character) == "Zs":
        return " "
    return character.encode("unicode_escape").decode("ascii")


def width(text: str) -> int:
    """Columns that ``text`` takes in a terminal: wide East Asian characters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` columns, ending in ``…`` where something was left out."""
    if 2 * len(text) <= limit or width(text) <= limit:
        return text
    kept, used = [], 1
    for character in text:
        used += _columns(character)
        if used > limit:
            break
        kept.append(character)
    return "".join(kept) + "…" if limit > 0 else ""


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """``text`` filled with spaces to ``columns``; ``right`` puts them before it."""
    space = " " * max(0, columns - width(text))
    return space + text if right else text + space


def value_text(value: JSON, limit: int = 32) -> str:
    """A parameter's value: a string bare, a float to 6 digits, the rest as JSON; cut to ``limit`` columns."""
    if isinstance(value, str):
        return cut(clean(value), limit)
    if isinstance(value, float):
        exact = repr(value)
        return exact if len(exact) <= 12 else number(value, 6)  # noqa: PLR2004 - 0.1 + 0.2 need not be read in full
    return cut(clean(json.dumps(value, ensure_ascii=False, default=str)), limit)

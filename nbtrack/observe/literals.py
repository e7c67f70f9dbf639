"""String literals found in text that need not be Python: in source, in JSON, in a line of a log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Literal", "enclosing_quote", "joined_literals", "literal_at"]

_OPENING = re.compile(r"""([rRbBuUfF]{0,2})(\\*(?:\"\"\"|'''|"|'))""")
_CONTENT = {
    '"': re.compile(r'(?:[^"\\\n]|\\.)*+', re.DOTALL),
    "'": re.compile(r"(?:[^'\\\n]|\\.)*+", re.DOTALL),
    '"""': re.compile(r'(?:[^"\\]|\\.|"(?!""))*+', re.DOTALL),
    "'''": re.compile(r"(?:[^'\\]|\\.|'(?!''))*+", re.DOTALL),
}
_ESCAPED_CONTENT = re.compile(r"[^\"'\\\n]*+")
_CLOSED = re.compile(r""""(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'""")
_JOINING = re.compile(r"(?:\s|\\\n)*+(?:\+(?:\s|\\\n)*+)?(?=[rbufRBUF]{0,2}[\"'])")


class Literal(NamedTuple):
    """Where a literal's content starts and ends, where the literal ends, and its prefix in lower case."""

    start: int
    stop: int
    end: int
    prefix: str


def literal_at(text: str, position: int) -> Literal | None:
    """The string literal that starts at ``position``; one that is not closed ends with its line or the text.

    A literal inside another, its quotes escaped, is recognised, too.
    """
    opening = _OPENING.match(text, position)
    if opening is None:
        return None
    quote = opening[2]
    content = _ESCAPED_CONTENT if quote.startswith("\\") else _CONTENT[quote]
    stop = content.match(text, opening.end()).end()  # type: ignore[union-attr]  # it matches nothing, too
    end = stop + len(quote) if text.startswith(quote, stop) else stop
    return Literal(opening.end(), stop, end, opening[1].lower())


def joined_literals(text: str, position: int) -> Iterator[Literal]:
    """The literal at ``position`` and those joined to it, by ``+`` or by standing next to it."""
    literal = literal_at(text, position)
    while literal is not None:
        yield literal
        joining = _JOINING.match(text, literal.end)
        literal = literal_at(text, joining.end()) if joining is not None else None


def enclosing_quote(before: str) -> str:
    """The quote that is open at the end of ``before``, the start of a line; empty where none is."""
    rest = _CLOSED.sub("", before)
    opened = min((rest.find(quote) for quote in "\"'" if quote in rest), default=-1)
    # An apostrophe in a comment opens nothing.
    return rest[opened] if opened >= 0 and "#" not in rest[:opened] else ""

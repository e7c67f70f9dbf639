"""What a cell printed, bounded: progress bars as they stood in the end, no secrets, head and tail of the rest."""

from __future__ import annotations

from collections.abc import Collection

from nbtrack.observe.redaction import redact

__all__ = ["clip"]

_MARGIN = 4096
"""Characters kept around a cut until secrets are replaced: one cut in two would not be recognised."""

_LAST_STATES = 200
"""A line rewritten more often than this is told by its last states, which hide the earlier ones."""


def clip(text: str, max_bytes: int, known: Collection[str] = ()) -> str:
    """The text in at most ``max_bytes`` of UTF-8, and a line between head and tail that tells how much is left out.

    Lines that carriage returns rewrote are kept as they looked last; secrets are replaced, also those of ``known``
    (see :func:`nbtrack.observe.redaction.redact`). Head and tail get half of the room each.
    """
    seen = _as_seen(text)
    half = max_bytes // 2
    if len(seen) <= max_bytes + 2 * _MARGIN:
        data = _encode(redact(seen, known))
        return (
            data.decode()
            if len(data) <= max_bytes
            else _cut(data[:half], data[len(data) - half :], len(data))
        )
    head = _encode(redact(seen[: half + _MARGIN], known))
    tail = _encode(redact(seen[-half - _MARGIN :], known))
    between = len(_encode(seen[half + _MARGIN : -half - _MARGIN]))
    return _cut(head[:half], tail[len(tail) - half :], len(head) + between + len(tail))


def _cut(head: bytes, tail: bytes, total: int) -> str:
    """Head and tail at whole characters; ``total`` is the size of the whole in bytes."""
    first, last = head.decode(errors="ignore"), tail.decode(errors="ignore")
    left_out = total - len(first.encode()) - len(last.encode())
    line_break = "" if not first or first.endswith("\n") else "\n"
    return f"{first}{line_break}[… {left_out:,} bytes left out …]\n{last}"


def _as_seen(text: str) -> str:
    """Each line as a terminal shows it in the end, without what carriage returns and backspaces overwrote."""
    if "\r" not in text and "\x08" not in text:
        return text
    lines = text.split("\n")
    return "\n".join(_overwritten(line) if "\r" in line or "\x08" in line else line for line in lines)


def _overwritten(line: str) -> str:
    shown = ""
    for state in line.split("\r")[-_LAST_STATES:]:
        part = _erased(state) if "\x08" in state else state
        # A shorter state leaves the end of a longer one standing.
        shown = part + shown[len(part) :]
    return shown


def _erased(state: str) -> str:
    kept: list[str] = []
    for letter in state:
        if letter != "\x08":
            kept.append(letter)
        elif kept:
            kept.pop()
    return "".join(kept)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")  # a lone surrogate has no UTF-8 form

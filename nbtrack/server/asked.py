"""What a request asks for: its parameters and its body, each checked before anything is done with it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from nbtrack.errors import UsageError
from nbtrack.server.problems import TooLarge

__all__ = ["LARGEST_BODY", "Asked", "read_body"]

LARGEST_BODY = 1_000_000  # bytes
_LONGEST_TEXT = 8192  # characters of a parameter
_SHOWN = 60


class Asked:
    """The query parameters of one request, ``name -> values`` as they came."""

    def __init__(self, arguments: Mapping[str, Sequence[bytes]]) -> None:
        self._arguments = arguments

    def text(self, name: str) -> str | None:
        """A text; None: not given, or empty.

        Raises:
            UsageError: it is given twice, too long, or not UTF-8.
        """
        given = self.texts(name)
        if len(given) > 1:
            raise UsageError(f"Parameter {name!r} is given {len(given)} times; give it once.")
        return given[0] if given else None

    def texts(self, name: str) -> list[str]:
        """All that is given under a name, without the empty ones."""
        texts = []
        for value in self._arguments.get(name, ()):
            try:
                text = value.decode("utf-8")
            except UnicodeDecodeError as error:
                raise UsageError(f"Parameter {name!r} is not UTF-8.") from error
            if len(text) > _LONGEST_TEXT:
                raise UsageError(
                    f"Parameter {name!r} has {len(text)} characters; {_LONGEST_TEXT} is the most."
                )
            if "\0" in text:
                raise UsageError(f"Parameter {name!r} contains a NUL character.")
            texts.append(text)
        return [text for text in texts if text]

    def needed(self, name: str) -> str:
        """A text that must be given."""
        text = self.text(name)
        if text is None:
            raise UsageError(f"Parameter {name!r} is missing.")
        return text

    def number(self, name: str, default: int, smallest: int, largest: int) -> int:
        """A whole number within limits."""
        text = self.text(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= 12 and smallest <= int(text) <= largest):  # noqa: PLR2004 - longer than any limit
            raise UsageError(
                f"Parameter {name!r} is {text[:_SHOWN]!r}; it takes a whole number from {smallest} to {largest}."
            )
        return int(text)

    def truth(self, name: str, *, default: bool) -> bool:
        """``true`` or ``false``."""
        text = self.text(name)
        if text is None:
            return default
        if text not in {"true", "false", "1", "0"}:
            raise UsageError(f"Parameter {name!r} is {text[:_SHOWN]!r}; it takes true or false.")
        return text in {"true", "1"}

    def choice(self, name: str, *choices: str) -> str | None:
        """One of some words; None: not given."""
        text = self.text(name)
        if text is not None and text not in choices:
            raise UsageError(
                f"Parameter {name!r} is {text[:_SHOWN]!r}; it takes one of {', '.join(choices)}."
            )
        return text


def read_body(body: bytes, known: Mapping[str, tuple[type, ...]]) -> dict[str, Any]:
    """The JSON object of a request: each key of a known name and type; an empty body is an empty object.

    Raises:
        UsageError: it is none, or has an unknown key or a value of the wrong type.
        TooLarge: it has more than :data:`LARGEST_BODY` bytes.
    """
    if len(body) > LARGEST_BODY:
        raise TooLarge(f"The body has {len(body)} bytes; {LARGEST_BODY} is the most.")
    if not body.strip():
        return {}
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The body is not JSON: {str(error)[:_SHOWN]}.") from error
    if not isinstance(given, dict):
        raise UsageError("The body is not a JSON object.")
    for name, value in given.items():
        if name not in known:
            raise UsageError(f"The body has an unknown key {name[:_SHOWN]!r}; there are: {', '.join(known)}.")
        if type(value) not in known[name]:
            kinds = " or ".join(_JSON_NAMES[kind] for kind in known[name])
            raise UsageError(f"{name!r} of the body takes {kinds}, not {str(value)[:_SHOWN]!r}.")
    return given


_JSON_NAMES: dict[type, str] = {
    str: "a text",
    bool: "true or false",
    type(None): "null",
    dict: "an object",
    int: "a number",
}

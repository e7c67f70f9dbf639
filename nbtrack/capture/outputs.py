"""What a cell printed and the figures it showed, seen on their way to the front end.

Nothing is replaced: ipykernel's streams hand what they write to an ``echo`` file, and its display publisher shows each
message to registered hooks. Where the shell has neither (a terminal), nothing is kept.
"""

from __future__ import annotations

import base64
import binascii
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["NOTHING", "Outputs", "Printed"]

_MAX_FIGURES = 50
_MAX_FIGURE_BYTES = 8 << 20


class Printed(NamedTuple):
    """What a cell gave to see: its streams, and its figures as PNG."""

    stdout: str = ""
    stderr: str = ""
    figures: tuple[bytes, ...] = ()


NOTHING = Printed()


class Outputs:
    """The outputs of the cell that is running.

    Args:
        shell: the IPython shell.
        max_bytes: of each stream about so much is kept at its beginning and as much at its end.
    """

    def __init__(self, shell: InteractiveShell, max_bytes: int) -> None:
        self._shell = shell
        self._streams = {"stdout": _Kept(max_bytes), "stderr": _Kept(max_bytes)}
        self._echoing: list[Any] = []
        self._figures: list[bytes] = []
        self._hooked = False

    def start(self) -> None:
        """Begin to listen."""
        self._figures = []
        for name, kept in self._streams.items():
            kept.clear()
            stream = getattr(sys, name)
            # An echo of somebody else's (a kernel started with it) is left alone.
            if getattr(stream, "echo", self) is None:
                stream.echo = kept
                self._echoing.append(stream)
        register = getattr(self._shell.display_pub, "register_hook", None)
        if register is not None and not self._hooked:
            register(self._see)
            self._hooked = True

    def stop(self) -> Printed:
        """Stop listening; returns what was seen."""
        for stream in self._echoing:
            stream.echo = None
        self._echoing.clear()
        if self._hooked:
            self._shell.display_pub.unregister_hook(self._see)
            self._hooked = False
        stdout, stderr = (kept.text() for kept in self._streams.values())
        return Printed(stdout, stderr, tuple(self._figures))

    def _see(self, message: Any) -> Any:
        content = message.get("content", {}) if isinstance(message, dict) else {}
        image = content.get("data", {}).get("image/png")
        if isinstance(image, str) and len(self._figures) < _MAX_FIGURES and len(image) < _MAX_FIGURE_BYTES:
            try:
                self._figures.append(base64.b64decode(image))
            except (binascii.Error, ValueError):
                return message
        return message


class _Kept:
    """A file that keeps the first and the last characters written to it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.clear()

    def clear(self) -> None:
        self._head: list[str] = []
        self._tail: list[str] = []
        self._room = self._limit
        self._length = 0

    def write(self, text: str) -> int:
        if self._room > 0:
            self._head.append(text[: self._room])
            rest, self._room = text[self._room :], self._room - len(text)
        else:
            rest = text
        if rest:
            self._tail.append(rest)
            self._length += len(rest)
            if self._length > 4 * self._limit:
                kept = "".join(self._tail)[-2 * self._limit :]
                self._tail, self._length = [kept], len(kept)
        return len(text)

    def flush(self) -> None:
        """Nothing is buffered."""

    def text(self) -> str:
        return "".join(self._head) + "".join(self._tail)

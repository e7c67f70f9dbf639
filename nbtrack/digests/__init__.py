"""Content digests: the identity of data, by BLAKE3 over its canonical form.

``digest(value)`` is the public ``nbtrack.digest``; ``content(value)`` tells columns and row chunks too.
``digest_bytes`` and ``digest_text`` are of bytes as they stand, as ``b3sum`` gives them; they are not
``digest(b"…")``, which tells bytes apart from every other value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbtrack.digests.pieces import layout, recognised_digest, split
from nbtrack.digests.tree import CHUNK_ROWS, raw_digest, text

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from nbtrack.digests.contents import begins_with, content, digest

__all__ = [
    "CHUNK_ROWS",
    "begins_with",
    "content",
    "digest",
    "digest_bytes",
    "digest_text",
    "layout",
    "recognised_digest",
    "split",
]

_OF_VALUES = {"begins_with", "content", "digest"}


def __getattr__(name: str) -> Any:
    # Who digests bytes alone, such as the store, loads nothing that knows values.
    if name not in _OF_VALUES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from nbtrack.digests import contents

    globals().update({each: getattr(contents, each) for each in _OF_VALUES})
    return globals()[name]


def digest_bytes(data: Buffer) -> str:
    """BLAKE3 of the bytes of any C-contiguous buffer: ``b3:<hex>``."""
    return text(raw_digest(data))


def digest_text(source: str) -> str:
    """BLAKE3 of a text in UTF-8: ``b3:<hex>``."""
    return text(raw_digest(source.encode("utf-8", "surrogatepass")))

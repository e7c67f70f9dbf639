"""The digest of a value that has no canonical form: of its pickle, and so of use within one process only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbtrack.digests.tree import node, raw_digest
from nbtrack.errors import DigestError

if TYPE_CHECKING:
    from pickle import PickleBuffer

__all__ = ["pickle_digest"]


def pickle_digest(value: Any) -> bytes:
    """BLAKE3 over the pickle stream and its out-of-band buffers, which are not copied.

    Raises:
        DigestError: the value cannot be pickled.
    """
    import cloudpickle

    buffers: list[PickleBuffer] = []
    try:
        stream = cloudpickle.dumps(value, protocol=5, buffer_callback=buffers.append)
        return node(b"pickle", raw_digest(stream), *(raw_digest(buffer.raw()) for buffer in buffers))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a user's __reduce__ may raise anything, and must not end the kernel
        raise DigestError(
            f"A value of type {type(value).__module__}.{type(value).__qualname__} cannot be given a digest: "
            f"it has no canonical form and cannot be pickled ({type(error).__name__}: {str(error)[:200]}). "
            "Digest the data that is in it instead."
        ) from error

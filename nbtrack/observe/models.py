"""Models as bytes: pickle protocol 5 through cloudpickle, large arrays out of band.

Every large buffer becomes bytes of its own, so that two models that share weights share what is stored.
Buffers are views on the model's memory: nothing large is copied. The stream names only the model's own
libraries, so that it loads, with its buffers, where nbtrack is not installed.

PyTorch pickles a storage by copying it into the stream (``torch.save``); here its bytes leave as a numpy view
instead, and tensors that share a storage share it again after loading. GPU tensors are moved to the CPU.
"""

from __future__ import annotations

import copyreg
import functools
import io
import operator
import pickle
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import cloudpickle

from nbtrack.digests import digest_bytes, recognised_digest, split
from nbtrack.digests.spread import spread
from nbtrack.errors import CaptureError
from nbtrack.frameworks.hushed import Hushed
from nbtrack.observe.local_modules import local_modules
from nbtrack.observe.met_secrets import met_secrets
from nbtrack.observe.redaction import secrets_of
from nbtrack.observe.shapes import shapes
from nbtrack.progress import advance
from nbtrack.records import Model, ModelBytes

if TYPE_CHECKING:
    from typing_extensions import Buffer
__all__ = [
    "IN_STREAM_BYTES",
    "OUT_OF_BAND_BYTES",
    "SMALL_BYTES",
    "describe",
    "deserialize",
    "of_parts",
    "serialize",
]

IN_STREAM_BYTES = 1 << 20
SMALL_BYTES = 1 << 12
OUT_OF_BAND_BYTES = 1 << 17
"""Buffers from the last on leave the stream; smaller ones do once the stream holds so many bytes of them, unless they
are tiny: a small model is to be one blob, and a large one is not to be copied."""

MAX_PATH = 6
MAX_PARTS = 200
"""How far the search for an unpicklable part goes: levels down, parts of each."""

_SHORT_TEXT = 255  # bytes of a text that pickle writes with one byte for its length
_NOT_BY_NAME = (b"__main__", b"torch")

_MODEL_DOMAIN = b"nbtrack model v1\n"
"""Keeps a model's digest apart from that of any blob; no size and no digest holds a line break, so joining is safe."""


def serialize(model: object, secrets: Collection[str] = ()) -> ModelBytes:
    """The model as a pickle stream and its out-of-band buffers, with their digests.

    The same unchanged model gives the same digest within one process. The buffers are views on the model's
    own memory, to be written before the user's code runs again. ``secrets`` are texts that must not reach the disk,
    beside those that stand in attributes of the model itself and those that were met before.

    Raises:
        CaptureError: the model cannot be pickled; the message names the part that is in the way. Or it holds a secret.
    """
    file = _Stream()
    buffers: list[memoryview] = []
    try:
        _dump_whole(model, file, buffers)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # A user's __reduce__ may raise anything, SystemExit included: the run goes on without its model.
        raise CaptureError(_refusal(model, error)) from error
    stream = file.getvalue()
    _refuse_secrets(model, stream, secrets)
    return of_parts(stream, buffers)


def _refuse_secrets(model: object, stream: bytes, secrets: Collection[str]) -> None:
    attributes = getattr(model, "__dict__", None)
    own = attributes.items() if isinstance(attributes, dict) else ()
    for name, value in ((name, value) for name, value in own if isinstance(value, str)):
        if any(secret.encode("utf-8", "replace") in stream for secret in secrets_of(name, value)):
            raise CaptureError(
                f"The model was not stored: its attribute {name!r} is a secret. "
                "Let it read the secret when it needs it, from the environment."
            )
    known = {*secrets, *met_secrets()}
    # Functions and classes of the notebook come with their constants and the globals they use.
    by_value = b"cloudpickle" in stream and any(True for _ in shapes(stream.decode("latin-1")))
    if by_value or any(_holds(stream, secret) for secret in known):
        raise CaptureError(
            "The model was not stored: it, or a function in it, holds a password, key or token. "
            "Let it read the secret when it needs it, from the environment."
        )


def _holds(stream: bytes, secret: str) -> bool:
    """Whether a text is in the stream; a word, which modules and attributes may have in their names, as a whole one."""
    text = secret.encode("utf-8", "replace")
    if not secret.isalpha() or len(text) > _SHORT_TEXT:
        return text in stream
    return pickle.SHORT_BINUNICODE + bytes([len(text)]) + text in stream


def of_parts(stream: bytes, buffers: Sequence[memoryview]) -> ModelBytes:
    """A model that is pickled already, with its digests: of equal stream and buffers the same."""
    sizes = [len(stream), *(buffer.nbytes for buffer in buffers)]
    blobs = tuple(spread(recognised_digest, list(split([stream, *buffers])), sum(sizes)))
    return ModelBytes(
        digest=digest_bytes(_MODEL_DOMAIN + "\n".join([*map(str, sizes), *blobs]).encode()),
        stream=stream,
        buffers=tuple(buffers),
        blob_digests=blobs,
        size_bytes=sum(sizes),
    )


def deserialize(stream: Buffer, buffers: Sequence[Buffer]) -> Any:
    """The model again. This executes what the pickle says: only for streams that the user trusts.

    Writable buffers become the memory of the model's arrays; read-only ones are copied, so that the arrays
    can be trained further.

    Raises:
        CaptureError: the stream cannot be loaded here; the message says why.
    """
    try:
        return pickle.loads(stream, buffers=[_writable(buffer) for buffer in buffers])  # noqa: S301 - asked for
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise CaptureError(
            f"The stored model cannot be loaded in this environment: {_short(error)}. "
            "Compare the run's packages with the installed ones, and install those that are missing.",
        ) from error


def describe(
    model: object,
    *,
    framework: str,
    variable: str | None = None,
    retained: bool = False,
) -> Model:
    """The record of a model whose bytes are not (yet) stored."""
    kind = type(model)
    return Model(
        class_name=kind.__name__,
        module=str(kind.__module__),
        framework=framework,
        variable=variable,
        retained=retained,
    )


class _Keeper:
    """Decides which buffers leave the stream; called by a pickler with each."""

    __slots__ = ("_buffers", "_in_stream")

    def __init__(self, buffers: list[memoryview]) -> None:
        self._buffers = buffers
        self._in_stream = 0

    def __call__(self, buffer: pickle.PickleBuffer) -> bool:
        view = buffer.raw()
        least = OUT_OF_BAND_BYTES if self._in_stream < IN_STREAM_BYTES else SMALL_BYTES
        if view.nbytes < least:
            self._in_stream += view.nbytes
            return True
        self._buffers.append(view)
        return False


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle has no types
    """cloudpickle's pickler, which also takes the bytes of torch storages out of band."""

    def __init__(self, file: _Sink, buffers: list[memoryview]) -> None:
        super().__init__(file, protocol=5, buffer_callback=_Keeper(buffers))
        # Without numpy there is no view on a storage's memory; torch's own way remains.
        self._torch: Any = sys.modules.get("torch") if "numpy" in sys.modules else None
        self._skorch: Any = sys.modules.get("skorch")
        # One stand-in per storage, so that pickle's memo recognises the second tensor on it. The storage is
        # kept with it: its address must not be used again during the dump.
        self._storages: dict[int, tuple[Any, _Reduced]] = {}

    def reducer_override(self, obj: Any) -> Any:
        if type(obj) is _Reduced:
            return obj.function, obj.arguments
        skorch = self._skorch
        if skorch is not None and isinstance(obj, skorch.NeuralNet) and _pickles_inside(type(obj), skorch):
            return copyreg.__newobj__, (type(obj),), _whole_state(obj)  # type: ignore[attr-defined]  # pickle's own
        if self._torch is not None:
            if isinstance(obj, self._torch.storage.TypedStorage):
                untyped = self._storage(obj._untyped_storage)  # noqa: SLF001 - as torch.save itself reads it
                # A call with keywords; _internal is what keeps the class from warning about itself.
                make = functools.partial(
                    self._torch.storage.TypedStorage, wrap_storage=untyped, dtype=obj.dtype, _internal=True
                )
                return make, ()
            if isinstance(obj, self._torch.UntypedStorage):
                whole = self._storage(obj)
                return whole.function, whole.arguments
        return super().reducer_override(obj)

    def _storage(self, storage: Any) -> _Reduced:
        address = storage._cdata  # noqa: SLF001 - the identity that torch.save goes by
        if address not in self._storages:
            torch = self._torch
            tensor = torch.empty(0, dtype=torch.uint8).set_(storage.cpu())
            as_tensor = _Reduced(torch.from_numpy, (tensor.numpy(),))
            self._storages[address] = (
                storage,
                _Reduced(operator.methodcaller("untyped_storage"), (as_tensor,)),
            )
        return self._storages[address][1]


def _pickles_inside(kind: type, skorch: Any) -> bool:
    return kind.__getstate__ is skorch.NeuralNet.__getstate__


def _whole_state(net: Any) -> dict[str, Any]:
    """A skorch net's state, its inner pickle made by cloudpickle: its module's class may be the notebook's.

    skorch pickles what lives on a device by itself, with the plain pickler, which only names a class of the
    notebook; elsewhere that name is not to be found.
    """
    state = dict(net.__dict__)
    prefixes = tuple(net.cuda_dependent_attributes_)
    on_device = {key: state.pop(key) for key in list(state) if key.startswith(prefixes)}
    state["__cuda_dependent_attributes__"] = cloudpickle.dumps(on_device)
    return state


class _Reduced:
    """Something that unpickles as the result of a call."""

    __slots__ = ("arguments", "function")

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.function = function
        self.arguments = arguments


class _Sink(Protocol):
    def write(self, data: Any, /) -> object: ...


class _Stream(io.BytesIO):
    """A pickle on its way; pickle writes it frame by frame."""

    def write(self, data: Buffer, /) -> int:
        written = super().write(data)
        advance(written)
        return written


class _Nowhere:
    """A file that forgets what it is given."""

    def write(self, data: Any, /) -> int:
        return len(data)


def _dump_whole(model: object, file: io.BytesIO, buffers: list[memoryview]) -> None:
    """With the classes of the user's own modules inside, where they can be pickled: nobody else has those files."""
    own = [
        module
        for module in local_modules()
        if module.__name__ not in cloudpickle.list_registry_pickle_by_value()
    ]
    if own:
        try:
            for module in own:
                cloudpickle.register_pickle_by_value(module)
            _dump(model, file, buffers)
        except KeyboardInterrupt:
            raise
        except BaseException:
            # Such a module may hold on to anything: then its classes are named, as pickle does.
            file.seek(0)
            file.truncate()
            buffers.clear()
        else:
            return
        finally:
            for module in own:
                cloudpickle.unregister_pickle_by_value(module)
    elif _dump_by_names(model, file, buffers):
        return
    _dump(model, file, buffers)


def _dump_by_names(model: object, file: io.BytesIO, buffers: list[memoryview]) -> bool:
    """With pickle's own pickler, several times as fast, where nothing inside needs more; False: not so.

    What the notebook defines would be named only, and what PyTorch keeps be copied.
    """
    if type(model).__module__.partition(".")[0] != "sklearn":
        return False
    try:
        with Hushed():
            pickle.Pickler(file, protocol=5, buffer_callback=_Keeper(buffers)).dump(model)
        stream = file.getvalue()
        if not any(name in stream for name in _NOT_BY_NAME):
            return True
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: S110 - what is in the way is found, and told, by the way that can do more
        pass
    file.seek(0)
    file.truncate()
    buffers.clear()
    return False


def _dump(value: object, sink: _Sink, buffers: list[memoryview]) -> None:
    with Hushed():
        _Pickler(sink, buffers).dump(value)


def _writable(buffer: Buffer) -> bytearray | memoryview:
    view = memoryview(buffer)
    return bytearray(view) if view.readonly else view


def _refusal(model: object, error: BaseException) -> str:
    # Looking for the part in the way costs more pickling: not when memory or the stack ran out.
    path, part = ("", model) if isinstance(error, MemoryError | RecursionError) else _culprit(model)
    where = f"its {path} (a {type(part).__name__})" if path else "it"
    return (
        f"The model, a {type(model).__name__}, could not be pickled: {where} raised {_short(error)}. "
        "Its parameters and metrics are recorded; to have the model stored too, leave that part out in a "
        "__getstate__ of its class."
    )


def _culprit(value: object) -> tuple[str, object]:
    """The innermost part found that refuses to be pickled, and the path to it from ``value``."""
    path = ""
    for _ in range(MAX_PATH):
        refusing = ((name, part) for name, part in _parts(value) if not _pickles(part))
        name, part = next(refusing, (None, None))
        if name is None:
            break
        path, value = path + name, part
    return path, value


def _parts(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        named = [(f"[{key!r}]", part) for key, part in value.items() if isinstance(key, str | int)]
    elif isinstance(value, list | tuple):
        named = [(f"[{position}]", part) for position, part in enumerate(value)]
    else:
        named = [(f".{name}", part) for name, part in getattr(value, "__dict__", {}).items()]
    return iter(named[:MAX_PARTS])


def _pickles(value: object) -> bool:
    try:
        _dump(value, _Nowhere(), [])
    except KeyboardInterrupt:
        raise
    except BaseException:
        return False  # the caller names this part in its message
    return True


def _short(error: BaseException) -> str:
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = ""  # an exception's own __str__ may raise; its type is told all the same
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__

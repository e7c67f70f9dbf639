"""PyTorch: tensors, and data sets and loaders by the data under them.

The device, gradients, strides and views do not count. A loader is told by its data set alone: batch size and
shuffling are parameters of the training, not data.
"""

from __future__ import annotations

import sys
from typing import Any

from nbtrack.digests.arrays import shape_bytes, strip
from nbtrack.digests.encode import Encoder, Teller
from nbtrack.digests.scalars import Cell, named
from nbtrack.digests.tree import PIECE_BYTES, Strip, Told, node

__all__ = ["teller"]

_BF16_INFINITY, _BF16_NAN = 0x7F80, 0x7FC0


def teller(cls: type) -> Teller | None:
    """How values of ``cls`` are told, if it is a tensor, a data set or a loader."""
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "Tensor"):
        return None
    known: list[tuple[type, Teller]] = [
        (torch.Tensor, _tensor),
        (torch.Size, lambda value, encoder: named("torch.Size", encoder.encode(tuple(value)))),
        (torch.dtype, lambda value, _: named("torch.dtype", str(value))),
        (torch.device, lambda value, _: named("torch.device", str(value))),
    ]
    data = sys.modules.get("torch.utils.data")
    if data is not None and hasattr(data, "DataLoader"):
        known += [(data.DataLoader, _loader), (data.Dataset, _data_set)]
    return next((tell for base, tell in known if issubclass(cls, base)), None)


def _tensor(tensor: Any, encoder: Encoder) -> Told | Cell:
    torch = sys.modules["torch"]
    plain = tensor.detach()
    if plain.is_meta or plain.is_quantized or plain.is_nested:
        return encoder.pickle(tensor)
    if plain.layout is not torch.strided:
        return _sparse(plain, encoder)
    dtype = str(plain.dtype)
    one = strip("", _as_numpy(plain), encoder)
    shape = tuple(plain.shape)
    raw = node(b"tensor", dtype.encode(), shape_bytes(shape), one.raw)
    return Told(raw, shape, (Strip("", dtype, raw, one.chunks),), plain.nbytes)


def _as_numpy(tensor: Any) -> Any:
    torch = sys.modules["torch"]
    tensor = tensor.cpu().resolve_conj().resolve_neg()
    try:
        return tensor.numpy()
    except TypeError:  # a dtype that NumPy lacks, such as bfloat16: its bits
        width = tensor.element_size()
        bits = tensor.contiguous().view({1: torch.uint8, 2: torch.int16}[width]).numpy()
        return _one_nan(bits) if tensor.dtype is torch.bfloat16 else bits


def _one_nan(bits: Any) -> Any:
    """The bits (int16) of bfloat16 in which every NaN is the same; a copy only where they are not so already."""
    np = sys.modules["numpy"]
    flat = bits.reshape(-1)
    for start in range(0, len(flat), PIECE_BYTES):
        part = flat[start : start + PIECE_BYTES]
        if (((part & 0x7FFF) > _BF16_INFINITY) & (part != _BF16_NAN)).any():
            return np.where((bits & 0x7FFF) > _BF16_INFINITY, np.int16(_BF16_NAN), bits)
    return bits


def _sparse(tensor: Any, encoder: Encoder) -> Told:
    entries = tensor.cpu().to_sparse_coo().coalesce()
    parts = [strip("", _as_numpy(part), encoder) for part in (entries.indices(), entries.values())]
    shape = tuple(tensor.shape)
    raw = node(
        b"sparse tensor", str(tensor.dtype).encode(), shape_bytes(shape), *(part.raw for part in parts)
    )
    return Told(raw, shape, (Strip("", str(tensor.dtype), raw),))


def _loader(loader: Any, encoder: Encoder) -> Told:
    return _under(b"loader", loader.dataset, encoder)


def _data_set(value: Any, encoder: Encoder) -> Told:
    """The tensors of a TensorDataset; of others all that they hold: parts, indices, arrays, transforms."""
    data = sys.modules["torch.utils.data"]
    if type(value) is data.TensorDataset:
        return _under(b"tensors", value.tensors, encoder)
    cls = type(value)
    state = {name: held for name, held in vars(value).items() if name != "cumulative_sizes"}
    return _under(f"data set {cls.__module__}.{cls.__qualname__}".encode(), state, encoder, _length(value))


def _length(value: Any) -> tuple[int, ...] | None:
    try:
        return (len(value),)
    except TypeError:  # an iterable data set has no length
        return None


def _under(tag: bytes, held: Any, encoder: Encoder, shape: tuple[int, ...] | None = None) -> Told:
    """The tree over what is held."""
    if shape is None and isinstance(held, tuple) and held and hasattr(held[0], "shape"):
        shape = (int(held[0].shape[0]),)
    teller = encoder.teller(type(held))
    if teller is not None:
        told = teller(held, encoder)
        if isinstance(told, Told):
            return Told(node(tag, told.raw), told.shape, told.strips, told.nbytes)
    return Told(node(tag, encoder.encode(held)), shape)

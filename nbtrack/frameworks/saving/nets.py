"""PyTorch's nets as safetensors, with a description of their modules that needs no pickle.

A net does not know its constructor's arguments. It is made again from what its modules are: class, plain
attributes, parameters and buffers by shape, children. Classes are PyTorch's own or stand in the bundle's source.
"""

from __future__ import annotations

import json
import math
from typing import Any

from nbtrack.frameworks.saving.protocol import CannotWrite, Request, Written

__all__ = ["write_safetensors"]

_DERIVED = frozenset(
    {"_flat_weights", "_flat_weight_refs"}
)  # of recurrent layers: made again from the parameters
_MOST_MODULES = 20_000


def write_safetensors(request: Request) -> Written:
    """Write ``weights.safetensors`` and ``architecture.json``.

    Raises:
        CannotWrite: a module has hooks, or holds what is neither plain nor a layer.
    """
    from safetensors.torch import save_model

    net = request.model
    described = _described(net, "", request.code, set())
    shared = _shared(net)
    if shared:
        described["shared"] = shared
    was_training = net.training
    net.cpu().eval()
    try:
        save_model(net, str(request.folder / "weights.safetensors"))
    except RuntimeError as error:
        raise CannotWrite(f"safetensors does not take the weights: {error}") from error
    finally:
        net.train(was_training)
    text = json.dumps(described, indent=1, allow_nan=False)
    (request.folder / "architecture.json").write_text(text, encoding="utf-8")
    return Written(
        format="safetensors",
        kind="net",
        file="weights.safetensors",
        safe=True,
        packages=("torch", "safetensors", "numpy"),
    )


def _described(module: Any, path: str, code: tuple[str, ...], seen: set[int]) -> dict[str, Any]:
    if id(module) in seen:
        raise CannotWrite(f"the module {path} stands in the net twice")
    seen.add(id(module))
    if len(seen) > _MOST_MODULES:
        raise CannotWrite(f"the net has more than {_MOST_MODULES} modules")
    hooks = [name for name, held in vars(module).items() if name.endswith("_hooks") and held]
    if hooks:
        raise CannotWrite(f"the module {path or 'itself'} has hooks, which are functions")
    return {
        "class": _named(type(module), f"the class of {path or 'the net'}", code),
        "attributes": {
            name: _plain(value, f"{path}.{name}".lstrip("."), code)
            for name, value in _attributes(module).items()
        },
        "parameters": {
            name: [None, None] if one is None else [list(one.shape), _dtype(one)]
            for name, one in module._parameters.items()  # noqa: SLF001 - None entries are in no public view
        },
        "buffers": {
            name: [None, None, True]
            if one is None
            else [list(one.shape), _dtype(one), name not in module._non_persistent_buffers_set]  # noqa: SLF001 - as above
            for name, one in module._buffers.items()  # noqa: SLF001 - as above
        },
        "children": {
            name: None if child is None else _described(child, f"{path}.{name}".lstrip("."), code, seen)
            for name, child in module._modules.items()  # noqa: SLF001 - as above
        },
    }


def _attributes(module: Any) -> dict[str, Any]:
    import torch

    kept = set(vars(torch.nn.Module())) | _DERIVED
    if module._non_persistent_buffers_set:  # noqa: SLF001 - there is no public view
        # They are in no state_dict: what they hold would be lost.
        names = ", ".join(sorted(module._non_persistent_buffers_set))  # noqa: SLF001 - as above
        raise CannotWrite(f"the buffers {names} are not among the weights that PyTorch saves")
    return {name: value for name, value in vars(module).items() if name not in kept}


def _dtype(tensor: Any) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _plain(value: Any, path: str, code: tuple[str, ...]) -> Any:  # noqa: PLR0911 - one for each kind of value
    import torch

    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, torch.Size):
        return {"size": list(value)}
    if type(value) is tuple:
        return {"tuple": [_plain(item, path, code) for item in value]}
    if type(value) is list:
        return [_plain(item, path, code) for item in value]
    if type(value) is dict and all(isinstance(key, str) for key in value):
        return {"dict": {key: _plain(item, f"{path}[{key!r}]", code) for key, item in value.items()}}
    if isinstance(value, torch.dtype):
        return {"dtype": str(value).removeprefix("torch.")}
    if isinstance(value, torch.device):
        return {"device": "cpu"}
    if isinstance(getattr(value, "__name__", None), str) and callable(value):
        return {"named": _named(value, path, code)}
    raise CannotWrite(f"{path} is a {type(value).__name__}, neither plain nor a layer")


def _named(value: Any, path: str, code: tuple[str, ...]) -> str:
    """``module:name`` under which a class or function is found again."""
    import torch

    plain: str = value.__name__
    name = getattr(value, "__qualname__", plain)
    for home in (torch.nn.functional, torch):
        if getattr(home, plain, None) is value:
            return f"{home.__name__}:{plain}"
    module = str(getattr(value, "__module__", None))
    root = module.partition(".")[0]
    if "<" in name or (root not in {"torch", "torchvision"} and root not in code):
        raise CannotWrite(f"{path} is {module}.{name}, whose source is not at hand")
    return f"{module}:{name}"


def _shared(net: Any) -> dict[str, str]:
    """Parameters that are one object with another, by the path of the first."""
    first: dict[int, str] = {}
    shared = {}
    for path, parameter in net.named_parameters(remove_duplicate=False):
        if id(parameter) in first:
            shared[path] = first[id(parameter)]
        else:
            first[id(parameter)] = path
    return shared

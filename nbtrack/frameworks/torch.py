"""PyTorch: training is ``optimizer.step()``; the model is the net in sight that owns the stepped parameters.

A net does not know its constructor's arguments. What its layers show is told only where the author wrote the
net: its class stands in the notebook, or it is a bare container of PyTorch's layers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, ref

from nbtrack.frameworks.data import arguments, shown
from nbtrack.frameworks.protocol import Argument, Call, Outcome, Parameters, Training
from nbtrack.frameworks.signatures import REQUIRED, bound, init_defaults, public, same, same_or_spread

__all__ = ["framework"]

_LOSS_NAMES = frozenset(
    {"loss_fn", "loss_func", "loss_function", "criterion", "loss_f", "lossfn", "objective"}
)
_CONTAINERS = frozenset({"Sequential", "ModuleList", "ModuleDict"})
_MOST_LAYERS = 100
_SCALARS = (bool, int, float, str, tuple)
_HELD = {"train_dataset": "train", "eval_dataset": "validation", "dls": "train"}  # data that trainers hold
_DERIVED = frozenset({"mode"})  # a recurrent layer's kind, which its class passes up
_TRAINER_VERBS = frozenset({"fit", "train", "fit_one_cycle", "fine_tune", "fit_flat_cos"})


class _Seen(NamedTuple):
    """What was found at an optimizer's first step: the question comes again with every batch."""

    model: ref[Any] | None
    params: Mapping[str, Any]


class Torch:
    """Nets (modules with parameters) and the optimizers that train them."""

    name = "torch"
    packages = ("torch",)

    def __init__(self) -> None:
        self._seen: WeakKeyDictionary[Any, _Seen] = WeakKeyDictionary()

    def owns(self, value: object) -> bool:
        if not _is_module(value) or isinstance(value, _classes("torch.nn.modules.loss", "_Loss")):
            return False
        return next(value.parameters(), None) is not None  # type: ignore[attr-defined]

    def training(self, call: Call) -> Training | None:
        if call.name == "step":
            optimizer = _optimizer(call)
            return None if optimizer is None else self._step(optimizer, call)
        return _fit(call)

    def _step(self, optimizer: Any, call: Call) -> Training:
        seen = self._seen.get(optimizer)
        model = None if seen is None or seen.model is None else seen.model()
        if seen is None or (seen.model is not None and model is None):
            scope = call.scope()
            model = _owner(optimizer, scope)
            seen = _Seen(None if model is None else ref(model), _step_params(optimizer, scope))
            self._seen[optimizer] = seen
        return Training("model", model, (), seen.params, continues=True)

    def outcome(self, training: Training, call: Call, result: object) -> Outcome:
        del call, result
        return Outcome(training.model)

    def scores(self, call: Call, result: object) -> Mapping[str, float] | None:
        del call, result
        return None

    def predicts(self, call: Call) -> bool:
        """Calling a net: ``call.function`` is the net itself, or ``forward`` of ``call.receiver``."""
        return self.owns(call.function) or (
            call.name in {"forward", "predict", "predict_proba", "generate"} and self.owns(call.receiver)
        )

    def parameters(self, model: object) -> Parameters:
        return Parameters(dict(_layers(model))) if _is_module(model) else Parameters()

    def fitted(self, model: object) -> bool | None:
        del model
        return None


def _classes(module: str, *names: str) -> tuple[type, ...]:
    loaded = sys.modules.get(module)
    return tuple(cls for cls in (getattr(loaded, name, None) for name in names) if isinstance(cls, type))


def _is_module(value: object) -> bool:
    return isinstance(value, _classes("torch.nn.modules.module", "Module"))


def _optimizer(call: Call) -> Any:
    """The optimizer that a ``step`` steps: the receiver, or what a GradScaler is given."""
    kinds = _classes("torch.optim.optimizer", "Optimizer")
    stepped = call.receiver
    if isinstance(stepped, _classes("torch.amp.grad_scaler", "GradScaler")):
        stepped = call.argument(0, "optimizer")
    elif stepped is None and getattr(call.function, "_wrapped_by_lr_sched", False):
        stepped = _scheduled(call.function)
    return stepped if isinstance(stepped, kinds) else None


def _scheduled(step: Any) -> Any:
    """The optimizer whose ``step`` a scheduler replaced by a function, which holds it by a weak reference."""
    cells = [cell.cell_contents for cell in step.__closure__ or ()]
    return next((cell() for cell in cells if isinstance(cell, ref)), None)


def _owner(optimizer: Any, scope: Mapping[str, Any]) -> Any:
    """The net in sight that owns most of the optimizer's parameters; of several, the outermost."""
    wanted = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    best, rank = None, (0, 0)
    for module in _modules(scope):
        owned = {id(parameter) for parameter in module.parameters()}
        found = (len(wanted & owned), len(owned))
        if found[0] and (found > rank or (found == rank and _contains(module, best))):
            best, rank = module, found
    return _unwrapped(best)


def _contains(outer: Any, inner: Any) -> bool:
    return any(module is inner for module in outer.modules())


def _modules(scope: Mapping[str, Any]) -> Iterator[Any]:
    """Nets by name, those that ``self`` holds, and those in lists and dicts in sight."""
    kind = _classes("torch.nn.modules.module", "Module")
    values = list(scope.values())
    holder = scope.get("self")
    if holder is not None and not isinstance(holder, kind):
        values += list(getattr(holder, "__dict__", {}).values())
    for value in values:
        if isinstance(value, kind):
            yield value
        elif type(value) in {list, tuple, dict} and 0 < len(value) <= _MOST_LAYERS:
            yield from (item for item in _items(value) if isinstance(item, kind))


def _items(container: Any) -> Iterable[Any]:
    return list(container.values()) if isinstance(container, dict) else container


def _unwrapped(module: Any) -> Any:
    """The net inside ``torch.compile`` and data parallelism."""
    while module is not None:
        name = type(module).__name__
        if name == "OptimizedModule":
            module = module._orig_mod  # noqa: SLF001 - there is no public way back
        elif name in {"DataParallel", "DistributedDataParallel"}:
            module = module.module
        else:
            break
    return module


def _step_params(optimizer: Any, scope: Mapping[str, Any]) -> dict[str, Any]:
    params: dict[str, Any] = {"optimizer": type(optimizer).__name__}
    defaults = init_defaults(type(optimizer))
    for name, value in optimizer.defaults.items():
        default = defaults.get(name, REQUIRED)
        # A float literal is an object of its own, so one that equals the default was written all the same.
        written = value is not default if isinstance(value, float) else not same(value, default)
        groups = [group.get(f"initial_{name}", group.get(name)) for group in optimizer.param_groups]
        differing = [value for value in groups if not same(value, groups[0])]
        if differing:
            params[name] = [shown(value) for value in groups]
        elif written or not same(groups[0], value):
            params[name] = shown(groups[0])
    loss = _loss(scope)
    return params | ({} if loss is None else {"loss_fn": loss}) | _schedule(optimizer, scope)


def _loss(scope: Mapping[str, Any]) -> str | None:
    """The class of the loss module in sight, nearest scope first; None where there are several kinds."""
    kind = _classes("torch.nn.modules.loss", "_Loss")
    for names in getattr(scope, "maps", [scope]):
        losses = {type(value).__name__ for value in names.values() if isinstance(value, kind)}
        losses |= {_function_name(names[name]) for name in _LOSS_NAMES & names.keys()} - {""}
        if losses:
            return losses.pop() if len(losses) == 1 else None
    return None


def _function_name(value: Any) -> str:
    module = getattr(value, "__module__", None) or ""
    is_loss = module.startswith("torch.nn.functional") or module == "torch._C._nn"
    return getattr(value, "__name__", "") if is_loss else ""


def _schedule(optimizer: Any, scope: Mapping[str, Any]) -> dict[str, Any]:
    """The scheduler in sight that was made for this optimizer, with the settings that it keeps."""
    kinds = _classes("torch.optim.lr_scheduler", "LRScheduler", "ReduceLROnPlateau")
    for value in scope.values():
        if isinstance(value, kinds) and getattr(value, "optimizer", None) is optimizer:
            defaults = init_defaults(type(value))
            kept = {name: held for name, held in public(value).items() if isinstance(held, _SCALARS)}
            written = {name: held for name, held in kept.items() if not same(held, defaults[name])}
            return {"scheduler": type(value).__name__} | {
                f"scheduler.{name}": shown(held) for name, held in written.items() if name != "last_epoch"
            }
    return {}


def _fit(call: Call) -> Training | None:
    """A net's own ``net.fit(X, y)``, and trainers: ``trainer.fit(net, loader)``, ``trainer.train()``."""
    if (
        call.name not in _TRAINER_VERBS
        or call.receiver is None
        or type(call.receiver).__module__ == "__main__"
    ):
        return None  # a method written in the notebook shows its own steps
    if _is_module(call.receiver):
        data, params = arguments(bound(call))
        return Training("model", call.receiver, data, params) if data else None
    given = [argument for argument in bound(call) if not _is_module(argument.value)]
    nets = [value for value in (*call.args[:1], call.kwargs.get("model")) if _is_module(value)]
    net = nets[0] if nets else getattr(call.receiver, "model", None)
    if not _is_module(net) or isinstance(call.receiver, type) or hasattr(type(call.receiver), "get_params"):
        return None  # an estimator that keeps a net is the model itself
    data, params = arguments(given)
    data += tuple(
        Argument(role, name, getattr(call.receiver, name))
        for name, role in _HELD.items()
        if getattr(call.receiver, name, None) is not None
    )
    return Training("model", _unwrapped(net), data, params) if data else None


def _layers(model: Any) -> Iterator[tuple[str, Any]]:
    """``(path.attribute, value)`` of the layers whose making stands in the author's own code."""
    for path, layer in islice(_authored(model, ""), _MOST_LAYERS):
        defaults = init_defaults(type(layer))
        for name, value in public(layer).items():
            derived = name in _DERIVED or (name == "stride" and value == getattr(layer, "kernel_size", None))
            if isinstance(value, _SCALARS) and not derived and not same_or_spread(value, defaults[name]):
                yield f"{path}.{name}" if path else name, shown(value)


def _authored(module: Any, path: str) -> Iterator[tuple[str, Any]]:
    """A module written in the notebook and its direct layers of ``torch.nn``, down through containers."""
    kind = type(module)
    own = kind.__module__ == "__main__"
    if not own and not kind.__module__.startswith("torch.nn."):
        return  # a library's net: its layers were chosen by others
    if kind.__name__ not in _CONTAINERS:
        yield path, module
    if own or kind.__name__ in _CONTAINERS:
        for name, child in module.named_children():
            yield from _authored(child, f"{path}.{name}" if path else name)


framework = Torch()

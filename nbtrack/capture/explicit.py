"""What the user says in code: ``nbtrack.log``, ``nbtrack.param``, ``with nbtrack.track(name):``.

In a notebook these speak of the running cell; in a script, which has no cells, of the innermost ``with`` block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from nbtrack.capture.observation import CURRENT, Block
from nbtrack.errors import UsageError
from nbtrack.observe.metrics import number

if TYPE_CHECKING:
    from pathlib import Path

    from nbtrack.capture.script import ScriptRun
    from nbtrack.capture.session import KernelSession

__all__ = ["Tracked", "attach", "kernel_store", "log", "param", "track"]

_kernel: KernelSession | None = None
_script: ContextVar[ScriptRun | None] = ContextVar("nbtrack_script_run", default=None)


def attach(session: KernelSession | None) -> None:
    """Tell which kernel session the functions below speak to; None: no kernel is watched."""
    global _kernel  # noqa: PLW0603 - a process has one kernel
    _kernel = session


def kernel_store() -> Path | None:
    """The store of the kernel that is watched, once there is one on disk; None outside of a watched kernel."""
    return _kernel.folder if _kernel is not None and _kernel.folder.is_dir() else None


class Tracked:
    """The handle that ``with nbtrack.track(name) as run:`` gives."""

    def __init__(self, block: Block, script: ScriptRun | None = None) -> None:
        self._block = block
        self._script = script

    @property
    def id(self) -> str:
        """The run's id."""
        return self._block.id

    def param(self, **values: Any) -> None:
        """As :func:`nbtrack.param`, for this run."""
        self._block.params.update(values)

    def tag(self, **values: str) -> None:
        """Set tags of this run."""
        self._block.tags.update({name: str(value) for name, value in values.items()})

    def log(self, *, step: int | None = None, **values: Any) -> None:
        """As :func:`nbtrack.log`, for this run, whichever thread or task calls it."""
        inside, script = CURRENT.set(self._block), _script.set(self._script)
        try:
            log(step=step, **values)
        finally:
            _script.reset(script)
            CURRENT.reset(inside)

    def __repr__(self) -> str:
        return f"<nbtrack run {self._block.name or self._block.id}>"


def log(*, step: int | None = None, **values: Any) -> None:
    """Record a point of one or more metrics; what was logged survives a killed kernel.

    Args:
        step: the step all points belong to; by default each metric counts its own points from 0.
        values: real numbers, 0-d arrays or one-element tensors on any device, by name. NaN and infinities are kept.

    Raises:
        UsageError: a value is no real number, or nothing is running that the point could belong to.
    """
    numbers = {name: _number(name, value) for name, value in values.items()}
    if step is not None:
        step = int(step)
    script = _script.get()
    if script is not None:
        script.log(numbers, step)
    elif _kernel is not None and _kernel.running:
        _kernel.log(numbers, step)
    else:
        raise UsageError(_NOWHERE.format("log"))


def param(**values: Any) -> None:
    """Record parameters of the current run, with origin ``explicit``; they win over any other of the same name.

    Raises:
        UsageError: nothing is running that the parameters could belong to.
    """
    _current("param").params.update(values)


@contextmanager
def track(
    name: str | None = None,
    *,
    experiment: str | None = None,
    tags: Mapping[str, str] | None = None,
    note: str | None = None,
) -> Iterator[Tracked]:
    """Track a block of code as a run, in a script or inside a cell.

    In a watched cell a training inside the block becomes the block's run; otherwise the block is a run by itself.
    A block that raises is FAILED, an interrupted one CANCELED; the exception goes on.
    """
    block = Block(name=name, experiment=experiment, tags=dict(tags or {}), note=note)
    if _kernel is not None and _kernel.running and _script.get() is None:
        block.scoped, block.inside = True, CURRENT.get()
        _kernel.open_block(block)
        inside = CURRENT.set(block)
        try:
            yield Tracked(block)
        except BaseException:
            block.failed = True
            raise
        finally:
            block.end()
            with suppress(ValueError):  # a block that a generator left open, closed by another task
                CURRENT.reset(inside)
        return
    from nbtrack.capture.script import ScriptRun

    script = ScriptRun(block)
    token = _script.set(script)
    error: BaseException | None = None
    try:
        yield Tracked(block, script)
    except BaseException as raised:
        error = raised
        raise
    finally:
        _script.reset(token)
        script.finish(error)


def _current(what: str) -> Block:
    script = _script.get()
    if script is not None:
        return script.block
    if _kernel is not None and _kernel.running:
        return _kernel.current_block()
    raise UsageError(_NOWHERE.format(what))


def _number(name: str, value: Any) -> float:
    converted = number(value)
    if converted is None:
        text = repr(value) if isinstance(value, str | bool | None) else type(value).__name__
        raise UsageError(
            f"nbtrack.log({name}=…) takes one real number, and this is {text}; try .item() or float()."
        )
    return converted


_NOWHERE = (
    "nbtrack.{}(…) has no run to belong to. In a notebook, `%load_ext nbtrack` first; "
    "in a script, put it inside `with nbtrack.track(name):`."
)

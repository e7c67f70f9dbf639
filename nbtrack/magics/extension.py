"""Loads the extension into a shell and unloads it again."""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING

from nbtrack.capture.explicit import attach
from nbtrack.capture.kernel import KernelHooks
from nbtrack.capture.session import KernelSession
from nbtrack.config import load_settings, store_for
from nbtrack.magics.parsing import parse_block
from nbtrack.magics.showing import show_runs
from nbtrack.magics.track import TrackMagics

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrack.capture.observation import Block
    from nbtrack.records import Run

__all__ = ["load", "unload"]

_loaded: dict[int, KernelHooks] = {}


def load(shell: InteractiveShell) -> None:
    """Start watching ``shell``; loading twice changes nothing."""
    if id(shell) in _loaded:
        return
    settings = load_settings()
    session = KernelSession(
        shell.user_ns,
        store_for(),
        settings,
        flags=lambda: shell.compile.flags,
        warn=print,
    )

    def show(runs: tuple[Run, ...]) -> None:
        if not settings.quiet:
            show_runs(shell, runs)

    def block(line: str) -> Block | None:
        return parse_block(str(shell.var_expand(line, depth=0)))

    hooks = KernelHooks(shell, session, show, block)
    hooks.install()
    shell.register_magics(TrackMagics(shell, session))
    attach(session)
    atexit.register(session.close)
    _loaded[id(shell)] = hooks


def unload(shell: InteractiveShell) -> None:
    """Stop watching ``shell``, close the store, and leave the shell as it was."""
    hooks = _loaded.pop(id(shell), None)
    if hooks is None:
        return
    hooks.remove()
    attach(None)
    atexit.unregister(hooks.session.close)
    hooks.session.close()
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("track", None)
    shell.magics_manager.registry.pop("TrackMagics", None)

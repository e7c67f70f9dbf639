"""Loads the extension into a shell and unloads it again."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nbtrack.capture.kernel import KernelHooks
from nbtrack.magics.track import TrackMagics, completer
from nbtrack.progress import shown_by

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrack.capture.observation import Block
    from nbtrack.capture.session import KernelSession
    from nbtrack.magics.showing import Cards
    from nbtrack.magics.working import WorkLine
    from nbtrack.records import Run

__all__ = ["load", "unload"]

_loaded: dict[int, KernelHooks] = {}
_cards: dict[int, Cards] = {}
_work_lines: dict[int, WorkLine] = {}
_completers: dict[int, Callable[..., Any]] = {}


def load(shell: InteractiveShell) -> None:
    """Start watching ``shell``; loading twice changes nothing."""
    if id(shell) in _loaded:
        return
    hooks = KernelHooks(
        shell,
        make_session=lambda: _session(shell),
        show=lambda runs: _show(shell, hooks, runs),
        track_line=lambda line: _block(shell, line),
        prepare=lambda: import_module("nbtrack.magics.showing"),
    )
    hooks.install()
    shown_by(lambda progress: _work_line(shell).show(progress))
    shell.register_magics(TrackMagics(shell, lambda: hooks.session))
    if shell.Completer is not None:
        _completers[id(shell)] = completer(lambda: hooks.session)
        shell.Completer.custom_matchers.append(_completers[id(shell)])
    atexit.register(hooks.close)
    _loaded[id(shell)] = hooks
    hooks.join_running_cell()


def _session(shell: InteractiveShell) -> KernelSession:
    from nbtrack.capture.explicit import attach
    from nbtrack.capture.session import KernelSession
    from nbtrack.config import load_settings, store_for

    session = KernelSession(
        shell.user_ns, store_for(), load_settings(), flags=lambda: shell.compile.flags, warn=print
    )
    attach(session)
    return session


def _show(shell: InteractiveShell, hooks: KernelHooks, runs: tuple[Run, ...]) -> None:
    cards = _cards.get(id(shell))
    if cards is None:
        from nbtrack.magics.showing import Cards

        cards = _cards[id(shell)] = Cards(shell, lambda: hooks.session)
    cards.show(runs)


def _work_line(shell: InteractiveShell) -> WorkLine:
    line = _work_lines.get(id(shell))
    if line is None:
        from nbtrack.magics.working import WorkLine

        line = _work_lines[id(shell)] = WorkLine(shell)
    return line


def _block(shell: InteractiveShell, line: str) -> Block | None:
    from nbtrack.magics.block import parse_block

    return parse_block(str(shell.var_expand(line, depth=0)))


def unload(shell: InteractiveShell) -> None:
    """Stop watching ``shell``, close the store, and leave the shell as it was."""
    hooks = _loaded.pop(id(shell), None)
    if hooks is None:
        return
    hooks.remove()
    _cards.pop(id(shell), None)
    _work_lines.pop(id(shell), None)
    shown_by(None)
    atexit.unregister(hooks.close)
    if "nbtrack.capture.explicit" in sys.modules:
        sys.modules["nbtrack.capture.explicit"].attach(None)
    if id(shell) in _completers:
        shell.Completer.custom_matchers.remove(_completers.pop(id(shell)))
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("track", None)
    shell.magics_manager.registry.pop("TrackMagics", None)

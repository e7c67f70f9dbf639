"""Shells that watch, in the process of the tests."""

from __future__ import annotations

import atexit

from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

__all__ = ["leave", "watching_shell"]


def watching_shell() -> InteractiveShell:
    """A shell with the extension loaded; what it displays is in the outputs of its ``display_pub``."""
    # The history in memory: IPython writes the last of it when the folder is gone.
    shell = InteractiveShell(config=Config({"HistoryManager": {"hist_file": ":memory:"}}))
    shell.display_pub = CapturingDisplayPublisher(shell=shell)
    shell.run_cell("%load_ext nbtrack").raise_error()
    return shell


def leave(shell: InteractiveShell) -> None:
    """Unload the extension, and end the shell.

    IPython keeps each shell with its names until the process ends, and then looks through the whole heap for each of
    them: with hundreds that takes minutes.
    """
    shell.run_cell("%unload_ext nbtrack")
    atexit.unregister(shell.atexit_operations)
    shell.history_manager.end_session()
    shell.history_manager.close()
    InteractiveShell.clear_instance()

"""nbtrack: every training cell of a notebook becomes a run in a local lineage store.

In a notebook, ``%load_ext nbtrack`` is all. The names below are for those who want to say more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = [
    "__version__",
    "compare",
    "digest",
    "get",
    "load_ipython_extension",
    "log",
    "param",
    "plot",
    "runs",
    "track",
    "unload_ipython_extension",
]

__version__ = "0.1.0"

# Each public name and the module that has it: resolved at first use, so that importing nbtrack costs nothing.
_HOMES = {
    "compare": "nbtrack.widget",
    "digest": "nbtrack.digests",
    "get": "nbtrack.run",
    "log": "nbtrack.capture.explicit",
    "param": "nbtrack.capture.explicit",
    "plot": "nbtrack.plot",
    "runs": "nbtrack.run",
    "track": "nbtrack.capture.explicit",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'nbtrack' has no attribute {name!r}")
    import importlib

    module = importlib.import_module(home)
    value = module if home == f"{__name__}.{name}" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Start watching this kernel (called by ``%load_ext nbtrack``)."""
    from nbtrack.magics import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Stop watching and restore the shell completely (called by ``%unload_ext nbtrack``)."""
    from nbtrack.magics import unload

    unload(shell)

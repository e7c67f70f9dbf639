"""The user's own modules: what notebooks import from files beside them, which no version of a package names.

What counts is what was loaded: a file changed afterwards is looked at again only when its module is loaded again.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

from nbtrack.digests import digest_text
from nbtrack.observe.redaction import redact
from nbtrack.records import JSON

__all__ = ["LocalModules", "is_local", "is_local_name", "local_modules"]

_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_OWN = "nbtrack"
MAX_BYTES = 1 << 18
"""Of a longer file only the digest is kept."""

MOST = 200
"""So many modules are looked at, at most."""


_Seen: TypeAlias = dict[str, tuple[object, Mapping[str, JSON]]]


class LocalModules:
    """The local modules that are imported, again and again at little cost.

    Args:
        folder: the folder that paths are given relative to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # What was found, with what sys.modules looked like then: replaced as one, since the first look is a thread's.
        self._known: tuple[object, _Seen] = (None, {})

    def current(self) -> Mapping[str, Mapping[str, JSON]]:
        """Path, digest and source (secrets replaced) by module; an equal mapping as long as nothing changes."""
        key, seen = self._known
        now = len(sys.modules), next(reversed(sys.modules))
        if now != key or any(
            _loading(sys.modules.get(name)) is not loading for name, (loading, _) in seen.items()
        ):
            seen = self._look(local_modules(), seen)
            self._known = now, seen
        return {name: facts for name, (_, facts) in seen.items()}

    def _look(self, modules: tuple[ModuleType, ...], before: _Seen) -> _Seen:
        seen: _Seen = {}
        for module in sorted(modules, key=lambda each: each.__name__):
            name, loading = module.__name__, _loading(module)
            known = before.get(name)
            if known is not None and known[0] is loading:
                seen[name] = known
                continue
            facts = self._facts(module)
            if facts is not None:
                seen[name] = loading, facts
        return seen

    def _facts(self, module: ModuleType) -> Mapping[str, JSON] | None:
        path = str(module.__file__)
        try:
            text = Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None  # gone since it was imported
        source = redact(text)
        facts: dict[str, JSON] = {
            "path": os.path.relpath(path, self._folder),
            "digest": digest_text(source),
        }
        if len(source) <= MAX_BYTES:
            facts["source"] = source
        return facts


def is_local(module: object) -> bool:
    """Whether a module is Python source of the user's own: neither installed nor of Python itself."""
    if not isinstance(module, ModuleType):
        return False
    name, file = module.__name__, getattr(module, "__file__", None)
    return (
        isinstance(file, str)
        and _is_own(file)
        and name not in {"__main__", "__mp_main__"}
        and name.partition(".")[0] != _OWN
    )


@lru_cache(maxsize=1 << 14)
def _is_own(file: str) -> bool:
    """Whether a file is neither installed nor of Python itself; thousands are asked about, again and again."""
    return (
        file.endswith(".py")
        and not any(part in file for part in _INSTALLED)
        and not file.startswith(_python())
    )


def is_local_name(name: object) -> bool:
    """Whether a module of this name is imported and the user's own."""
    return isinstance(name, str) and is_local(sys.modules.get(name))


def _loading(module: object) -> object:
    """Another object each time a module is loaded: importing and reloading both make a new spec."""
    return getattr(module, "__spec__", None) or module


# How many modules were looked at, the last of them, and what is local.
_found: tuple[int, object, tuple[ModuleType, ...]] = (0, None, ())


def local_modules() -> tuple[ModuleType, ...]:
    """The user's own modules that are imported, in the order of their import; only what is new is looked at."""
    global _found  # noqa: PLW0603 - what is loaded is the process's
    count, last, found = _found
    if len(sys.modules) == count and next(reversed(sys.modules.values())) is last:
        return found
    modules = list(sys.modules.values())
    if not count or len(modules) < count or modules[count - 1] is not last:  # one left: those behind moved up
        count, found = 0, ()
    new = [module for module in modules[count:] if is_local(module)]
    found = (*found, *new)[:MOST]
    _found = len(modules), modules[-1], found
    return found


@cache
def _python() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple(os.path.join(paths[name], "") for name in ("stdlib", "platstdlib"))  # noqa: PTH118 - plain strings: asked of each module

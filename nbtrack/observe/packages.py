"""Versions of the distributions that are really imported, found without reading the metadata of all installed.

``importlib.metadata.packages_distributions`` reads every file list there is, and takes longer than a training cell.
A distribution's name and version stand in the name of its ``.dist-info`` folder, and most modules are called like
their distribution; only for the others are file lists read, likeliest first, until all are found.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

__all__ = ["Packages", "distribution_hint"]

_INFO = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)(?:-py[\d.]+)?\.(?:dist|egg)-info\Z")
_HINTS = {
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv",
    "dateutil": "python-dateutil",
    "mpl_toolkits": "matplotlib",
    "pylab": "matplotlib",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "torchgen": "torch",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}
"""Whose list of files to read first for a module that is not called like its distribution."""

_FRESH_SECONDS = 5.0

_SEPARATORS = re.compile(r"[-_.]+")


def distribution_hint(module: str) -> str:
    """What the distribution of a top-level module is probably called; ``opencv`` stands for several that begin so."""
    return _HINTS.get(module, module)


class _Distribution(NamedTuple):
    """An installed distribution: canonical name (PEP 503), version, its metadata folder."""

    name: str
    version: str
    folder: str

    def owned(self, modules: Mapping[str, list[str]]) -> list[str]:
        """Those of the modules that are in its list of files, by their paths in the folder it is installed in."""
        for file in ("RECORD", "installed-files.txt", "SOURCES.txt"):
            try:
                listed = b"\n" + Path(self.folder, file).read_bytes().replace(b"\r", b"")
            except OSError:
                continue
            return [
                name
                for name, paths in modules.items()
                if any(f"\n{path}{end}".encode() in listed for path in paths for end in (",", "\n"))
            ]
        return []

    def is_editable(self) -> bool:
        """Whether it is installed as a link to its sources (PEP 610)."""
        try:
            return b'"editable": true' in Path(self.folder, "direct_url.json").read_bytes()
        except OSError:
            return False


class Packages:
    """The imported distributions, again and again at little cost.

    A version is that of the first sight of a loaded module: installing another version afterwards changes what is
    on the disk, not what runs. Importing or reloading the module again does take the new version.
    """

    def __init__(self) -> None:
        self._key: object = None
        self._modules: object = None
        self._asked_at = 0.0
        self._versions: dict[str, str] = {}
        # For each imported top-level module: what tells a later loading from this one, and whose it is.
        self._seen: dict[str, tuple[object, _Distribution | None]] = {}
        # Folders of sys.path without and with distributions in them.
        self._plain: set[str] = set()
        self._site: set[str] = set()

    def current(self) -> dict[str, str]:
        """Version by canonical name, sorted by name; the same dictionary as long as nothing changes."""
        modules = (len(sys.modules), next(reversed(sys.modules)))
        now = time.monotonic()
        # Installing changes nothing that is loaded: for what was loaded before, the folders are asked now and then.
        if modules == self._modules and now - self._asked_at < _FRESH_SECONDS and not self._reloaded():
            return self._versions
        folders = self._site_folders()
        key = (modules, tuple(folders.items()))
        if key != self._key or self._reloaded():
            self._look(folders)
            self._key = key
        self._modules, self._asked_at = modules, now
        return self._versions

    def _reloaded(self) -> bool:
        """Whether a module known from before was loaded again: no count tells."""
        modules = sys.modules
        for name, (loading, _) in self._seen.items():  # a loop without calls: asked for every training cell
            module = modules.get(name)
            if module is not None and (getattr(module, "__spec__", None) or module) is not loading:
                return True
        return False

    def _site_folders(self) -> dict[str, int]:
        """The folders of ``sys.path`` that distributions are installed in, with their modification times."""
        folders = {}
        for folder in dict.fromkeys(sys.path):
            if folder in self._plain or not isinstance(folder, str):
                continue
            try:
                modified = os.stat(folder or ".").st_mtime_ns  # noqa: PTH116 - asked for every training cell
            except OSError:
                continue
            # A folder of sources, such as the notebook's own, changes often: it is listed once only.
            if not folder.endswith("-packages") and folder not in self._site and not _installed(folder):
                self._plain.add(folder)
                continue
            self._site.add(folder)
            folders[folder] = modified
        return folders

    def _look(self, folders: dict[str, int]) -> None:
        loaded = _loaded()
        new = {
            name: module
            for name, module in loaded.items()
            if name not in self._seen or self._seen[name][0] is not _loading(module)
        }
        if new:
            found = _owners(new, {folder: _installed(folder) for folder in folders})
            self._seen.update((name, (_loading(module), found.get(name))) for name, module in new.items())
        for name in self._seen.keys() - loaded.keys():
            del self._seen[name]
        owners = {owner for _, owner in self._seen.values() if owner is not None}
        versions = {owner.name: owner.version for owner in sorted(owners)}
        if versions != self._versions:
            self._versions = versions


def _loaded() -> dict[str, ModuleType]:
    """The imported top-level modules of others; of a namespace that distributions share, its imported parts."""
    modules = list(sys.modules.items())
    # Private top-level modules are the machinery of distributions, partly loaded at each start of Python.
    foreign = {
        name: module
        for name, module in modules
        if "." not in name and not name.startswith("_") and name not in sys.stdlib_module_names
    }
    shared = {
        name for name, module in foreign.items() if _file(module) is None and hasattr(module, "__path__")
    }
    parts = {
        name: module for name, module in modules if name.count(".") == 1 and name.partition(".")[0] in shared
    }
    return {name: module for name, module in foreign.items() if name not in shared} | parts


def _file(module: Any) -> str | None:
    file = getattr(module, "__file__", None)
    return file if isinstance(file, str) else None


def _loading(module: ModuleType) -> object:
    """Another object each time a module is loaded: importing and reloading both make a new spec."""
    return getattr(module, "__spec__", None) or module


def _installed(folder: str) -> list[_Distribution]:
    try:
        entries = [entry.name for entry in os.scandir(folder or ".")]
    except OSError:
        return []
    return [
        _Distribution(_canonical(match["name"]), match["version"], f"{folder or '.'}/{match[0]}")
        for match in map(_INFO.match, entries)
        if match is not None
    ]


def _owners(
    modules: dict[str, ModuleType],
    installed: dict[str, list[_Distribution]],
) -> dict[str, _Distribution]:
    """The distribution of each top-level module, where it has one."""
    found: dict[str, _Distribution] = {}
    elsewhere = dict(modules)
    for folder, distributions in installed.items():
        inside = {
            name: paths for name, module in elsewhere.items() if (paths := _paths(name, module, folder))
        }
        for name in inside:
            del elsewhere[name]
        found.update(_owners_in(inside, distributions))
    editable = {distribution.name: distribution for group in installed.values() for distribution in group}
    for name in elsewhere:
        distribution = editable.get(_canonical(name))
        if distribution is not None and distribution.is_editable():
            found[name] = distribution
    return found


def _owners_in(modules: dict[str, list[str]], distributions: list[_Distribution]) -> dict[str, _Distribution]:
    by_name = {distribution.name: distribution for distribution in distributions}
    names = {module: _canonical(module) for module in modules}
    found = {module: by_name[name] for module, name in names.items() if name in by_name}
    missing = {module: paths for module, paths in modules.items() if module not in found}
    hints = {_HINTS.get(module.partition(".")[0], names[module]) for module in missing}
    by_likelihood = sorted(
        by_name.values(),
        key=lambda distribution: (
            not any(hint in distribution.name or distribution.name in hint for hint in hints),
            distribution in found.values(),
        ),
    )
    for distribution in by_likelihood if missing else ():
        for module in distribution.owned(missing):
            found[module] = distribution
            del missing[module]
        if not missing:
            break
    return found


def _paths(name: str, module: Any, folder: str) -> list[str]:
    """The module's file relative to ``folder``, if it lies there; for a namespace, those of its loaded parts."""
    prefix = folder.rstrip(os.sep) + os.sep
    files = [_file(module)]
    if files == [None]:
        files = [_file(part) for key, part in list(sys.modules.items()) if key.startswith(f"{name}.")]
    inside = [file for file in files if file is not None and file.startswith(prefix)]
    return [file.removeprefix(prefix).replace(os.sep, "/") for file in inside]


def _canonical(name: str) -> str:
    """A name of a distribution as all its spellings are compared (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()

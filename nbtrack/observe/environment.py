"""Where a run runs: Python, platform, imported packages, commit, hardware. Seconds are paid once, not per cell."""

from __future__ import annotations

import json
import os
import platform
import sys
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from nbtrack.digests import digest_text
from nbtrack.observe.git import Repository
from nbtrack.observe.local_modules import LocalModules
from nbtrack.observe.packages import Packages
from nbtrack.records import JSON, Environment

__all__ = ["Environments"]


class Environments:
    """The environment of a kernel whose notebook is in ``folder``, as often as asked.

    As long as nothing changes, :meth:`current` returns the same record.
    """

    def __init__(self, folder: Path) -> None:
        self._repository = Repository(folder)
        self._packages = Packages()
        self._modules = LocalModules(folder)
        self._looking = threading.Lock()  # a thread may look ahead while a cell asks
        self._parts: tuple[object, ...] = ()
        self._environment: Environment | None = None

    def current(self) -> Environment:
        """The environment now: distributions and own modules really imported, the commit as last known."""
        with self._looking:
            packages, git, gpus = self._packages.current(), self._repository.current(), _gpus()
            modules = self._modules.current()
            parts = (packages, git, gpus, modules)
            if self._environment is None or parts != self._parts:
                self._parts = parts
                self._environment = _environment(packages, git, gpus, modules)
            return self._environment


def _environment(
    packages: Mapping[str, str],
    git: Mapping[str, JSON] | None,
    gpus: tuple[str, ...],
    modules: Mapping[str, Mapping[str, JSON]],
) -> Environment:
    facts: dict[str, JSON] = {
        "python": platform.python_version(),
        "platform": _platform(),
        "packages": packages,
        "git": git,
        "hardware": {**_machine(), **({"gpus": list(gpus)} if gpus else {})},
        "modules": modules,
    }
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return Environment(digest=digest_text(f"nbtrack environment v1\n{text}"), **facts)  # type: ignore[arg-type]  # as above


@cache
def _platform() -> str:
    return platform.platform()


@cache
def _machine() -> dict[str, JSON]:
    """Processors this process may use, their model, memory in bytes; what the system does not tell is left out."""
    affinity = getattr(os, "sched_getaffinity", None)
    facts: dict[str, JSON] = {"cpus": len(affinity(0)) if affinity is not None else os.cpu_count()}
    model = _cpu_model()
    if model:
        facts["cpu"] = model
    try:
        facts["memory_bytes"] = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return facts  # not a Unix system
    return facts


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _gpus() -> tuple[str, ...]:
    """Names of the GPUs that the user's code already talks to; asking earlier would claim memory on them."""
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    if cuda is None or not cuda.is_initialized():
        return ()
    return tuple(cuda.get_device_name(index) for index in range(cuda.device_count()))

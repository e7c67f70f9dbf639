"""What a model needs to predict: the distributions of its modules and all that they require, as installed here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import metadata

__all__ = ["closure", "distributions_of"]

_CANONICAL = re.compile(r"[-_.]+")


def canonical(name: str) -> str:
    """A distribution's name as all its spellings are compared (PEP 503)."""
    return _CANONICAL.sub("-", name).lower()


def distributions_of(modules: Iterable[str]) -> dict[str, str]:
    """Name and version of the distribution of each top-level module; modules of none are left out."""
    owners = metadata.packages_distributions()
    names = {owners[module][0] for module in modules if owners.get(module)}
    return {canonical(name): _version(name) for name in sorted(names, key=canonical)}


def closure(direct: Iterable[str]) -> dict[str, str]:
    """These distributions and those they require, each with its version; optional ones and missing ones left out."""
    from packaging.requirements import Requirement

    found: dict[str, str] = {}
    waiting = [canonical(name) for name in direct]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        found[name] = _version(name)
        for text in distribution.requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(canonical(requirement.name))
    return dict(sorted(found.items()))


def _version(name: str) -> str:
    # A local version such as 2.13.0+cpu names a build, which no index has under that name.
    return metadata.version(name).partition("+")[0]

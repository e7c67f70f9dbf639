"""The environment as far as it matters: Python, platform, and the distributions that the slices import."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from importlib import metadata

from nbtrack.differences.found import Found
from nbtrack.observe.packages import distribution_hint
from nbtrack.provenance.plain import plain_python
from nbtrack.records import JSON, Environment, ExecutedCell, Reason, Run

__all__ = ["compare_environments"]


def compare_environments(then: Run, now: Run, cells: Iterable[ExecutedCell]) -> Found:
    """What differs of Python, platform, GPUs and the distributions that ``cells`` or the models' classes come from."""
    found = Found()
    old, new = then.environment, now.environment
    if old is None or new is None:
        return found
    modules = {name for cell in cells for name in _imported(cell.source)}
    modules |= {run.model.module.partition(".")[0] for run in (then, now) if run.model is not None}
    facts: list[tuple[str, str | None, str | None]] = [
        (name, old.packages.get(name), new.packages.get(name)) for name in _used(modules, old, new)
    ]
    # The platform's name changes with the machine, and tells least.
    facts += [("python", old.python, new.python), ("platform", old.platform, new.platform)]
    for subject, before, after in facts:
        if before == after:
            found.same += 1
        else:
            found.reasons.append(Reason(kind="environment", subject=subject, then=before, now=after))
    found.reasons += _gpus(old, new)
    return found


def _imported(source: str) -> set[str]:
    """Top-level names of the modules that a cell imports, anywhere in it."""
    tree = plain_python(source)
    found: set[str] = set()
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Import):
            found.update(each.name.partition(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def _used(modules: set[str], old: Environment, new: Environment) -> list[str]:
    """The recorded distributions that the modules belong to."""
    recorded = [*old.packages, *(name for name in new.packages if name not in old.packages)]
    by_name = {_canonical(name): name for name in recorded}
    used: set[str] = set()
    unknown: set[str] = set()
    for module in modules:
        name = _canonical(distribution_hint(module))
        # opencv stands for opencv-python, opencv-python-headless, …; torch's own names have no such ending.
        matches = [name] if name in by_name else [each for each in by_name if each.startswith(f"{name}-")]
        used.update(by_name[each] for each in matches)
        if not matches:
            unknown.add(module)
    used.update(_installed(unknown, by_name))
    return [name for name in recorded if name in used]


def _installed(modules: set[str], by_name: Mapping[str, str]) -> set[str]:
    """The same for modules that are not called like their distribution, as far as that is installed here."""
    if not modules:
        return set()
    owners = metadata.packages_distributions()
    names = {_canonical(owner) for module in modules for owner in owners.get(module, ())}
    return {by_name[name] for name in names if name in by_name}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _gpus(old: Environment, new: Environment) -> list[Reason]:
    before, after = (_names(each.hardware.get("gpus")) for each in (old, new))
    return [] if before == after else [Reason(kind="environment", subject="gpus", then=before, now=after)]


def _names(value: JSON) -> list[str] | None:
    return [str(each) for each in value] if isinstance(value, (list, tuple)) else None

"""What around a run is another than it was: packages, files that it read, modules of the project."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from nbtrack.digests.files import digest_file
from nbtrack.errors import DigestError
from nbtrack.records import Environment, PackageChange, Run
from nbtrack.reproduce.carry_out import Attempt
from nbtrack.reproduce.plan import Plan, Step

__all__ = ["changed_files", "changed_packages", "changed_python", "edited_modules"]

_IMPORT = re.compile(r"^\s*(?:from|import)\s+([A-Za-z_]\w*)", re.MULTILINE)


def changed_packages(plan: Plan, attempt: Attempt) -> tuple[PackageChange, ...]:
    """Distributions that were imported in another version.

    In a fresh kernel that ran fewer cells, what is merely absent was not needed.
    """
    now = attempt.came_out(plan)
    if plan.run.environment is None or now is None or now.environment is None:
        return ()
    then, found = plan.run.environment.packages, now.environment.packages
    return tuple(
        PackageChange(name=name, then=then[name], now=found[name])
        for name in sorted(then.keys() & found.keys())
        if then[name] != found[name]
    )


def changed_python(then: str, now: Environment | None) -> str | None:
    """``3.11.7 then, 3.12.1 now`` where another Python ran."""
    return None if now is None or now.python == then else f"{then} then, {now.python} now"


def changed_files(plan: Plan, attempt: Attempt) -> dict[str, str]:
    """Files that the run read and that have another content now, by path, and how.

    As read again where the cells did so, for they may write a file themselves; else as they lie there.
    """
    read = _read_again(plan, attempt.came_out(plan), attempt.original)
    found: dict[str, str] = {}
    for file in plan.run.files:
        path = plan.project / file.path
        now = read.get(path) or _digest(path)
        if now is None:
            found[file.path] = "missing"
        elif now != file.digest:
            found[file.path] = "another content than then"
    return found


def edited_modules(plan: Plan, steps: Iterable[Step]) -> Iterator[tuple[str, Step]]:
    """Modules of the project that the cells import and whose files were changed after the run."""
    for step in steps:
        for name in _IMPORT.findall(step.source):
            for folder in dict.fromkeys((plan.folder, plan.project)):
                for file in (folder / f"{name}.py", folder / name / "__init__.py"):
                    if _changed_at(file) > plan.run.started_at:
                        yield str(file.relative_to(folder)), step


def _changed_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _read_again(plan: Plan, now: Run | None, original: Callable[[str], str]) -> dict[Path, str]:
    if now is None:
        return {}
    # In the copy's store, paths are relative to the folder that the copy and the store are in.
    paths = (
        f"/{path.removeprefix('tree/')}" if path.startswith("tree/") else original(path)
        for path in _paths(now)
    )
    return {plan.project / path: file.digest for path, file in zip(paths, now.files, strict=True)}


def _paths(run: Run) -> list[str]:
    return [file.path for file in run.files]


def _digest(path: Path) -> str | None:
    try:
        return digest_file(str(path)).digest
    except (OSError, DigestError):
        return None

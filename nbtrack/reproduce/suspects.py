"""What may have made a cell come out otherwise, where nothing was seen to: what is merely there, likeliest first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from nbtrack.observe.redaction import REDACTED
from nbtrack.records import Cause, Divergence, PackageChange, State
from nbtrack.reproduce.changes import edited_modules
from nbtrack.reproduce.plan import Plan, Step

__all__ = ["at", "first_line", "suspects"]

_CLOCK = re.compile(
    r"\btime\s*\.\s*(?:time|perf_counter|monotonic|process_time)\(|\bdatetime\.(?:now|today|utcnow)\("
    r"|\.now\(|\.today\(|\bperf_counter\("
)
_NETWORK = re.compile(
    r"https?://|ftp://|\brequests\.|\burlopen\(|\burlretrieve\(|\bfetch_\w+\(|\bload_dataset\(|read_sql"
    r"|!\s*(?:wget|curl|kaggle|gdown)"
)
_OWN_GENERATOR = re.compile(
    r"default_rng\(\s*\)|RandomState\(\s*\)|\bGenerator\(\s*\)|SystemRandom|urandom|\bsecrets\.|uuid4"
)
_SET = re.compile(r"\bset\(|frozenset\(|\{[^{}:]*\bfor\b[^{}:]*\}")
_TOLD_BY_SOURCE = ((_OWN_GENERATOR, Cause.RANDOM), (_CLOCK, Cause.TIME), (_NETWORK, Cause.NETWORK))


def suspects(
    plan: Plan, steps: tuple[Step, ...], changed: Mapping[str, str], packages: Iterable[PackageChange]
) -> Iterator[Divergence]:
    """What in ``steps``, the first of the plan's, may have made their last one differ.

    ``changed`` are files with another content, by path, and how; ``packages`` those in another version.
    """
    for step in steps:
        if step.execution.state is State.CANCELED:
            yield at(
                step, Cause.INTERRUPTED, first_line(step), "it was interrupted then, and ran to its end now"
            )
    yield from _of_files(steps, changed)
    yield from _of_packages(steps, packages)
    yield from _of_chance(steps)
    for module, step in edited_modules(plan, steps):
        yield at(step, Cause.CODE, module, "changed since the run", sure=False)
    for step in steps:
        for pattern, cause in _TOLD_BY_SOURCE:
            if (found := pattern.search(step.source)) is not None:
                yield at(step, cause, found[0].strip(), sure=False)
    if plan.session.hash_seed in {None, "random"}:
        yield from _of_order(steps)
    for step in steps:
        if step.redacted:
            yield at(step, Cause.SECRET, REDACTED, sure=False)


def _of_files(steps: tuple[Step, ...], changed: Mapping[str, str]) -> Iterator[Divergence]:
    for path, how in changed.items():
        reader = next((step for step in steps if Path(path).name in step.source), steps[0])
        yield at(reader, Cause.FILE_MISSING if how == "missing" else Cause.FILE, path, how)


def _of_packages(steps: tuple[Step, ...], packages: Iterable[PackageChange]) -> Iterator[Divergence]:
    for package in packages:
        using = (step for step in steps if package.name.replace("-", "_") in step.source)
        detail = f"{package.then} then, {package.now} now"
        yield at(next(using, steps[0]), Cause.PACKAGE, package.name, detail, sure=False)


def _of_chance(steps: tuple[Step, ...]) -> Iterator[Divergence]:
    for step in steps:
        unknown = [name for name in sorted(step.unseeded) if name not in step.states]
        if unknown:
            detail = "drawn without a seed, from a generator whose state was not known"
            yield at(step, Cause.RANDOM, ", ".join(unknown), detail, sure=False)


def _of_order(steps: tuple[Step, ...]) -> Iterator[Divergence]:
    for step in steps:
        if (found := _SET.search(step.source)) is not None:
            detail = "without PYTHONHASHSEED the order of sets of strings is another in each process"
            yield at(step, Cause.RANDOM, found[0].strip(), detail, sure=False)


def at(step: Step, cause: Cause, subject: str, detail: str | None = None, *, sure: bool = True) -> Divergence:
    """A divergence at that step."""
    return Divergence(
        reason=cause,
        subject=subject,
        execution_id=step.execution.id,
        execution_count=step.execution.execution_count,
        detail=detail,
        sure=sure,
    )


def first_line(step: Step) -> str:
    """The first line of the cell that says something."""
    return next((line.strip() for line in step.source.splitlines() if line.strip()), "")

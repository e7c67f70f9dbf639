"""The executions of a kernel so far, what each read and wrote, and what a run therefore depends on.

Sources are analysed when the first run needs them, not when they run: a cell that trains nothing stays free. What was
seen while they ran comes on top of the sources: which names were bound, which line failed, which files were read and
written, which data had the same content before and after.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nbtrack.capture.bindings import Bindings
from nbtrack.digests.files import digest_file
from nbtrack.errors import DigestError
from nbtrack.interrupts import deferred
from nbtrack.lineage import Lineage, read
from nbtrack.records import Dependency, Execution, FileUse, SourceFile, revised

__all__ = ["History"]


@dataclass(slots=True)
class _Entered:
    """An execution on its way into the graph."""

    id: str
    sequence: int
    source: str
    reached: int | None
    bound: frozenset[str] | None
    unchanged: set[str] = field(default_factory=set)


class History:
    """The executions of one kernel, in order.

    Args:
        project: the folder that file paths are given relative to.
    """

    def __init__(self, project: Path) -> None:
        self._project = project
        self._sequence = 0
        self._unsaved: list[Execution] = []
        self._unread: list[_Entered] = []
        self._known: dict[str, Execution] = {}
        self._files: dict[str, tuple[str, ...]] = {}
        self._written: dict[str, tuple[FileUse, ...]] = {}
        self._writers: dict[str, str] = {}
        self._drawn: dict[str, Mapping[str, bytes]] = {}
        self._bindings = Bindings()
        self._before: dict[str, int] | None = None
        self._contents: dict[str, tuple[int, str]] = {}
        self._lineage = Lineage()

    def next_sequence(self) -> int:
        """The number of the next execution, from 1."""
        self._sequence += 1
        return self._sequence

    def begin(self, namespace: dict[str, Any]) -> None:
        """An execution begins: remember what names are bound to, by identity, so that nothing is kept alive."""
        self._before = self._bindings.look(namespace)

    def add(  # noqa: PLR0913 - what was seen of one execution, each by its name
        self,
        execution: Execution,
        transformed: str,
        files: tuple[str, ...],
        drawn: Mapping[str, bytes] = MappingProxyType({}),
        *,
        written: tuple[str, ...] = (),
        namespace: dict[str, Any] | None = None,
    ) -> None:
        """Enter a finished execution: its record, its source in plain Python, the files it read and wrote.

        ``drawn`` are the states before it of the generators that it drew random numbers from; ``namespace`` is what
        its names are bound to now, where :meth:`begin` was told what they were bound to before.
        """
        before, self._before = self._before, None
        bound = None
        if before is not None and namespace is not None:
            bound = frozenset(
                [name for name, id_ in self._bindings.look(namespace).items() if before.get(name) != id_]
            )
        reached = None if execution.error is None else execution.error.line
        self._known[execution.id] = execution
        self._unsaved.append(execution)
        self._unread.append(_Entered(execution.id, execution.sequence, transformed, reached, bound))
        if files:
            self._files[execution.id] = files
        if written:
            self._written[execution.id] = tuple(
                use for path in written if (use := self._use(execution.id, path, generated=True)) is not None
            )
        if drawn:
            self._drawn[execution.id] = drawn

    def witness(self, execution: Execution, contents: Mapping[str, str]) -> None:
        """The data that the execution used had these digests: what had the same before was not changed in between."""
        for name, digest in contents.items():
            seen_in, seen = self._contents.get(name, (execution.sequence, ""))
            if seen == digest:
                for each in self._unread:
                    if seen_in < each.sequence < execution.sequence:
                        each.unchanged.add(name)
            self._contents[name] = (execution.sequence, digest)

    def dependencies(self, execution_id: str) -> tuple[Dependency, ...]:
        """The executions that this one depends on, in the order they ran."""
        self._read()
        found = [self._known[each] for each in self._lineage.slice(execution_id) if each != execution_id]
        return tuple(
            Dependency(execution_id=each.id, execution_count=each.execution_count, cell_id=each.cell_id)
            for each in found
        )

    def notes(self, execution_ids: Iterable[str]) -> tuple[str, ...]:
        """What of these executions could not be followed."""
        self._read()
        return tuple(
            f"{_place(self._known[each])}not followed: {what}"
            for each in execution_ids
            for what in self._lineage.effects(each).opaque
        )

    def files(self, execution_ids: Iterable[str]) -> tuple[SourceFile, ...]:
        """The files that these executions read and that still exist, digested."""
        found: dict[str, SourceFile] = {}
        for execution_id in execution_ids:
            for path in self._files.get(execution_id, ()):
                if path in found:
                    continue
                try:
                    found[path] = revised(digest_file(path), path=self._relative(path))
                except (OSError, DigestError):
                    continue  # a temporary file of the cell's own
        return tuple(found.values())

    def file_uses(self, execution_ids: Iterable[str], files: Iterable[SourceFile]) -> tuple[FileUse, ...]:
        """Which of ``files`` each of these executions read, and which files it or any execution unsaved wrote."""
        digests = {file.path: file.digest for file in files}
        ids = tuple(execution_ids)
        found = [
            revised(use, digest=digests[use.path])
            for each in ids
            for path in self._files.get(each, ())
            if (use := self._use(each, path, generated=False)) is not None and use.path in digests
        ]
        writing = dict.fromkeys((*ids, *(each.id for each in self._unsaved)))
        return (*found, *(use for each in writing for use in self._written.get(each, ())))

    def unsaved(self, current: Execution) -> tuple[Execution, tuple[Execution, ...]]:
        """The current execution and those before it that the store lacks, with what they did and needed."""
        self._read()
        earlier = tuple(self._named(each) for each in self._unsaved if each.id != current.id)
        return self._named(current), earlier

    @property
    def last(self) -> Execution:
        """The last of the executions that the store lacks; there must be one."""
        return self._unsaved[-1]

    def drawn(self) -> dict[str, Mapping[str, bytes]]:
        """The states of generators that the executions which the store lacks drew from, by execution."""
        return dict(self._drawn)

    def saved(self) -> None:
        """All that :meth:`unsaved` and :meth:`drawn` gave is in the store."""
        with deferred():
            self._unsaved.clear()
            self._drawn.clear()

    def _named(self, execution: Execution) -> Execution:
        effects = self._lineage.effects(execution.id)
        return revised(
            execution,
            reads=tuple(sorted(effects.reads)),
            writes=tuple(sorted(effects.writes)),
            effects=effects,
        )

    def _read(self) -> None:
        with deferred():  # of what is half entered nothing could be asked any more
            self._enter()

    def _enter(self) -> None:
        for entered in self._unread:
            try:
                statements = read(entered.source)
            except (SyntaxError, ValueError, RecursionError):
                statements = ()  # it never ran: IPython could not compile it either
            written = {use.path for use in self._written.get(entered.id, ())}
            files = {self._relative(path) for path in self._files.get(entered.id, ())} - written
            self._lineage.add(
                entered.id,
                statements,
                bound=entered.bound,
                unchanged=entered.unchanged,
                wrote_before={self._writers[path] for path in files if path in self._writers},
                reached=entered.reached,
            )
            self._writers.update(dict.fromkeys(written, entered.id))
        self._unread.clear()

    def _use(self, execution_id: str, path: str, *, generated: bool) -> FileUse | None:
        try:
            status = os.stat(path)  # noqa: PTH116 - a Path costs more than the call
        except OSError:
            return None  # it was there for a moment only
        return FileUse(
            execution_id=execution_id,
            path=self._relative(path),
            generated=generated,
            size_bytes=status.st_size,
            modified_ns=status.st_mtime_ns,
        )

    def _relative(self, path: str) -> str:
        inside = os.path.relpath(path, self._project)
        return path if inside.startswith("..") else inside


def _place(execution: Execution) -> str:
    return "" if execution.execution_count is None else f"[{execution.execution_count}] "

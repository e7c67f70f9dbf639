"""The executions of a kernel so far, what each read and wrote, and what a run therefore depends on.

Sources are analysed when the first run needs them, not when they run: a cell that trains nothing stays free.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from nbtrack.digests.files import digest_file
from nbtrack.errors import DigestError
from nbtrack.lineage import CellNames, Lineage, analyse
from nbtrack.records import Dependency, Execution, SourceFile

__all__ = ["History"]


class History:
    """The executions of one kernel, in order.

    Args:
        project: the folder that file paths are given relative to.
    """

    def __init__(self, project: Path) -> None:
        self._project = project
        self._sequence = 0
        self._unsaved: list[Execution] = []
        self._unread: list[tuple[str, str]] = []
        self._known: dict[str, Execution] = {}
        self._files: dict[str, tuple[str, ...]] = {}
        self._drawn: dict[str, Mapping[str, bytes]] = {}
        self._lineage = Lineage()
        self._names: dict[str, CellNames] = {}

    def next_sequence(self) -> int:
        """The number of the next execution, from 1."""
        self._sequence += 1
        return self._sequence

    def add(
        self,
        execution: Execution,
        transformed: str,
        files: tuple[str, ...],
        drawn: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        """Enter a finished execution: its record, its source in plain Python, the files it read.

        ``drawn`` are the states before it of the generators that it drew random numbers from.
        """
        self._known[execution.id] = execution
        self._unsaved.append(execution)
        self._unread.append((execution.id, transformed))
        if files:
            self._files[execution.id] = files
        if drawn:
            self._drawn[execution.id] = drawn

    def dependencies(self, execution_id: str) -> tuple[Dependency, ...]:
        """The executions that this one depends on, in the order they ran."""
        self._read()
        found = [self._known[each] for each in self._lineage.slice(execution_id) if each != execution_id]
        return tuple(
            Dependency(execution_id=each.id, execution_count=each.execution_count, cell_id=each.cell_id)
            for each in found
        )

    def files(self, execution_ids: Iterable[str]) -> tuple[SourceFile, ...]:
        """The files that these executions read and that still exist, digested."""
        found: dict[str, SourceFile] = {}
        for execution_id in execution_ids:
            for path in self._files.get(execution_id, ()):
                if path in found:
                    continue
                try:
                    found[path] = replace(digest_file(path), path=self._relative(path))
                except (OSError, DigestError):
                    continue  # a temporary file of the cell's own
        return tuple(found.values())

    def unsaved(self, current: Execution) -> tuple[Execution, tuple[Execution, ...]]:
        """The current execution and those before it that the store lacks, with the names they read and wrote."""
        self._read()
        earlier = tuple(self._named(each) for each in self._unsaved if each.id != current.id)
        return self._named(current), earlier

    def drawn(self) -> dict[str, Mapping[str, bytes]]:
        """The states of generators that the executions which the store lacks drew from, by execution."""
        return dict(self._drawn)

    def saved(self) -> None:
        """All that :meth:`unsaved` and :meth:`drawn` gave is in the store."""
        self._unsaved.clear()
        self._drawn.clear()

    def _named(self, execution: Execution) -> Execution:
        names = self._names.get(execution.id)
        if names is None:
            return execution
        return replace(execution, reads=tuple(sorted(names.reads)), writes=tuple(sorted(names.writes)))

    def _read(self) -> None:
        for execution_id, source in self._unread:
            try:
                names = analyse(source)
            except (SyntaxError, ValueError, RecursionError):
                continue  # it never ran: IPython could not compile it either
            self._names[execution_id] = names
            self._lineage.add(execution_id, names)
        self._unread.clear()

    def _relative(self, path: str) -> str:
        inside = os.path.relpath(path, self._project)
        return path if inside.startswith("..") else inside

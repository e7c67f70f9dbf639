"""What a disk holds after a power cut: what was synced, and of the rest whatever the chance of the moment wrote.

Read from what `disk.c` remembered of a process. The model is harsher than a journaling file system: without a sync of
its folder a name may be missing, without a sync of the file any of the sectors written to it.
"""

from __future__ import annotations

import os
import random
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

_HEAD = struct.Struct("<IiqII8s")
_SECTOR = 512


class Call(NamedTuple):
    """One change that the system made for the process."""

    kind: str
    pid: int
    fd: int
    number: int
    path: str
    data: bytes


def remembered(file: Path) -> list[Call]:
    data, calls, at = file.read_bytes(), [], 0
    while at < len(data):
        pid, fd, number, path, size, kind = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        name = data[at : at + path].decode()
        at += path
        calls.append(Call(kind.rstrip(b"\0").decode(), pid, fd, number, name, data[at : at + size]))
        at += size
    return calls


@dataclass
class File:
    """A file or a folder: what is on the disk, and the changes that may or may not be."""

    folder: bool = False
    content: bytearray = field(default_factory=bytearray)
    names: dict[str, File] = field(default_factory=dict)
    unsynced: list[tuple] = field(default_factory=list)
    living: dict[str, File] = field(default_factory=dict)  # of a folder: its names as the process sees them

    def sync(self) -> None:
        for change in self.unsynced:
            self._make(change, self.content, self.names)
        self.unsynced.clear()

    @staticmethod
    def _make(change: tuple, content: bytearray, names: dict[str, File]) -> None:
        kind, *what = change
        if kind == "write":
            at, data = what
            content.extend(bytes(max(0, at + len(data) - len(content))))
            content[at : at + len(data)] = data
        elif kind == "cut":
            content.extend(bytes(max(0, what[0] - len(content))))
            del content[what[0] :]
        elif kind == "grow":
            content.extend(bytes(max(0, what[0] - len(content))))
        elif kind == "name":
            names[what[0]] = what[1]
        elif kind == "gone":
            if names.get(what[0]) is what[1]:
                del names[what[0]]
        else:  # both names of a rename within a folder change at once
            old, new, file = what
            if names.get(old) is file:
                del names[old]
            names[new] = file

    def after_a_cut(self, chance: random.Random, share: float) -> tuple[bytes, dict[str, File]]:
        """One thing that can be on the disk: of the unsynced changes each is with probability ``share``."""
        content, names = bytearray(self.content), dict(self.names)
        for change in self.unsynced:
            if change[0] != "write":
                if chance.random() < share:
                    self._make(change, content, names)
                continue
            _, at, data = change
            for begin in range(0, len(data), _SECTOR):
                if chance.random() < share:
                    self._make(("write", at + begin, data[begin : begin + _SECTOR]), content, names)
        return bytes(content), names


class Disk:
    """The files below ``root``, call after call; ``said`` is what the process wrote to its standard output."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self.top = File(folder=True)
        self.said = b""
        self._open: dict[tuple[int, int], File] = {}

    def take(self, call: Call) -> None:
        if call.kind == "said":
            self.said += call.data
        elif call.kind == "open":
            self._opened(call)
        elif call.kind == "close":
            self._open.pop((call.pid, call.fd), None)
        elif call.kind in {"mkdir", "gone", "rename"}:
            self._name(call)
        else:
            file = self._open[call.pid, call.fd]
            if call.kind == "sync":
                file.sync()
            else:
                file.unsynced.append((call.kind, call.number, *([call.data] if call.kind == "write" else [])))

    def _at(self, path: str) -> tuple[File, str]:
        """The folder that holds ``path``, and the name in it."""
        parts = [part for part in os.path.relpath(path, self.root).split("/") if part != "."]
        folder = self.top
        for part in parts[:-1]:
            folder = folder.living[part]
        return folder, parts[-1] if parts else ""

    def _opened(self, call: Call) -> None:
        folder, name = self._at(call.path)
        if not name:
            self._open[call.pid, call.fd] = self.top
            return
        if name not in folder.living:
            made = folder.living[name] = File()
            folder.unsynced.append(("name", name, made))
        elif call.number & os.O_TRUNC:
            folder.living[name].unsynced.append(("cut", 0))
        self._open[call.pid, call.fd] = folder.living[name]

    def _name(self, call: Call) -> None:
        folder, name = self._at(call.path)
        if call.kind == "mkdir":
            made = folder.living[name] = File(folder=True)
            folder.unsynced.append(("name", name, made))
            return
        file = folder.living.pop(name)
        if call.kind == "gone":
            folder.unsynced.append(("gone", name, file))
            return
        target, new = self._at(call.data.decode())
        target.living[new] = file
        if target is folder:
            folder.unsynced.append(("rename", name, new, file))
        else:
            target.unsynced.append(("name", new, file))
            folder.unsynced.append(("gone", name, file))

    def cut(self, target: Path, chance: random.Random, share: float) -> None:
        """Write into ``target`` what the disk may hold if the power goes now."""
        self._lay_out(self.top, target, chance, share)

    def _lay_out(self, file: File, target: Path, chance: random.Random, share: float) -> None:
        content, names = file.after_a_cut(chance, share)
        if not file.folder:
            target.write_bytes(content)
            return
        target.mkdir(exist_ok=True)
        for name, each in names.items():
            self._lay_out(each, target / name, chance, share)

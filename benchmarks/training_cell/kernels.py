"""A kernel in a process of its own, whose cells are timed from outside: by the clock and on the processor."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from jupyter_client import KernelManager

_DEADLINE = 180.0


class Cost(NamedTuple):
    """Seconds of one cell: by the clock, from request to idle message, and on the processors, children's too."""

    clock: float
    processor: float


class Kernel:
    """An ipykernel of the given Python, working in ``folder``."""

    def __init__(self, python: Path, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._manager = KernelManager()
        self._manager.kernel_spec.argv[0] = str(python)
        # Threads of numerical libraries would be counted as the tracker's.
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "IPYTHONDIR": str(folder / "ipython"),
            "MPLBACKEND": "Agg",
        }
        environment.pop("PYTHONPATH", None)
        self._manager.start_kernel(cwd=str(folder), env=environment)
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=_DEADLINE)
        self._pid = self._manager.provisioner.process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def run(self, source: str) -> Cost:
        """Run one cell.

        Raises:
            RuntimeError: it failed; with its last line.
        """
        before, began = self._processor(), time.perf_counter()
        request = self._client.execute(source)
        failure = None
        while True:
            message = self._client.get_iopub_msg(timeout=_DEADLINE)
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "error":
                failure = f"{message['content']['ename']}: {message['content']['evalue']}"
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
        clock = time.perf_counter() - began
        while self._client.get_shell_msg(timeout=_DEADLINE)["parent_header"].get("msg_id") != request:
            pass
        if failure is not None:
            raise RuntimeError(failure)
        return Cost(clock, self._processor() - before)

    def _processor(self) -> float:
        return sum(_on_processor(pid) for pid in _family(self._pid))


def _family(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        try:
            for thread in Path(f"/proc/{one}/task").iterdir():
                found += [int(child) for child in (thread / "children").read_text().split()]
        except OSError:
            continue
    return found


def _on_processor(pid: int) -> float:
    total = 0
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return 0.0
    for thread in threads:
        try:
            total += int((thread / "schedstat").read_text().split()[0])
        except (OSError, IndexError):
            continue
    return total / 1e9

"""Work that takes time, each piece in a process of its own: the command line's verbs, with progress and an end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from nbtrack.records import new_id
from nbtrack.render.jsonable import timestamp
from nbtrack.server.problems import Conflict, NotFound
from nbtrack.server.stores import Place

__all__ = ["Job", "Jobs"]

JobState: TypeAlias = Literal["running", "done", "failed", "cancelled"]
_MOST_RUNNING = 4
_MOST_KEPT = 100
_MOST_OUTPUT = 8_000_000  # bytes of a result
_PATIENCE_SECONDS = 5.0  # between asking a process to end and ending it
_STEPS = re.compile(r"\W*(\d{1,6})(?:/| of )(\d{1,6})\b")  # how the verbs' lines of progress begin
_PROGRAM = "import sys; from nbtrack.cli import main; main(sys.argv[1:])"


@dataclass(slots=True)
class Job:
    """One piece of work about one run."""

    kind: str
    place: Place
    run_id: str
    id: str = field(default_factory=new_id)
    state: JobState = "running"
    message: str = "Starting."
    done: int | None = None
    total: int | None = None
    started_at: float = field(default_factory=time.time)
    ended_at: float | None = None
    result: Any = None
    error: dict[str, Any] | None = None
    process: asyncio.subprocess.Process | None = None
    task: asyncio.Task[None] | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready data."""
        return {
            "id": self.id,
            "kind": self.kind,
            "store": self.place.key,
            "run": self.run_id,
            "state": self.state,
            "progress": {"message": self.message, "done": self.done, "total": self.total},
            "started_at": timestamp(self.started_at),
            "ended_at": None if self.ended_at is None else timestamp(self.ended_at),
            "result": self.result,
            "error": self.error,
        }


class Jobs:
    """The jobs of this server; to be used from the event loop."""

    def __init__(self, ended: Callable[[Job], None]) -> None:
        self._ended = ended
        self._jobs: dict[str, Job] = {}

    def record(self, kind: str, place: Place, run_id: str, result: object) -> Job:
        """Enter what was done at once as a job that is done."""
        job = Job(kind, place, run_id, state="done", message="Done.", ended_at=time.time(), result=result)
        self._enter(job)
        self._ended(job)
        return job

    def start(
        self, kind: str, place: Place, run_id: str, arguments: Sequence[str], finish: Callable[[Any], Any]
    ) -> Job:
        """Run ``nbtrack`` with these arguments in the project's folder; ``finish`` makes the result of what it prints.

        Raises:
            Conflict: as many are running as may.
        """
        running = [job for job in self._jobs.values() if job.state == "running"]
        if len(running) >= _MOST_RUNNING:
            raise Conflict(
                f"{len(running)} jobs are running, which is the most. Wait for one, or cancel one."
            )
        job = Job(kind, place, run_id)
        self._enter(job)
        job.task = asyncio.get_running_loop().create_task(self._run(job, arguments, finish))
        return job

    def _enter(self, job: Job) -> None:
        self._jobs[job.id] = job
        for old in list(self._jobs.values())[:-_MOST_KEPT]:
            if old.state != "running":
                del self._jobs[old.id]

    def get(self, job_id: str) -> Job:
        """A job.

        Raises:
            NotFound: there is none of that id (any more).
        """
        job = self._jobs.get(job_id)
        if job is None:
            raise NotFound("There is no such job; the Jupyter server forgets them when it ends.")
        return job

    def all(self, run_id: str | None = None) -> list[Job]:
        """The jobs, newest first; of one run."""
        return [job for job in reversed(self._jobs.values()) if run_id in {None, job.run_id}]

    async def cancel(self, job_id: str) -> None:
        """End a running job and its processes; forget one that ended."""
        job = self.get(job_id)
        if job.state != "running":
            del self._jobs[job_id]
            return
        job.state, job.message = "cancelled", "Cancelled."
        await _end(job)

    async def stop(self) -> None:
        """End all."""
        running = [job for job in self._jobs.values() if job.state == "running"]
        for job in running:
            job.state = "cancelled"
        await asyncio.gather(*(_end(job) for job in running))

    async def _run(self, job: Job, arguments: Sequence[str], finish: Callable[[Any], Any]) -> None:
        try:
            await self._work(job, arguments, finish)
        except Exception as error:
            _fail(job, f"{job.kind} did not run: {error}")
        job.ended_at = time.time()
        job.process = None
        self._ended(job)

    async def _work(self, job: Job, arguments: Sequence[str], finish: Callable[[Any], Any]) -> None:
        job.process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _PROGRAM,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=_existing(job.place.folder.parent),
            env={**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"},
            start_new_session=True,
            limit=_MOST_OUTPUT,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        told = asyncio.create_task(_follow(job, process.stderr))
        output = await process.stdout.read(_MOST_OUTPUT)
        while chunk := await process.stdout.read(1 << 16):
            output = (output + chunk)[: _MOST_OUTPUT + 1]
        lines = await told
        code = await process.wait()
        if job.state != "running":
            return
        try:
            job.result = finish(json.loads(output))
        except ValueError:
            told_text = "\n".join(lines[-20:]) or output.decode("utf-8", "replace")[-2000:]
            _fail(job, told_text or f"{job.kind} ended with status {code} and said nothing.")
            return
        job.state, job.message = "done", "Done."


def _fail(job: Job, message: str) -> None:
    if job.state == "running":
        job.state, job.message = "failed", "Failed."
        job.error = {"kind": job.kind, "message": message.strip(), "remedy": None}


async def _follow(job: Job, stream: asyncio.StreamReader) -> list[str]:
    """The lines of a process's standard error; the last one is the job's progress."""
    lines: list[str] = []
    while line := await stream.readline():
        text = line.decode("utf-8", "replace").strip()
        if text:
            lines = [*lines[-200:], text]
            if job.state == "running":
                job.message = text[:500]
                steps = _STEPS.match(text)
                if steps is not None:
                    job.done, job.total = int(steps[1]), int(steps[2])
    return lines


async def _end(job: Job) -> None:
    """Ask the process group to end, then end it."""
    process, task = job.process, job.task
    if process is None or task is None:
        if task is not None:
            task.cancel()
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        done, _ = await asyncio.wait({task}, timeout=_PATIENCE_SECONDS)
        if done:
            return


def _existing(folder: Path) -> Path:
    return folder if folder.is_dir() else Path.cwd()

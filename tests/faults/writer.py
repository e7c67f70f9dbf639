"""A process that writes to a store and says what was acknowledged: `python writer.py FOLDER WHAT [NUMBER]`.

Each line that it says is JSON, written in one call once the store has returned. What a run of number ``n`` holds
follows from ``n`` alone, so that a reader can tell whether it is whole: see `account.py`.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from nbtrack.digests import digest_bytes, recognised_digest, split
from nbtrack.records import (
    Attachment,
    Capture,
    Column,
    Content,
    Dataset,
    Execution,
    Metric,
    Model,
    ModelBytes,
    Outcomes,
    Param,
    Run,
    Session,
    State,
    new_id,
)
from nbtrack.store import Store, spool
from nbtrack.store.garbage import collect_garbage
from nbtrack.store.packing import compress_files
from nbtrack.store.registry import register
from nbtrack.store.removal import remove_runs

SIZES = (50, 3_000, 120_000, 400_000)  # in a row, in a row compressed, and in files
LARGE = 1_000_000_000  # from this number on, models are of megabytes


def say(**what) -> None:
    os.write(1, (json.dumps(what) + "\n").encode())


def segments_of(number: int) -> list[bytes]:
    """The pickle stream and the buffers of the model of run ``number``."""
    numbers = random.Random(number)
    if number >= LARGE:
        return [b"stream %d" % number, numbers.randbytes(2_000_000), b"%d " % number * 250_000]
    large = numbers.randbytes(SIZES[2 + number % 2])
    shared = random.Random(number % 3).randbytes(150_000)
    return [b"stream %d " % number * (SIZES[number % 2] // 10), large, b"a" * 200_000, shared]


def picture_of(number: int) -> bytes:
    return b"picture" + random.Random(-number).randbytes(SIZES[number % 4])


def model_of(number: int) -> ModelBytes:
    segments = segments_of(number)
    digests = tuple(map(recognised_digest, split(segments)))
    return ModelBytes(
        digest=digest_bytes("\n".join(digests).encode()),
        stream=segments[0],
        buffers=tuple(map(memoryview, segments[1:])),
        blob_digests=digests,
        size_bytes=sum(map(len, segments)),
    )


class Writer:
    """One session; its numbers begin at ``number``."""

    def __init__(
        self, folder: Path, number: int, pid: int | None = None, *, deadline_seconds: float = 5.0
    ) -> None:
        self.store = Store.open(folder, create=True, deadline_seconds=deadline_seconds)
        self.number = number
        self.executions = 0
        self.session = Session(
            id=new_id(),
            started_at=time.time(),
            pid=pid or os.getpid(),
            host="here",
            boot_id="this",
            python="3.11.7",
        )
        self.log = self.store.begin_session(self.session)

    def execution(self, source: str, state: State = State.COMPLETE) -> Execution:
        self.executions += 1
        return Execution(
            id=new_id(),
            session_id=self.session.id,
            sequence=self.executions,
            source=source,
            source_digest=digest_bytes(source.encode()),
            started_at=time.time(),
            state=state,
        )

    def run(self, state: State = State.COMPLETE, *, model: bool = True) -> Run:
        self.number += 1
        number = self.number
        return Run(
            id=new_id(),
            label_stem="Net",
            state=state,
            experiment="e",
            started_at=time.time(),
            execution=self.execution(f"fit({number})", state),
            params=(Param(name="number", value=number, origin="fit"),),
            metrics=(Metric(name="score", value=number / 7, origin="call"),),
            datasets=(Dataset(name="X", role="train", content=data_of(number)),),
            tags={"number": str(number)},
            model=Model(class_name="Net", module="nets", framework="own") if model else None,
        )

    def capture_of(self, run: Run) -> Capture:
        number = run.params[0].value
        picture = picture_of(number)
        figure = Attachment(
            kind="figure",
            name="figure-1",
            media_type="image/png",
            digest=digest_bytes(picture),
            size_bytes=len(picture),
        )
        outcomes = Outcomes(
            run_id=run.id, dataset="X", truth="b3:t", kind="correct", rows=8, data=b"%d" % number
        )
        return Capture(
            execution=run.execution,
            runs=(run,),
            models={run.id: model_of(number)},
            attachments=((figure, picture),),
            outcomes=(outcomes,),
        )

    def capture(self) -> Run:
        """Save a run with a model and a figure."""
        run = self.run()
        (saved,) = self.log.save(self.capture_of(run))
        say(did="run", id=run.id, number=self.number, stored=saved.model.stored)
        return saved

    def points(self, run_id: str, first: int, count: int) -> None:
        for step in range(first, first + count):
            self.log.log(run_id, "loss", step, step * 0.5, time.time())
            say(did="point", id=run_id, step=step)


def data_of(number: int) -> Content:
    column = Column(name=f"c{number}", dtype="float64", digest=digest_bytes(b"%d" % number))
    return Content(
        digest=digest_bytes(b"data %d" % number),
        kind="pandas.DataFrame",
        shape=(number, 1),
        columns=(column,),
    )


def capture(writer: Writer, rounds: int) -> None:
    for _ in range(rounds):
        writer.capture()


def logging(writer: Writer, rounds: int) -> None:
    """Points of a run in training, folded into the database now and then."""
    run = writer.log.open_run(writer.run(State.RUNNING, model=False))
    say(did="opened", id=run.id)
    for each in range(rounds):
        writer.points(run.id, each * 40, 40)
        writer.log.save(Capture(execution=writer.execution("other"), runs=()))
        say(did="folded", id=run.id, points=(each + 1) * 40)


def collecting(writer: Writer, rounds: int) -> None:
    """Runs that come and go, and their bytes after them; a registered one stays."""
    for each in range(rounds):
        kept, gone = writer.capture(), writer.capture()
        if each % 4 == 0:
            version, _ = register(writer.store, kept.id, "churn", alias="champion")
            say(did="registered", id=kept.id, name="churn", version=version.version)
        say(did="removing", id=gone.id)
        remove_runs(writer.store, [gone.id])
        say(did="removed", id=gone.id)
        writer.store.update_run(kept.id, note=f"note {kept.id}")
        say(did="noted", id=kept.id)
        collect_garbage(writer.store, grace_seconds=0, now=time.time() + 3600)
        say(did="collected")


def blobs(writer: Writer, rounds: int) -> None:
    """Models of megabytes, which a thread compresses meanwhile, as a kernel does while no cell runs."""
    writer.number += LARGE

    def compress() -> None:
        while True:
            packed = compress_files(writer.store, going_on=lambda: True)
            if packed.files:
                say(did="compressed", files=packed.files)

    threading.Thread(target=compress, daemon=True).start()
    capture(writer, rounds)


def spooling(writer: Writer, rounds: int) -> None:
    """Captures that went to the spool, and are taken in at the next save."""
    for _ in range(rounds):
        capture = writer.capture_of(writer.run())
        run = capture.runs[0]
        file = spool.keep(writer.store.folder, writer.session, capture)
        say(did="run", id=run.id, number=writer.number, stored=True)
        writer.log.take_in(file)


def life(writer: Writer, rounds: int) -> None:
    """A bit of all."""
    for each in range(rounds):
        run = writer.log.open_run(writer.run(State.RUNNING, model=False))
        say(did="opened", id=run.id)
        writer.points(run.id, 0, 10)
        capture(writer, 2)
        say(did="folded", id=run.id, points=10)
        collecting(writer, 1)
        if each % 2:
            spooling(writer, 1)


def migrating(writer: Writer, rounds: int) -> None:
    """A store of runs that a later nbtrack opens and goes on with."""
    from later import later

    capture(writer, rounds)
    folder = writer.store.folder
    writer.log.end()
    writer.store.close()
    with later():
        again = Writer(folder, writer.number)
        say(did="migrated")
        capture(again, 1)
        again.log.end()
        again.store.close()


WHAT = {each.__name__: each for each in (capture, logging, collecting, blobs, spooling, life, migrating)}


def making(folder: Path, number: int, pid: int) -> None:
    say(did="began")
    capture(Writer(folder, number), 1_000_000)


def opened_later(folder: Path, number: int, pid: int) -> None:
    from later import later

    say(did="began")
    with later():
        Store.open(folder).close()
    time.sleep(60)


def cells(folder: Path, trained: int, pid: int) -> None:
    from watched_cells import Notebook

    folder.parent.mkdir(exist_ok=True)
    os.chdir(folder.parent)
    os.environ["IPYTHONDIR"] = str(folder.parent / "ipython")
    notebook = Notebook()
    say(did="began")
    for depth in range(trained + 1, trained + 1_000_000):
        notebook.train(depth)
        say(did="trained", depth=depth)


def exporting(folder: Path, path: Path, pid: int) -> None:
    from nbtrack.handoff.export import export
    from nbtrack.handoff.options import Options

    say(did="began")
    with Store.open(folder) as store:
        export(store, store.get_run("last"), path, options=Options(lock=False))
    say(did="exported")
    time.sleep(60)


BESIDE = {each.__name__: each for each in (making, opened_later, cells, exporting)}


def work(pipe, folder: Path, what: str, number, pid: int) -> None:
    """Do ``what`` in a process of its own that says it into ``pipe``."""
    os.dup2(pipe.fileno(), 1)
    pipe.close()
    if what in BESIDE:
        BESIDE[what](folder, number, pid)
        return
    made = Writer(folder, number, pid)
    say(did="began", session=made.session.id)
    WHAT[what](made, 1_000_000)


def main() -> None:
    folder, what, *rest = sys.argv[1:]
    if os.environ.get("WRITER_ON_NETWORK"):
        from nbtrack.store import network

        network.is_on_network = lambda _: True
    number, rounds, pid = [*map(int, rest), *(0, 1_000_000, 0)[len(rest) :]]
    writer = Writer(Path(folder), number, pid)
    say(did="began", session=writer.session.id)
    with suppress(BrokenPipeError):
        WHAT[what](writer, rounds)
        say(did="ended")
        writer.log.end()
        writer.store.close()


if __name__ == "__main__":
    main()

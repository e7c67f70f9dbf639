"""What storing a model costs, against writing and hashing as many bytes and against rivals: see README.md."""

import argparse
import ctypes
import gc
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import cloudpickle
import joblib
import numpy as np
from blake3 import blake3
from models import MODELS

from nbtrack.digests import recognise, split
from nbtrack.observe.models import describe, deserialize, serialize
from nbtrack.records import Capture, Environment, Execution, Run, Session, State, new_id
from nbtrack.store import Store
from nbtrack.store.encoding import encoded
from nbtrack.store.packing import compress_files

RESULTS = Path(__file__).parent / "results"
MLFLOW = Path(__file__).resolve().parents[2] / ".bench/mlflow/bin/python"
PACKING = "compress afterwards, while no cell runs"
ENVIRONMENT = Environment(digest="b3:env", python=platform.python_version(), platform="Linux", packages={})


class Kernel:
    """Saves models as runs, the way a kernel does at the end of a cell."""

    def __init__(self, folder):
        self.store = Store.open(folder / ".nbtrack", create=True)
        self.session = Session(
            id=new_id(), started_at=time.time(), pid=os.getpid(), host="here", boot_id="boot", python="3"
        )
        self.log = self.store.begin_session(self.session)
        self.count = 0

    def save(self, model):
        self.count += 1
        execution = Execution(
            id=new_id(),
            session_id=self.session.id,
            sequence=self.count,
            source="model.fit(X, y)",
            source_digest="b3:source",
            started_at=time.time(),
            state=State.COMPLETE,
        )
        run = Run(
            id=new_id(),
            label_stem="model",
            state=State.COMPLETE,
            experiment="bench",
            started_at=time.time(),
            execution=execution,
            model=describe(model, framework="bench"),
            environment=ENVIRONMENT,
        )
        (saved,) = self.log.save(Capture(execution=execution, runs=(run,), models={run.id: serialize(model)}))
        assert saved.model.stored, saved.capture_notes
        return saved.id

    def load(self, run_id):
        stream, buffers = self.store.read_model(run_id)
        return deserialize(stream, buffers)

    def close(self):
        self.log.end()
        self.store.close()


@contextmanager
def folder_for_models():
    # Beside the code, on a real disk: /tmp may be memory.
    folder = Path(tempfile.mkdtemp(dir=Path(__file__).parent, prefix=".stored-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def timed(function, *args):
    os.sync()
    started = time.perf_counter()
    function(*args)
    return time.perf_counter() - started


def on_disk(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def segments(model):
    packed = serialize(model)
    return [memoryview(packed.stream), *packed.buffers]


def write_and_sync(parts, file):
    with file.open("wb", buffering=0) as stream:
        for part in parts:
            rest = part
            while rest:
                rest = rest[stream.write(rest) :]
        os.fsync(stream.fileno())


def hash_all(parts):
    for part in parts:
        blake3(part).digest()


def ours(model, change, step, taken, added):
    recognise.forget()
    with folder_for_models() as folder:
        kernel = Kernel(folder)
        runs = {}

        def save(label):
            before = on_disk(folder)
            taken.setdefault(label, []).append(timed(lambda: runs.update({label: kernel.save(model)})))
            added[label] = on_disk(folder) - before

        save("save")
        save("save again")
        recognise.forget()
        save("save again in a new kernel")
        change(step)
        save("save with 1 % changed")
        taken.setdefault("load", []).append(timed(kernel.load, runs["save"]))
        before = on_disk(folder)
        taken.setdefault(PACKING, []).append(timed(compress_files, kernel.store))
        added[PACKING] = on_disk(folder) - before
        taken.setdefault("load what was compressed", []).append(timed(kernel.load, runs["save"]))
        kernel.close()


def compressed_and_synced(parts, folder):
    """What a save would wait for if it compressed what it writes: files as ours, by four threads."""
    blobs = [b"".join(pieces) for pieces in split(parts)]

    def write(place):
        _, data = encoded(blobs[place])
        with (folder / str(place)).open("wb", buffering=0) as stream:
            rest = memoryview(data)
            while rest:
                rest = rest[stream.write(rest) :]
            os.fsync(stream.fileno())

    def work():
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, range(len(blobs))))

    return work


def rivals(model, taken, added):
    parts = segments(model)
    with folder_for_models() as folder:
        file = folder / "plain"
        taken.setdefault("plain write and fsync", []).append(timed(write_and_sync, parts, file))
        added["plain write and fsync"] = file.stat().st_size
    with folder_for_models() as folder:
        label = "compress, write and fsync, four threads"
        taken.setdefault(label, []).append(timed(compressed_and_synced(parts, folder)))
        added[label] = on_disk(folder)
    taken.setdefault("raw BLAKE3", []).append(timed(hash_all, parts))
    for name, dump, load in (
        ("joblib", joblib.dump, joblib.load),
        ("cloudpickle", pickle_to, unpickle_from),
    ):
        with folder_for_models() as folder:
            file = folder / "model"
            taken.setdefault(f"{name}: save (not synced)", []).append(timed(dump, model, file))
            added[f"{name}: save (not synced)"] = file.stat().st_size
            taken.setdefault(f"{name}: load", []).append(timed(load, file))


def pickle_to(model, file):
    with file.open("wb") as stream:
        cloudpickle.dump(model, stream)


def unpickle_from(file):
    with file.open("rb") as stream:
        return cloudpickle.load(stream)


def resident(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def peak_of_save(model):
    """MB of memory that the first save takes at its height beyond what there was; None where that is not told."""
    recognise.forget()
    with folder_for_models() as folder:
        kernel = Kernel(folder)
        kernel.save({"small": 1})
        gc.collect()
        try:
            ctypes.CDLL(None).malloc_trim(0)  # what is free already must not hide what is taken
            Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
        except (OSError, AttributeError):
            return None
        before = resident("VmRSS")
        kernel.save(model)
        peak = (resident("VmHWM") - before) / 1024
        kernel.close()
    return max(0.0, peak)


def mlflow(python, folder):
    """Seconds that ``mlflow.sklearn.log_model`` takes for the model that joblib left in ``folder``, twice."""
    program = (
        "import sys, time, joblib, mlflow, mlflow.sklearn\n"
        "model = joblib.load(sys.argv[1] + '/model'); mlflow.set_tracking_uri('sqlite:///' + sys.argv[1] + '/m.db')\n"
        "mlflow.start_run()\n"
        "for name in ('one', 'two'):\n"
        "    started = time.perf_counter(); mlflow.sklearn.log_model(model, name=name, "
        "serialization_format='cloudpickle')\n"
        "    print('seconds', time.perf_counter() - started)\n"
    )
    done = subprocess.run(
        [python, "-c", program, str(folder)], capture_output=True, text=True, check=False, cwd=folder
    )
    found = [float(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("seconds")]
    if len(found) != 2:
        print(done.stderr[-2000:], file=sys.stderr)
    return found


def measure(name, megabytes, rounds, python):
    model, change = MODELS[name](megabytes)
    taken, added, load = {}, {}, os.getloadavg()[0]
    total = sum(part.nbytes for part in segments(model))
    peak = peak_of_save(model)
    for step in range(rounds):  # one of each in turn, so that all see the same machine
        rivals(model, taken, added)
        ours(model, change, step, taken, added)
    if python and name == "forest":
        with folder_for_models() as folder:
            joblib.dump(model, folder / "model")
            before = on_disk(folder)
            for label, seconds in zip(
                ("mlflow.sklearn.log_model", "mlflow.sklearn.log_model again"),
                mlflow(python, folder),
                strict=False,
            ):
                taken[label] = [seconds]
                added[label] = (on_disk(folder) - before) // 2
    return {
        "name": name,
        "bytes": total,
        "peak_mb": peak,
        "load": load,
        "taken": taken,
        "added": added,
        "rounds": rounds,
    }


def asked(result):
    """The ratios that are asked for, by the best rounds: what else runs on the machine only ever adds."""
    best = {label: min(seconds) for label, seconds in result["taken"].items()}
    whole = best["plain write and fsync"] + best["raw BLAKE3"]
    yield "save / (write and fsync + BLAKE3)", best["save"] / whole, 1.3
    yield "save again / save", best["save again"] / best["save"], 0.25
    if result["peak_mb"] is not None:
        yield "peak extra memory of a save (MB)", result["peak_mb"], 64


def told(result):
    lines = [f"## {result['name']}: {result['bytes'] / 1e6:.0f} MB", ""]
    lines += [f"{result['rounds']} rounds, load of the machine at the beginning {result['load']:.1f}.", ""]
    lines += ["| what | ms, median | ms, best | MB on the disk |", "|---|---:|---:|---:|"]
    for label, seconds in result["taken"].items():
        size = result["added"].get(label)
        stored = "" if size is None else f"{size / 1e6:.1f}"
        lines.append(f"| {label} | {np.median(seconds) * 1e3:.0f} | {min(seconds) * 1e3:.0f} | {stored} |")
    lines += ["", "| asked | found | limit | |", "|---|---:|---:|---|"]
    for label, found, limit in asked(result):
        lines.append(f"| {label} | {found:.2f} | {limit} | {'reached' if found <= limit else 'MISSED'} |")
    return [*lines, ""]


def write_report():
    """RESULTS.md from what was measured last of each model, in whichever calls."""
    results = [json.loads(file.read_text()) for file in sorted(RESULTS.glob("*.json"))]
    made = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    lines = ["# What storing a model costs: results", "", f"Made by `run.py`: {made}.", ""]
    lines += [line for one in results for line in told(one)]
    (Path(__file__).parent / "RESULTS.md").write_text("\n".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=500, help="size of each model, roughly")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--mlflow",
        metavar="PYTHON",
        default=str(MLFLOW) if MLFLOW.exists() else None,
        help="a Python that has mlflow and scikit-learn; default: that of benchmarks/peers, if it is there",
    )
    parser.add_argument("only", nargs="*", help=f"models to measure: {', '.join(MODELS)}")
    options = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    over = False
    for name in options.only or MODELS:
        result = measure(name, options.mb, options.rounds, options.mlflow)
        print("\n".join(told(result)), flush=True)
        over |= any(found > limit for _, found, limit in asked(result))
        (RESULTS / f"{name.replace(' ', '_')}.json").write_text(json.dumps(result, indent=1) + "\n")
    write_report()
    return int(over)


if __name__ == "__main__":
    sys.exit(main())

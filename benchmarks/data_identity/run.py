"""What the identity of data costs, against reading the same memory and against its rivals: see README.md."""

import argparse
import ctypes
import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from blake3 import blake3
from frames import FRAMES

from nbtrack.digests import content, recognise
from nbtrack.observe.data import dataset, forget_profiles

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
CLOCK, WORKED = 0, 1
MLFLOW = HERE.parents[1] / ".bench/mlflow/bin/python"


def read(buffers):
    """Touch every byte, as cheaply as it goes."""
    for buffer in buffers:
        words = buffer[: buffer.nbytes // 8 * 8].view("u8")
        if len(words):
            np.bitwise_or.reduce(words)


def raw_blake3(buffers, threads=1):
    for buffer in buffers:
        blake3(buffer, max_threads=threads).digest()


def pandas_sha256(frame):
    hashlib.sha256(pd.util.hash_pandas_object(frame, index=True).to_numpy()).digest()


def timed(function, *args):
    """Seconds of the clock, and seconds of all processors together."""
    started, worked = time.perf_counter(), time.process_time()
    function(*args)
    return time.perf_counter() - started, time.process_time() - worked


def first(frame):
    recognise.forget()
    return timed(content, frame)


def changed(frame, change):
    content(frame)
    change(frame)
    return timed(content, frame)


def with_profiles(frame):
    recognise.forget()
    forget_profiles()
    return timed(lambda: dataset("X", "train", frame))


def peak_extra(frame):
    """MB of memory that the first digest takes at its height beyond what there was; None where that is not told."""
    recognise.forget()
    try:
        ctypes.CDLL(None).malloc_trim(0)  # what is free already must not hide what is taken
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    except (OSError, AttributeError):
        return None
    before = resident("VmRSS")
    content(frame)
    return max(0.0, (resident("VmHWM") - before) / 1024)


def resident(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def rivals(frame):
    yield "hash_pandas_object + sha256", lambda: pandas_sha256(frame)
    yield "joblib.hash", lambda: joblib.hash(frame)


def mlflow_digest(python, name):
    """Seconds that MLflow's digest takes in its own environment; it reads 10,000 rows, so a smaller frame will do."""
    program = (
        "import sys, time, mlflow.data, frames\n"
        "frame = frames.FRAMES[sys.argv[1]](0.05)[0]; mlflow.data.from_pandas(frame).digest\n"
        "started, worked = time.perf_counter(), time.process_time(); mlflow.data.from_pandas(frame).digest\n"
        "print(time.perf_counter() - started, time.process_time() - worked)"
    )
    done = subprocess.run(
        [python, "-W", "ignore", "-c", program, name], capture_output=True, text=True, check=False, cwd=HERE
    )
    return [tuple(map(float, done.stdout.split()[-2:]))] if done.returncode == 0 else []


def measure(name, options):
    frame, buffers, change = FRAMES[name](options.gb)
    total = sum(buffer.nbytes for buffer in buffers)
    taken, load = {}, os.getloadavg()[0]
    content(frame.iloc[:1000])
    extra = peak_extra(frame)
    for _ in range(options.rounds):  # one of each in turn, so that all see the same machine
        for label, seconds in (
            ("read", lambda: timed(read, buffers)),
            ("raw BLAKE3", lambda: timed(raw_blake3, buffers)),
            ("raw BLAKE3, all processors", lambda: timed(raw_blake3, buffers, blake3.AUTO)),
            ("first digest", lambda: first(frame)),
            ("unchanged again", lambda: timed(content, frame)),
            ("one value changed", lambda: changed(frame, change)),
            ("first digest and profiles", lambda: with_profiles(frame)),
        ):
            taken.setdefault(label, []).append(seconds())
    if not options.no_rivals:
        for label, rival in rivals(frame):
            taken[label] = [timed(rival)]
        if options.mlflow and (seconds := mlflow_digest(options.mlflow, name)):
            taken["mlflow digest (of 10,000 rows)"] = seconds
    return {
        "name": name,
        "rows": len(frame),
        "bytes": total,
        "rounds": options.rounds,
        "load": load,
        "peak_mb": extra,
        "taken": taken,
    }


def told(result):
    taken, peak = result["taken"], result["peak_mb"]
    lines = [f"## {result['name']}: {result['rows']:,} rows, {result['bytes'] / 1e9:.2f} GB of buffers", ""]
    lines += [f"{result['rounds']} rounds, load of the machine at the beginning {result['load']:.1f}.", ""]
    lines += ["| what | ms, best | × read | × raw BLAKE3 | processor, ms | × raw BLAKE3 |"]
    lines += ["|---|---:|---:|---:|---:|---:|"]
    for label in taken:
        to_read, to_raw = ratio(taken, label, "read"), ratio(taken, label, "raw BLAKE3")
        worked = f"{best(taken, label, WORKED) * 1e3:.1f} | {ratio(taken, label, 'raw BLAKE3', WORKED):.2f}"
        lines.append(
            f"| {label} | {best(taken, label) * 1e3:.1f} | {to_read:.2f} | {to_raw:.2f} | {worked} |"
        )
    lines += ["", f"Peak extra memory: {'unknown' if peak is None else f'{peak:.0f} MB'}.", ""]
    for label, found, most in reached(result):
        lines.append(f"- {label}: {found:.2f} (asked: {most}), {'reached' if found <= most else 'MISSED'}")
    return [*lines, ""]


def write_report():
    """RESULTS.md from what was measured last of each frame, in whichever calls."""
    files = [RESULTS / f"{name.replace(' ', '_')}.json" for name in FRAMES]
    results = [json.loads(file.read_text()) for file in files if file.exists()]
    made = f"Made by `run.py`: {os.cpu_count()} cores, Python {platform.python_version()}, pandas {pd.__version__}."
    lines = ["# What the identity of data costs: results", "", made, ""]
    lines += [line for one in results for line in told(one)]
    (HERE / "RESULTS.md").write_text("\n".join(lines))


def best(taken, label, which=CLOCK):
    """Of the best round: what else runs on the machine only ever adds."""
    return min(seconds[which] for seconds in taken[label])


def ratio(taken, one, other, which=CLOCK):
    return best(taken, one, which) / best(taken, other, which)


def small():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((455, 30)), columns=[f"c{place}" for place in range(30)])
    print("\nsmall data, as one training cell sees it (best of 200)")
    for label, value in (("455 x 30 float64 frame", frame), ("455 int64", rng.integers(0, 2, 455))):
        for kind, seconds in (
            ("first", min(first(value)[CLOCK] for _ in range(200))),
            ("again", min(timed(content, value)[CLOCK] for _ in range(200))),
            ("first with profiles", min(with_profiles(value)[CLOCK] for _ in range(200))),
        ):
            print(f"  {label:24s} {kind:20s} {seconds * 1e6:8.0f} us")


def reached(result):
    """The ratios that are asked for, by the clock."""
    name, taken = result["name"], result["taken"]
    if name.startswith("numeric") or name == "arrow text":
        yield "first digest / raw BLAKE3", ratio(taken, "first digest", "raw BLAKE3"), 1.15
        yield "unchanged again / read", ratio(taken, "unchanged again", "read"), 1.5
    if name.startswith("numeric"):
        profiles = best(taken, "first digest and profiles") / best(taken, "first digest") - 1
        yield "profiles / first digest", profiles, 1.0
    if name == "object text" and "hash_pandas_object + sha256" in taken:
        found = ratio(taken, "first digest", "hash_pandas_object + sha256")
        yield "first digest / hash_pandas_object", found, 0.2
    if result["peak_mb"] is not None:
        yield "peak extra memory (MB)", result["peak_mb"], 32


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gb", type=float, default=1.0, help="size of each frame")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--no-rivals", action="store_true", help="leave out what takes minutes")
    parser.add_argument(
        "--mlflow",
        metavar="PYTHON",
        default=str(MLFLOW) if MLFLOW.exists() else None,
        help="a Python that has mlflow, pandas and pyarrow; default: that of benchmarks/peers, if it is there",
    )
    parser.add_argument("only", nargs="*", help=f"frames to measure: {', '.join(FRAMES)}")
    options = parser.parse_args()
    small()
    RESULTS.mkdir(exist_ok=True)
    over = False
    for name in options.only or FRAMES:
        result = measure(name, options)
        print("\n".join(["", *told(result)]), flush=True)
        over |= any(found > most for _, found, most in reached(result))
        (RESULTS / f"{name.replace(' ', '_')}.json").write_text(json.dumps(result, indent=1) + "\n")
    write_report()
    return int(over)


if __name__ == "__main__":
    sys.exit(main())

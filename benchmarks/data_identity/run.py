"""What the identity of data costs, against reading the same memory and against its rivals: see README.md."""

import argparse
import ctypes
import hashlib
import resource
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


def read(buffers):
    """Touch every byte, as cheaply as it goes."""
    for buffer in buffers:
        words = buffer[: buffer.nbytes // 8 * 8].view("u8")
        if len(words):
            np.bitwise_or.reduce(words)


def raw_blake3(buffers):
    for buffer in buffers:
        blake3(buffer).digest()


def pandas_sha256(frame):
    hashlib.sha256(pd.util.hash_pandas_object(frame, index=True).to_numpy()).digest()


def timed(function, *args):
    started = time.perf_counter()
    function(*args)
    return time.perf_counter() - started


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
    try:
        import mlflow.data
    except ImportError:
        return
    yield "mlflow digest (of 10,000 rows)", lambda: mlflow.data.from_pandas(frame).digest


def measure(name, make, gigabytes, rounds, with_rivals):
    frame, buffers, change = make(gigabytes)
    total = sum(buffer.nbytes for buffer in buffers)
    print(f"\n{name}: {len(frame):,} rows x {frame.shape[1]} columns, {total / 1e9:.2f} GB of buffers")
    taken = {}
    content(frame.iloc[:1000])
    extra = peak_extra(frame)
    for _ in range(rounds):  # one of each in turn, so that all see the same machine
        for label, seconds in (
            ("read", lambda: timed(read, buffers)),
            ("raw BLAKE3", lambda: timed(raw_blake3, buffers)),
            ("first digest", lambda: first(frame)),
            ("unchanged again", lambda: timed(content, frame)),
            ("one value changed", lambda: changed(frame, change)),
            ("first digest and profiles", lambda: with_profiles(frame)),
        ):
            taken.setdefault(label, []).append(seconds())
    if with_rivals:
        for label, rival in rivals(frame):
            taken[label] = [timed(rival)]
    report(taken)
    print(f"  peak extra memory {'unknown' if extra is None else f'{extra:.0f} MB'}")
    return taken


def report(taken):
    for label, seconds in taken.items():
        to_read, to_raw = ratio(taken, label, "read"), ratio(taken, label, "raw BLAKE3")
        print(f"  {label:32s} {min(seconds) * 1e3:10.1f} ms  {to_read:8.2f} x read {to_raw:8.2f} x BLAKE3")


def ratio(taken, one, other):
    """Of the best rounds: what else runs on the machine only ever adds."""
    return min(taken[one]) / min(taken[other])


def small():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((455, 30)), columns=[f"c{place}" for place in range(30)])
    print("\nsmall data, as one training cell sees it (best of 200)")
    for label, value in (("455 x 30 float64 frame", frame), ("455 int64", rng.integers(0, 2, 455))):
        for kind, seconds in (
            ("first", min(first(value) for _ in range(200))),
            ("again", min(timed(content, value) for _ in range(200))),
            ("first with profiles", min(with_profiles(value) for _ in range(200))),
        ):
            print(f"  {label:24s} {kind:20s} {seconds * 1e6:8.0f} us")


def reached(name, taken):
    """The ratios that are asked for."""
    asked = []
    if name in {"numeric", "arrow text"}:
        asked += [("first / BLAKE3", ratio(taken, "first digest", "raw BLAKE3"), 1.15)]
        asked += [("again / read", ratio(taken, "unchanged again", "read"), 1.5)]
    if name == "object text" and "hash_pandas_object + sha256" in taken:
        asked += [
            ("first / hash_pandas_object", ratio(taken, "first digest", "hash_pandas_object + sha256"), 0.2)
        ]
    return [(f"{name}: {label}", found, most) for label, found, most in asked]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gb", type=float, default=1.0, help="size of each frame")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--no-rivals", action="store_true", help="leave out what takes minutes")
    parser.add_argument("only", nargs="*", help=f"frames to measure: {', '.join(FRAMES)}")
    options = parser.parse_args()
    small()
    asked = []
    for name, make in FRAMES.items():
        if not options.only or name in options.only:
            taken = measure(name, make, options.gb, options.rounds, not options.no_rivals)
            asked += reached(name, taken)
    print()
    for label, found, most in asked:
        print(f"{'reached' if found <= most else 'MISSED ':8s} {label:40s} {found:6.2f} (asked: {most})")
    print(f"peak memory of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Kills the same loop under each tracker and counts what was acknowledged and is gone: see README.md."""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "peers"))

from environments import present, python_of  # noqa: E402 - found by the line above

NAMES = {"nbtrack": "nbtrack", "mlflow": "MLflow", "trackio": "Trackio", "wandb": "W&B offline"}
HELPED = {
    "wandb"
}  # those that write through a process of their own, which can outlive the one that is killed
LONGEST = 3.0  # seconds from the first acknowledgement to the kill
PATIENCE = 30.0  # seconds for helpers that survive to write what they have and end
KINDS = ("points", "steps", "runs")


def python_for(tracker: str) -> Path | None:
    if tracker == "nbtrack":
        return Path(sys.executable)
    return python_of(tracker) if present(tracker) else None


def version_of(tracker: str) -> str:
    if tracker != "nbtrack":
        return present(tracker) or "?"
    from importlib.metadata import version

    return version("nbtrack")


def kill_once(python: Path, tracker: str, kind: str, seconds: float, *, alone: bool) -> tuple[int, int]:
    """How many were acknowledged, and how many of them are there; ``alone``: its helpers are left to finish."""
    with tempfile.TemporaryDirectory(prefix="durability-", ignore_cleanup_errors=True) as folder:
        command = [python, HERE / "child.py", tracker, kind]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        child = subprocess.Popen(command, cwd=folder, start_new_session=True, **quiet)
        said = Path(folder, "said")
        deadline = time.monotonic() + 120
        while not (said.exists() and said.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(seconds)
        everyone = family(child.pid)  # helpers that left the group included
        if alone:
            with_id(child.pid)
            child.wait()
            end = time.monotonic() + PATIENCE
            while any(Path(f"/proc/{pid}").exists() for pid in everyone) and time.monotonic() < end:
                time.sleep(0.1)
        for pid in everyone:
            with_id(pid)
        child.wait()
        acknowledged = {int(line) for line in said.read_text().split()}
        command = [python, HERE / "found.py", tracker, kind]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        found = {int(value) for value in json.loads(done.stdout.splitlines()[-1])}
    return len(acknowledged), len(acknowledged & found)


def family(pid: int) -> list[int]:
    """A process and all that came of it, as far as the system still says so, or that are in its session."""
    found = {pid}
    while True:
        more = set(found)
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) in found or int(fields[3]) == pid:
                more.add(int(status.parent.name))
        if more == found:
            return sorted(found)
        found = more


def with_id(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def counted(tracker: str, python: Path, kind: str, kills: int, *, alone: bool) -> dict[str, object]:
    """So many kills of one tracker, at the same moments for each."""
    numbers, acknowledged, there = random.Random(1), 0, 0
    for _ in range(kills):
        said, kept = kill_once(python, tracker, kind, numbers.uniform(0.1, LONGEST), alone=alone)
        acknowledged += said
        there += kept
    return {
        "tracker": NAMES[tracker],
        "version": version_of(tracker),
        "kind": kind,
        "killed": "alone" if alone else "with its helpers" if tracker in HELPED else "",
        "kills": kills,
        "acknowledged": acknowledged,
        "lost": acknowledged - there,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the counts here, for docs/reliability.md")
    given = parser.parse_args()
    counts = []
    print(
        f"{'tracker':12s}{'version':>10s} {'killed':17s}{'kind':>7s}{'kills':>6s}{'acknowledged':>14s}{'lost':>9s}"
    )
    for tracker, title in NAMES.items():
        python = python_for(tracker)
        if python is None:
            print(f"{title:12s}  not installed")
            continue
        for alone in (True, False) if tracker in HELPED else (False,):
            for kind in KINDS:
                counts.append(each := counted(tracker, python, kind, given.kills, alone=alone))
                print(
                    "{tracker:12s}{version:>10s} {killed:17s}{kind:>7s}{kills:6d}{acknowledged:14,d}{lost:9,d}".format(
                        **each
                    ),
                    flush=True,
                )
    if given.json:
        given.json.write_text(json.dumps(counts, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Runs the benchmarks and writes what they print into RESULTS.md: `python benchmarks/results.py [NAME …]`.

Only the sections that were run are replaced, so that they can be measured one at a time, when the machine is quiet.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"
HEAD = """# What was measured

Written by `benchmarks/results.py`; the README of each folder says what the lines mean. The questions of capture,
slices, reproduction and what happens in the panel's page have results of their own in their folders.

"""
QUESTIONS = {
    "training_cell": ("What a tracker adds to a cell", ["training_cell/run.py"]),
    "floor": ("The same training cell recorded by hand", ["training_cell/run.py", "--floor"]),
    "instructions": ("Instructions of a cell", ["training_cell/instructions.py"]),
    "peers": ("The same training cell with other trackers", ["training_cell/run.py", "--peers"]),
    "peers_instructions": (
        "Instructions of that cell with those that work in the kernel",
        ["training_cell/instructions.py", "--peers"],
    ),
    "loop": ("A loop of training calls", ["loop/run.py"]),
    "store": ("Runs, points, writers: the store", ["store/measure.py", "--runs", "1000", "10000", "100000"]),
    "beside_mlflow": ("Finding runs, beside MLflow", ["store/beside_mlflow.py"]),
    "million": ("A million runs", ["store/measure.py", "--finding", "--runs", "1000000"]),
    "data_identity": ("The identity of data", ["data_identity/run.py"]),
    "model_store": ("Storing models", ["model_store/run.py"]),
    "panel": ("What a panel waits for: the server's part", ["panel/server.py"]),
    "durability": ("What a kill loses", ["durability/run.py"]),
    "start": ("What starting costs", ["start/run.py"]),
}

LONG = {"million"}
"""Half an hour and 2 GB: only where it is named."""


def sections() -> dict[str, str]:
    """What RESULTS.md has already, by name."""
    if not RESULTS.exists():
        return {}
    found = re.findall(
        r"<!-- (\w+) -->\n(.*?)(?=<!-- \w+ -->\n|\Z)", RESULTS.read_text(encoding="utf-8"), re.DOTALL
    )
    return {name: text.strip() for name, text in found}


def measured(name: str) -> tuple[str, int]:
    title, command = QUESTIONS[name]
    print(f"== {name}", flush=True)
    done = subprocess.run(
        [sys.executable, HERE / command[0], *command[1:]], capture_output=True, text=True, check=False
    )
    print(done.stdout + done.stderr, flush=True)
    day = dt.datetime.now(tz=dt.UTC).date()
    machine = f"{day}, Python {platform.python_version()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"
    text = f"## {title}\n\n`python benchmarks/{' '.join(command)}`, {machine}:\n\n```\n{done.stdout.strip()}\n```"
    return text, done.returncode


def main() -> int:
    wanted = sys.argv[1:] or [name for name in QUESTIONS if name not in LONG]
    unknown = [name for name in wanted if name not in QUESTIONS]
    if unknown:
        print(
            f"There is no benchmark {', '.join(unknown)}; there are: {', '.join(QUESTIONS)}.", file=sys.stderr
        )
        return 2
    texts, failed = sections(), []
    for name in wanted:
        texts[name], code = measured(name)
        if code:
            failed.append(name)
        parts = [f"<!-- {each} -->\n{texts[each]}\n" for each in QUESTIONS if each in texts]
        RESULTS.write_text(HEAD + "\n".join(parts), encoding="utf-8")
    if failed:
        print(f"over their limits or failed: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())

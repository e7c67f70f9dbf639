"""What starting costs: `%load_ext nbtrack` over a bare IPython, `nbtrack runs` over a bare `python -c pass`.

Each is measured in fresh processes, alternating with its base so that both see the same machine, and the
medians are compared. The extension is also timed inside the process, around `%load_ext` alone. Beside the time
by the clock, which the limits are for, stands the time on the processor, which a busy machine hardly changes.
"""

from __future__ import annotations

import argparse
import compileall
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
EXTENSION_LIMIT = 0.040
COMMAND_LIMIT = 0.120

SHELL = "from IPython.core.interactiveshell import InteractiveShell as S; s = S.instance(); s.run_cell('1');"
LOAD = "s.run_cell('%load_ext nbtrack').raise_error();"
TIMED_LOAD = f"import time; t, c = time.perf_counter(), time.process_time(); {LOAD}"
REPORT = "print('took', time.perf_counter() - t, time.process_time() - c)"
NBTRACK = "import sys; from nbtrack.cli import main; main()"


class Cost(NamedTuple):
    """Seconds by the clock and on the processor."""

    clock: float
    processor: float


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-n", type=int, default=15, help="processes of each kind (default: 15)")
    repeats = parser.parse_args().n
    # As an installation does: a source tree may never have been compiled, where Python is told to write nothing.
    compileall.compile_dir(ROOT / "nbtrack", quiet=2)
    with tempfile.TemporaryDirectory() as folder:
        make_store(Path(folder))
        rows = [
            ("%load_ext nbtrack, inside the process", inside(folder, repeats), EXTENSION_LIMIT),
            (
                "%load_ext nbtrack, over a bare IPython",
                over(folder, [SHELL], [SHELL + LOAD], repeats),
                EXTENSION_LIMIT,
            ),
            (
                "nbtrack runs, over python -c pass",
                over(folder, ["pass"], [NBTRACK, "runs"], repeats),
                COMMAND_LIMIT,
            ),
            (
                "nbtrack --version, over python -c pass",
                over(folder, ["pass"], [NBTRACK, "--version"], repeats),
                COMMAND_LIMIT,
            ),
        ]
    print(f"{f'median of {repeats}, ms':42}{'clock':>8}{'limit':>8}{'processor':>11}")
    for what, cost, limit in rows:
        over_limit = "" if cost.clock <= limit else "  over"
        print(
            f"{what:42}{cost.clock * 1000:8.1f}{limit * 1000:8.0f}{cost.processor * 1000:11.1f}{over_limit}"
        )
    return any(cost.clock > limit for _, cost, limit in rows)


def make_store(folder: Path) -> None:
    """A store with a few runs, made by watching real training."""
    python(
        str(folder),
        SHELL + LOAD + "s.run_cell('from sklearn.linear_model import Ridge\\nimport numpy as np\\n"
        "X = np.arange(20.0).reshape(10, 2)\\nfor a in range(5): Ridge(alpha=a + 1.0).fit(X, X[:, 0])')",
    )


def inside(folder: str, repeats: int) -> Cost:
    """Median cost of loading the extension, as the process itself sees it."""
    said = [python(folder, SHELL + TIMED_LOAD + REPORT).split()[-2:] for _ in range(repeats + 1)][1:]
    clock, processor = zip(*((float(one), float(other)) for one, other in said), strict=True)
    return Cost(statistics.median(clock), statistics.median(processor))


def over(folder: str, base: list[str], other: list[str], repeats: int) -> Cost:
    """Median cost of ``other`` processes beyond ``base`` ones; the first of each warms the caches only."""
    costs: tuple[list[Cost], list[Cost]] = ([], [])
    for _ in range(repeats + 1):
        for kind, arguments in enumerate((base, other)):
            costs[kind].append(cost_of(folder, arguments))
    bare, full = (Cost(*(statistics.median(part) for part in zip(*kind[1:], strict=True))) for kind in costs)
    return Cost(full.clock - bare.clock, full.processor - bare.processor)


def cost_of(folder: str, arguments: list[str]) -> Cost:
    """What one process costs."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    python(folder, *arguments)
    clock = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def python(folder: str, program: str, *arguments: str) -> str:
    # Compiled modules are kept, as they are where people work, whatever this environment says.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env={**environment, "PYTHONPYCACHEPREFIX": f"{folder}/compiled"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())

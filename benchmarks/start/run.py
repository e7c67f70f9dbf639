"""What starting costs: `%load_ext nbtrack` over a bare IPython, `nbtrack runs` over a bare `python -c pass`.

Each is measured in fresh processes, alternating with its base so that both see the same machine, and the
medians are compared. The extension is also timed inside the process, around `%load_ext` alone.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXTENSION_LIMIT = 0.060
COMMAND_LIMIT = 0.120

SHELL = "from IPython.core.interactiveshell import InteractiveShell as S; s = S.instance(); s.run_cell('1');"
LOAD = "import time; t = time.perf_counter(); s.run_cell('%load_ext nbtrack').raise_error(); "
REPORT = "print('took', time.perf_counter() - t)"
NBTRACK = "import sys; from nbtrack.cli import main; main()"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-n", type=int, default=15, help="processes of each kind (default: 15)")
    repeats = parser.parse_args().n
    with tempfile.TemporaryDirectory() as folder:
        make_store(Path(folder))
        inside = [float(python(folder, SHELL + LOAD + REPORT).split()[-1]) for _ in range(repeats + 1)][1:]
        bare_shell, shell = alternating(folder, [SHELL], [SHELL + LOAD], repeats)
        bare, listing = alternating(folder, ["pass"], [NBTRACK, "runs"], repeats)
        _, help_ = alternating(folder, ["pass"], [NBTRACK, "--version"], repeats)
    rows = [
        ("%load_ext nbtrack, inside the process", statistics.median(inside), EXTENSION_LIMIT),
        ("%load_ext nbtrack, over a bare IPython", shell - bare_shell, EXTENSION_LIMIT),
        ("nbtrack runs, over python -c pass", listing - bare, COMMAND_LIMIT),
        ("nbtrack --version, over python -c pass", help_ - bare, COMMAND_LIMIT),
    ]
    print(f"{'median of ' + str(repeats):42}{'ms':>8}{'limit':>8}")
    for what, seconds, limit in rows:
        print(f"{what:42}{seconds * 1000:8.1f}{limit * 1000:8.0f}{'' if seconds <= limit else '  over'}")
    return any(seconds > limit for _, seconds, limit in rows)


def make_store(folder: Path) -> None:
    """A store with a few runs, made by watching real training."""
    python(
        str(folder),
        SHELL + "s.run_cell('%load_ext nbtrack').raise_error();"
        "s.run_cell('from sklearn.linear_model import Ridge\\nimport numpy as np\\n"
        "X = np.arange(20.0).reshape(10, 2)\\nfor a in range(5): Ridge(alpha=a + 1.0).fit(X, X[:, 0])')",
    )


def alternating(folder: str, base: list[str], other: list[str], repeats: int) -> tuple[float, float]:
    """Median seconds of a process of each kind; the first of each, which warms the caches, is not counted."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats + 1):
        for kind, arguments in enumerate((base, other)):
            began = time.perf_counter()
            python(folder, *arguments)
            seconds[kind].append(time.perf_counter() - began)
    return statistics.median(seconds[0][1:]), statistics.median(seconds[1][1:])


def python(folder: str, program: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())

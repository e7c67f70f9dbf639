"""How many instructions a tracker adds to a cell, counted by Valgrind: the same at any load of the machine.

python instructions.py [--cells N]
python instructions.py --peers     # of the same training cell with peers that work in the kernel's own process

Cells run in a process of their own, in IPython's shell without a front end, so that what sends messages is not counted,
nor what the system does in its calls.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "peers"))

from cells import BY_HAND, BY_HAND_SETUP, CELLS, LOGISTIC, PEERS, SETUP, filled
from environments import present, python_of

WARM_UP = 40  # the interpreter adapts itself to what it runs often
IN_PROCESS = ("nbtrack", "DVCLive, lean", "Trackio, lean", "MLflow by hand, lean")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=10, help="cells that are counted (default: 10)")
    parser.add_argument("--peers", action="store_true", help="count those of peers")
    parser.add_argument("--inside", nargs=2, metavar=("KIND", "TRACKED"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        inside(*given.inside, given.cells)
    if shutil.which("valgrind") is None:
        print("valgrind is not installed, by which instructions are counted: apt install valgrind")
        return 0
    print(f"{'cell':28s}{'bare':>10s}{'added':>10s}   millions of instructions")
    if given.peers:
        for name in IN_PROCESS:
            if present(PEERS[name].distribution) is None:
                print(f"{name:28s}  not installed")
                continue
            python = python_of(PEERS[name].distribution)
            bare = counted("logistic regression", "bare", given.cells, python)
            added = counted("logistic regression", name, given.cells, python) - bare
            print(f"{name:28s}{bare:10.2f}{added:10.2f}", flush=True)
        return 0
    for kind in (*CELLS, "recorded by hand"):
        by_hand = kind == "recorded by hand"
        bare = counted("logistic regression" if by_hand else kind, "bare", given.cells)
        added = counted(kind, "bare" if by_hand else "tracked", given.cells) - bare
        print(f"{kind:28s}{bare:10.2f}{added:10.2f}", flush=True)
    return 0


def counted(kind: str, tracked: str, cells: int, python: Path = Path(sys.executable)) -> float:
    """Millions of instructions of one cell."""
    with tempfile.TemporaryDirectory(prefix="instructions-") as folder:
        out = Path(folder) / "out"
        valgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"]
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "IPYTHONDIR": str(Path(folder) / "ipython"),
            "MPLBACKEND": "Agg",
            "PYTHONHASHSEED": "0",
        }
        words = [python, __file__, "--cells", str(cells), "--inside", kind, tracked]
        subprocess.run(
            [*valgrind, *words],
            cwd=folder,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        found = re.search(r"^totals: (\d+)", out.read_text(errors="replace"), re.MULTILINE)
        assert found is not None
        return int(found[1]) / cells / 1e6


def inside(kind: str, tracked: str, cells: int) -> None:
    """What is run under Valgrind; does not return."""
    from IPython.core.interactiveshell import InteractiveShell

    # The cells' own module is nobody's that a notebook imported.
    for name in [name for name, module in sys.modules.items() if _is_here(module)]:
        del sys.modules[name]
    shell = InteractiveShell.instance()
    shell.run_cell(SETUP)
    if kind in BY_HAND:
        shell.run_cell(BY_HAND_SETUP)
    if tracked == "tracked":
        shell.run_cell("%load_ext nbtrack")
        shell.run_cell(filled(LOGISTIC, 0), store_history=True)
    cell = {**CELLS, **BY_HAND}[kind]
    if tracked in PEERS:
        shell.run_cell(PEERS[tracked].setup)
        cell = PEERS[tracked].cell
    for number in range(1, WARM_UP):
        shell.run_cell(filled(cell, number), store_history=True)
    control = ["callgrind_control", "-i"]
    subprocess.run([*control, "on", str(os.getpid())], check=True, stdout=subprocess.DEVNULL)
    for number in range(WARM_UP, WARM_UP + cells):
        shell.run_cell(filled(cell, number), store_history=True)
    subprocess.run([*control, "off", str(os.getpid())], check=True, stdout=subprocess.DEVNULL)
    os._exit(0)  # nothing is to be counted of the end


def _is_here(module: object) -> bool:
    return (
        str(getattr(module, "__file__", "")).startswith(str(Path(__file__).parent))
        and module.__name__ != "__main__"
    )


if __name__ == "__main__":
    sys.exit(main())

"""What a tracker adds to a cell, in real kernels that take turns: see README.md.

python run.py                      # nbtrack against an untouched kernel, 1,000 training cells
python run.py --floor              # the same recorded by hand, in a kernel that knows no tracker
python run.py --peers              # nbtrack and each peer that is installed, against untouched kernels of theirs
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "peers"))

from cells import BY_HAND, BY_HAND_SETUP, CELLS, LOGISTIC, PEERS, SETUP, filled
from environments import present, python_of
from kernels import Cost, Kernel

LIMITS = {"logistic regression": 3.0, "random forest": 8.0, "empty": 0.3, "plots": 0.3, "looks": 0.3}
WARM_UP = 5
SLOW = {"MLflow autolog", "DVCLive"}  # seconds each


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-n", type=int, default=1000, help="training cells (default: 1000)")
    parser.add_argument("--others", type=int, default=100, help="cells of each other kind (default: 100)")
    parser.add_argument("--peers", action="store_true", help="measure the peers too")
    parser.add_argument("--floor", action="store_true", help="measure what recording by hand costs")
    parser.add_argument("--rounds", type=int, default=20, help="cells of each peer (default: 20)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cells-") as folder:
        if given.peers:
            against_peers(Path(folder), given.rounds)
            return 0
        if given.floor:
            by_hand(Path(folder), given.others)
            return 0
        return own(Path(folder), given.n, given.others)


def own(folder: Path, count: int, others: int) -> int:
    """nbtrack's own question; 1 where a limit is passed."""
    python = Path(sys.executable)
    print(
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; milliseconds added, median of pairs"
    )
    print(f"{'cell':34s}{'clock':>8s}{'p95':>8s}{'processor':>11s}{'noise':>8s}{'limit':>7s}")
    over = False
    with ExitStack() as stack:
        kernels = [
            stack.enter_context(Kernel(python, folder / name)) for name in ("tracked", "bare", "noise")
        ]
        for kernel in kernels:
            kernel.run(SETUP)
        kernels[0].run("%load_ext nbtrack")
        for name, cell in CELLS.items():
            costs = alternating(kernels, cell, count if cell is LOGISTIC else others)
            over |= report(name, costs, LIMITS[name])
            if cell is LOGISTIC:
                ages(costs)
    return int(over)


def by_hand(folder: Path, count: int) -> None:
    """What recording costs that is written by hand, beside nbtrack, in kernels that take turns."""
    print(
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; milliseconds added to a training cell"
    )
    print(f"{'what is done':34s}{'clock':>8s}{'p95':>8s}{'processor':>11s}")
    work = {"nbtrack": LOGISTIC, **BY_HAND, "untouched": LOGISTIC}
    costs: dict[str, list[Cost]] = {name: [] for name in work}
    with ExitStack() as stack:
        # A kernel for each, so that none finds the processor's caches filled by its own cell before.
        kernels = {name: stack.enter_context(Kernel(Path(sys.executable), folder / name)) for name in work}
        for name, kernel in kernels.items():
            kernel.run(SETUP)
            kernel.run(BY_HAND_SETUP if name in BY_HAND else "pass")
        kernels["nbtrack"].run("%load_ext nbtrack")
        for number in range(count + WARM_UP):
            for name in work if number % 2 else reversed(list(work)):
                cost = kernels[name].run(filled(work[name], number))
                if number >= WARM_UP:
                    costs[name].append(cost)
    for name in list(work)[:-1]:
        clock, processor = (added(costs[name], costs["untouched"], unit) for unit in ("clock", "processor"))
        print(
            f"{name:34s}{statistics.median(clock):8.2f}{percentile(clock, 0.95):8.2f}"
            f"{statistics.median(processor):11.2f}"
        )


def alternating(kernels: Sequence[Kernel], cell: str, count: int, warm_up: int = WARM_UP) -> list[list[Cost]]:
    """What a cell costs in each kernel, again and again in turn; a failing kernel raises."""
    costs: list[list[Cost]] = [[] for _ in kernels]
    for number in range(count + warm_up):
        # Every other round the other way about, so that no kernel always comes after the same one.
        order = range(len(kernels)) if number % 2 else reversed(range(len(kernels)))
        for index in order:
            cost = kernels[index].run(filled(cell, number))
            if number >= warm_up:
                costs[index].append(cost)
    return costs


def report(name: str, costs: list[list[Cost]], limit: float) -> bool:
    tracked, bare, noise = costs
    clock = added(tracked, bare, "clock")
    processor = statistics.median(added(tracked, bare, "processor"))
    floor = statistics.median(added(noise, bare, "processor"))
    middle = statistics.median(clock)
    print(
        f"{name:34s}{middle:8.2f}{percentile(clock, 0.95):8.2f}{processor:11.2f}{floor:8.2f}{limit:7.1f}"
        f"{'  over' if max(middle, processor) > limit else ''}"
    )
    return max(middle, processor) > limit


def ages(costs: list[list[Cost]]) -> None:
    """Whether the thousandth cell costs what the first did: medians over neighbours."""
    clock, processor = (added(costs[0], costs[1], unit) for unit in ("clock", "processor"))
    for at in (0, 100, len(clock) - 20):
        if 0 <= at <= len(clock) - 20:
            here = slice(at, at + 20)
            print(
                f"  cells {at + 1} to {at + 20:<22d}{statistics.median(clock[here]):8.2f}{'':8s}"
                f"{statistics.median(processor[here]):11.2f}"
            )


def against_peers(folder: Path, rounds: int) -> None:
    print(
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; milliseconds added to the same training cell"
    )
    print(f"{'tracker':22s}{'version':>10s}{'clock':>10s}{'p95':>10s}{'processor':>11s}{'cells':>7s}")
    for name, peer in PEERS.items():
        version = present(peer.distribution)
        if version is None:
            print(f"{name:22s}  not installed")
            continue
        python = python_of(peer.distribution)
        try:
            with (
                Kernel(python, folder / name / "tracked") as tracked,
                Kernel(python, folder / name / "bare") as bare,
            ):
                for kernel in (tracked, bare):
                    kernel.run(SETUP)
                tracked.run(peer.setup)
                count = 3 if name in SLOW else rounds
                costs = pairs(tracked, bare, peer.cell, count)
        except Exception as error:  # a peer that fails is named, and the others go on
            print(f"{name:22s}{version:>10s}  failed: {str(error)[:90]}")
            continue
        clock, processor = (added(*costs, unit) for unit in ("clock", "processor"))
        print(
            f"{name:22s}{version:>10s}{statistics.median(clock):10.1f}{percentile(clock, 0.95):10.1f}"
            f"{statistics.median(processor):11.1f}{len(clock):7d}",
            flush=True,
        )


def pairs(tracked: Kernel, bare: Kernel, cell: str, count: int) -> tuple[list[Cost], list[Cost]]:
    with_it, without = [], []
    for number in range(count + 2):
        first, second = tracked.run(filled(cell, number)), bare.run(filled(LOGISTIC, number))
        if number >= 2:  # the first ones import and set up
            with_it.append(first)
            without.append(second)
    return with_it, without


def added(tracked: Sequence[Cost], bare: Sequence[Cost], unit: str) -> list[float]:
    """Milliseconds of each pair."""
    return [
        (getattr(one, unit) - getattr(other, unit)) * 1e3 for one, other in zip(tracked, bare, strict=True)
    ]


def percentile(values: Sequence[float], part: float) -> float:
    return sorted(values)[int((len(values) - 1) * part)]


if __name__ == "__main__":
    sys.exit(main())

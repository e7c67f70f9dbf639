"""What watching adds to each pass of a loop of training calls, in two kernels that take turns: see README.md."""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training_cell"))

from kernels import Kernel

LIMIT_MICROSECONDS = 5.0
PASSES = 1000
ROUNDS = 15

SETUP = """
import json, time, warnings, weakref
warnings.simplefilter("ignore")
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.linear_model import SGDClassifier
try:
    import torch
    import torch.nn.functional as F
except ImportError:
    torch = None

class Counter(BaseEstimator):
    '''An estimator whose training takes no time, so that what is added shows.'''
    def partial_fit(self, X, y=None):
        self.n_seen_ = getattr(self, "n_seen_", 0) + 1
        return self

class Nothing:
    '''Has the methods that a rewritten cell calls, none of which does anything.'''
    def l(self, number, /):
        pass
    def c(self, number, function, /):
        return function
    def a(self, number, /, *args):
        return args
    def r(self, number, result, /):
        return result

class Least(Nothing):
    '''Keeps of each pass the loss, what the net made, and the step, for two sites: no less can be kept.'''
    def __init__(self):
        self.known, self.args, self.latest, self.place = {}, (), None, 0
        self.steps, self.values, self.times, self.calls, self.ended = [], [], [], 0, 0.0
    def l(self, number, /):
        value = globals().get("loss")
        if value is not None and id(value) != self.place:
            self.place = id(value)
            self.steps.append(len(self.steps))
            self.values.append(value.item())
            self.times.append(time.time())
    def c(self, number, function, /):
        if self.known.get(number) != function:
            self.known[number] = function
        return function
    def a(self, number, /, *args):
        self.args = args
        return args
    def r(self, number, result, /):
        self.args = ()
        if number == 1:
            self.latest = weakref.ref(result)
        else:
            self.calls += 1
            self.ended = time.time()
        return result

W, least = Nothing(), Least()
rng = np.random.default_rng(0)
X, y = rng.normal(size=(64, 8)), rng.integers(0, 2, 64)
if torch is not None:
    torch.set_num_threads(1)
    net = torch.nn.Linear(8, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    criterion = torch.nn.MSELoss()
    Xt, yt = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
"""
LOOPS = {
    "partial_fit that does nothing": "counter.partial_fit(X, y)",
    "SGDClassifier.partial_fit": "sgd.partial_fit(X, y, classes=[0, 1])",
    "torch optimizer.step()": (
        "optimizer.zero_grad(); loss = ((net(Xt)[:, 0] - yt) ** 2).mean(); loss.backward(); optimizer.step()"
    ),
    "torch with a loss that is called": (
        "optimizer.zero_grad(); loss = criterion(net(Xt)[:, 0], yt); loss.backward(); optimizer.step()"
    ),
    "torch with F.mse_loss(net(x), y)": (
        "optimizer.zero_grad(); loss = F.mse_loss(net(Xt), yt[:, None]); loss.backward(); optimizer.step()"
    ),
}
# What the calls that stand in the rewritten loop would take if they did nothing, what the author would write to have
# the curve that a watched loop gets, both, and the least code that keeps what is told: in an untouched kernel.
_READ = "curve.append((step, loss.item(), time.time()))"
_TOLD = (
    "W.l(0); optimizer.zero_grad(); loss = ((W.r(1, W.c(1, net)(*W.a(1, Xt)))[:, 0] - yt) ** 2).mean();"
    " loss.backward(); W.r(2, W.c(2, optimizer.step)(*W.a(2)))"
)
LADDER = {
    "torch optimizer.step()": {
        f"  by hand: {_TOLD.count('W.')} calls that do nothing": _TOLD,
        "  by hand: item(), append": f"{LOOPS['torch optimizer.step()']}; {_READ}",
        "  by hand: both": f"{_TOLD}; {_READ}",
        "  by hand: what is told is kept": _TOLD.replace("W.", "least."),
    }
}
CELL = """
curve = []
counter, sgd = Counter(), SGDClassifier(random_state=0)
began = time.perf_counter(), time.thread_time()
for step in range({passes}):
    {call}
spent = time.perf_counter() - began[0], time.thread_time() - began[1]
with open("spent.json", "w") as file:
    json.dump(spent, file)
"""


def main() -> int:
    print(
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; microseconds added per pass of {PASSES}"
    )
    print(f"{'loop':34s}{'clock':>9s}{'lowest':>9s}{'processor':>11s}{'a pass takes':>14s}{'limit':>8s}")
    over = False
    with tempfile.TemporaryDirectory(prefix="loop-") as folder, ExitStack() as stack:
        places = [Path(folder, name) for name in ("tracked", "bare")]
        kernels = [stack.enter_context(Kernel(Path(sys.executable), place)) for place in places]
        for kernel in kernels:
            kernel.run(SETUP)
        kernels[0].run("%load_ext nbtrack")
        for name, call in LOOPS.items():
            over |= compare(name, [(kernels[0], places[0], call), (kernels[1], places[1], call)])
            for words, other in LADDER.get(name, {}).items():
                compare(words, [(kernels[1], places[1], other), (kernels[1], places[1], call)])
    return int(over)


def compare(name: str, loops: list[tuple[Kernel, Path, str]]) -> bool:
    """Run two loops in turn and print what the first takes more than the second; whether that is over the limit."""
    spent: list[list[list[float]]] = [[], []]
    for number in range(ROUNDS + 2):
        for index in (0, 1) if number % 2 else (1, 0):
            kernel, place, call = loops[index]
            kernel.run(CELL.format(passes=PASSES, call=call))
            if number >= 2:
                spent[index].append(json.loads((place / "spent.json").read_text()))
    clock, processor = ([[each[unit] for each in one] for one in spent] for unit in (0, 1))
    # Whatever else runs only adds: the lowest of each are the closest to what the code itself takes.
    lowest = (min(clock[0]) - min(clock[1])) / PASSES * 1e6
    pass_takes = statistics.median(clock[1]) / PASSES * 1e6
    late = max(added(clock), added(processor)) > LIMIT_MICROSECONDS
    print(
        f"{name:34s}{added(clock):9.2f}{lowest:9.2f}{added(processor):11.2f}{pass_takes:14.1f}"
        f"{LIMIT_MICROSECONDS:8.1f}{'  over' if late else ''}",
        flush=True,
    )
    return late


def added(spent: list[list[float]]) -> float:
    """Microseconds a pass, the median of pairs of neighbours."""
    return statistics.median(
        (one - other) / PASSES * 1e6 for one, other in zip(spent[0], spent[1], strict=True)
    )


if __name__ == "__main__":
    sys.exit(main())

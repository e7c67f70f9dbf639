"""Nothing in capture holds a second copy: a frame far larger than the memory allowed is streamed, and so is a model.

``NBTRACK_EXAMPLES`` of 1,000 or more, as in the long form, makes the frame 10 GB; it is sparse, and takes no disk.
"""

import os
import subprocess
import sys

import pytest

GIGABYTES = 10.0 if int(os.environ.get("NBTRACK_EXAMPLES", "100")) >= 1000 else 1.0
ALLOWED = 200_000_000

STREAMED = """
import resource, sys
import numpy as np, pandas as pd
from nbtrack.digests import content
from nbtrack.observe.data import dataset
rows = int(float(sys.argv[1]) * 1e9) // 80
with open("sparse", "wb") as file:
    file.truncate(rows * 80)
order = sys.argv[2]
values = np.memmap("sparse", "f8", "r", shape=(rows, 10) if order == "C" else (10, rows))
frame = pd.DataFrame(values if order == "C" else values.T, copy=False)
dataset("warm", "train", frame.iloc[:100_000])
lines = open("/proc/self/status").read().splitlines()
data = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData"))
resource.setrlimit(resource.RLIMIT_DATA, (data + int(sys.argv[3]), -1))  # of private memory: pages of the file are none
found = dataset("X", "train", frame).content
print(found.shape, len(found.columns), len(found.columns[0].chunks), found.columns[0].profile["max"])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit counts what is wanted on Linux alone")
@pytest.mark.parametrize("order", ["C", "F"], ids=["row by row", "column by column"])
def test_a_frame_larger_than_the_memory_allowed_is_digested_and_profiled(tmp_path, tally, order):
    given = [str(GIGABYTES), order, str(ALLOWED)]
    done = subprocess.run(
        [sys.executable, "-c", STREAMED, *given], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    rows = int(GIGABYTES * 1e9) // 80
    assert done.stdout.split() == [f"({rows},", "10)", "10", str(-(-rows // 65536)), "0.0"], done.stderr[
        -2000:
    ]
    tally["gigabytes"] += int(GIGABYTES)


CELL = """
import sys, resource
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
shell = InteractiveShell(config=Config({"HistoryManager": {"hist_file": ":memory:"}}))
def run(source):
    shell.run_cell(source, store_history=True).raise_error()
run("%load_ext nbtrack")
run("import numpy as np, pandas as pd\\nclass Net:\\n    def fit(self, X):\\n        self.w_ = weights\\n        return self")
run("weights, X = np.zeros(1000), pd.DataFrame(np.zeros((100, 40)))\\nmodel = Net().fit(X)")
run("rng = np.random.default_rng(0)\\nweights = rng.random(50_000_000)\\nX = pd.DataFrame(rng.random((1_000_000, 40)), copy=False)")
def resident(name):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024
open("/proc/self/clear_refs", "w").write("5")
before = resident("VmRSS")
run("model = Net().fit(X)")
print("EXTRA", resident("VmHWM") - before)
from nbtrack.store import Store
from pathlib import Path
with Store.open(Path(".nbtrack")) as store:
    last = store.get_run("last")
    print("STORED", last.model.stored, last.model.size_bytes > 4e8, last.datasets[0].content.shape)
run("%unload_ext nbtrack")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the height of memory is told on Linux alone")
def test_a_training_cell_takes_no_second_copy_of_its_data_or_its_model(tmp_path, tally):
    """400 MB of weights and 320 MB of data, with at most 64 MB beyond them at the height of the capture."""
    done = subprocess.run(
        [sys.executable, "-c", CELL], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")},
    )  # fmt: skip
    told = dict(
        line.split(" ", 1) for line in done.stdout.splitlines() if line.startswith(("EXTRA", "STORED"))
    )
    assert told.get("STORED") == "True True (1000000, 40)", done.stderr[-2000:]
    assert float(told["EXTRA"]) < 64
    tally["cells"] += 1

"""What a digest takes in memory, and what importing it takes along."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from nbtrack.digests import content, recognise

ROWS = 1_500_000

FRAMES = {
    "numbers": lambda: pd.DataFrame({place: np.full(ROWS, float(place)) for place in range(8)}),
    "numbers that lie row by row": lambda: pd.DataFrame(np.ones((ROWS // 4, 32)), copy=False),
    "an array in column order": lambda: np.ones((8, ROWS)).T,
    "every other column of an array": lambda: np.ones((ROWS, 16))[:, ::2],
    "numbers of which some are missing": lambda: pd.Series([1.0, np.nan] * (ROWS // 2)),
    "text": lambda: pd.Series(["some text", None] * (ROWS // 2), dtype="str"),
    "text as objects": lambda: pd.Series(["some text", None] * (ROWS // 2), dtype=object),
    "categories": lambda: pd.Series(pd.Categorical(["a", "b"] * (ROWS // 2))),
    "nullable numbers": lambda: pd.Series(pd.array([1, None] * (ROWS // 2), dtype="Int64")),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_digest_copies_a_small_part_of_the_data_at_a_time(name):
    value = FRAMES[name]()
    content(value[:10])
    recognise.forget()
    tracemalloc.start()
    try:
        content(value)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 32e6


def test_digesting_plain_values_loads_no_library_of_data():
    program = (
        "import sys; from nbtrack.digests import digest; from nbtrack.observe.data import dataset; digest([1, {'a': 2.5}]);"
        "print(sorted({'numpy', 'pandas', 'torch', 'pyarrow', 'polars', 'scipy', 'cloudpickle'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"

"""Did the tracker change what a cell shows? And what did it add to the cell's time?"""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Mapping, Sequence

from truth import own_outputs

__all__ = ["added_seconds", "changed_cells", "shape_of"]

_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


def changed_cells(plain: Sequence[Mapping], tracked: Sequence[Mapping]) -> dict[int, str]:
    """Cells whose own outputs differ with the tracker, with what differs.

    Where the passes without a tracker already differ among themselves (random data, times, memory
    addresses), only the kinds and order of the outputs are compared, and whether the cell fails.
    """
    changed = {}
    for index, cell in tracked[0]["cells"].items():
        before = [one["cells"][index]["outputs"] for one in plain]
        now = own_outputs(cell["outputs"])
        steady = len({_text(outputs) for outputs in before}) == 1 and len(before) > 1
        kinds = {shape_of(outputs) for outputs in before}
        if any(shape_of(own_outputs(one["cells"][index]["outputs"])) not in kinds for one in tracked):
            changed[index] = f"{sorted(kinds)} became {shape_of(now)}"
        elif steady and all(
            _text(own_outputs(one["cells"][index]["outputs"])) != _text(before[0]) for one in tracked
        ):
            changed[index] = "other content"
    return changed


def shape_of(outputs: Sequence[Mapping]) -> tuple[str, ...]:
    """The kinds of a cell's outputs in order: streams by name, data by their richest type, errors by name."""
    shape: list[str] = []
    for output in outputs:
        if output["output_type"] == "stream":
            kind = output["name"]
        elif output["output_type"] == "error":
            kind = f"error {output['ename']}"
        else:
            kind = f"{output['output_type']} {'+'.join(sorted(output['data']))}"
        # How many writes arrive as one message is the kernel's business.
        if not shape or shape[-1] != kind:
            shape.append(kind)
    return tuple(shape)


def _text(outputs: Sequence[Mapping]) -> str:
    kept = [{key: value for key, value in output.items() if key != "execution_count"} for output in outputs]
    return _ADDRESS.sub("0x", json.dumps(kept, sort_keys=True))


def added_seconds(
    plain: Sequence[Mapping], tracked: Sequence[Mapping], index: int, clock: str = "seconds"
) -> float | None:
    """Median seconds of a cell with the tracker, less the median without; None where it was not timed.

    ``clock`` is ``seconds`` (by the clock on the wall) or ``cpu_seconds`` (of the kernel's main thread).
    """
    medians = []
    for passes in (plain, tracked):
        seconds = [told for one in passes if (told := one["cells"][index].get(clock)) is not None]
        if not seconds:
            return None
        medians.append(statistics.median(seconds))
    return medians[1] - medians[0]

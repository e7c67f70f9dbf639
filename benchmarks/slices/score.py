"""Score computed slices against labelled ones.

    python benchmarks/slices/score.py LABELS NOTEBOOKS [--verbose]

LABELS is a folder of label files (JSON), NOTEBOOKS a folder that holds each notebook at ``<owner>/<name>/<path>``.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

from nbtrack.lineage import Lineage, read


@dataclass
class Score:
    cells: int = 0
    complete: int = 0
    labelled: int = 0
    extra: int = 0
    missing: list[str] = field(default_factory=list)
    surplus: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        self.cells += other.cells
        self.complete += other.complete
        self.labelled += other.labelled
        self.extra += other.extra

    def __str__(self) -> str:
        share = self.complete / self.cells if self.cells else 1.0
        surplus = self.extra / self.labelled if self.labelled else 0.0
        complete = f"{self.complete:4d} of {self.cells:4d} complete ({share:.3f})"
        return f"{complete}, {self.extra:4d} extra of {self.labelled:5d} ({surplus:.1%})"


def lineage_of(notebook: Path) -> tuple[Lineage, list[float]]:
    """The graph of a notebook run from top to bottom; execution ids are the cells' indexes."""
    graph = Lineage()
    spent: list[float] = []
    for index, cell in enumerate(json.loads(notebook.read_text(encoding="utf-8"))["cells"]):
        source = "".join(cell["source"])
        if cell["cell_type"] != "code" or not source.strip():
            continue
        plain = TransformerManager().transform_cell(source)
        try:
            before = time.perf_counter()
            statements = read(plain)
            spent.append(time.perf_counter() - before)
        except SyntaxError:
            continue
        graph.add(str(index), statements)
    return graph, spent


def score(label: dict, graph: Lineage, *, doubtful: bool) -> Score:
    result = Score()
    for cell in label["cells"]:
        if not cell["training"] or cell["error"] or (cell["doubtful"] and not doubtful):
            continue
        found = {int(each) for each in graph.slice(str(cell["index"]))}
        wanted = set(cell["depends_on"])
        allowed = wanted | set(cell.get("maybe_depends_on") or ())
        result.cells += 1
        result.complete += wanted <= found
        result.labelled += len(wanted)
        result.extra += len(found - allowed)
        if wanted - found:
            result.missing.append(f"cell {cell['index']}: misses {sorted(wanted - found)}")
        if found - allowed:
            result.surplus.append(f"cell {cell['index']}: has besides {sorted(found - allowed)}")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("labels", type=Path)
    parser.add_argument("notebooks", type=Path)
    parser.add_argument("--verbose", action="store_true", help="list the extra cells too")
    arguments = parser.parse_args()
    total, certain = Score(), Score()
    spent: list[float] = []
    for file in sorted(arguments.labels.glob("*.json")):
        label = json.loads(file.read_text(encoding="utf-8"))
        notebook = arguments.notebooks / label["repo"] / label["path"]
        if not notebook.is_file():
            print(f"{file.stem}: no notebook at {notebook}")
            continue
        graph, seconds = lineage_of(notebook)
        spent += seconds
        one = score(label, graph, doubtful=True)
        total.add(one)
        certain.add(score(label, graph, doubtful=False))
        print(f"{one}  {file.stem}")
        for line in one.missing + (one.surplus if arguments.verbose else []):
            print(f"    {line}")
    spent.sort()
    print(f"{total}  all\n{certain}  all without doubtful cells")
    if spent:
        middle, late = spent[len(spent) // 2], spent[int(len(spent) * 0.95)]
        print(
            f"read(): median {middle * 1e6:.0f} µs, 95th percentile {late * 1e6:.0f} µs, {len(spent)} cells"
        )


if __name__ == "__main__":
    main()

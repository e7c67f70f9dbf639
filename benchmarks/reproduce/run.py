"""Run labelled notebooks, reproduce every run that they made, and keep the verdicts.

    python run.py LABELS NOTEBOOKS RESULTS [--only TEXT] [--lie data|seeds]

Each notebook runs in a fresh copy of its repository's folder. Runs that need the same cells share a kernel; apart from
that each is reproduced as ``nbtrack reproduce`` would.
``RESULTS/<notebook>.json`` receives the verdicts; ``report.py`` reads them.

``--lie`` asks whether a verdict can be wrong. ``data`` changes every whole number in the files that were read before
anything is reproduced, ``seeds`` every seed in the cells: a run on which that has an influence must not come out the
same. Runs without such a file or seed are left out.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "capture_accuracy"))

from execute import Pass, execute  # noqa: E402 - found through the line above

from nbtrack.errors import NbtrackError  # noqa: E402 - as above
from nbtrack.render.verdict import reproduction_to_dict, verdict_text  # noqa: E402 - as above
from nbtrack.reproduce.carry_out import Options  # noqa: E402 - as above
from nbtrack.reproduce.plan import Plan, Step, make_plan  # noqa: E402 - as above
from nbtrack.reproduce.reproducing import reproduce_together  # noqa: E402 - as above
from nbtrack.store import Store  # noqa: E402 - as above


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("labels", type=Path, help="folder of label files")
    parser.add_argument("notebooks", type=Path, help="folder with the notebooks")
    parser.add_argument("results", type=Path, help="folder for the verdicts")
    parser.add_argument("--only", default="", help="only notebooks whose label's name contains this")
    parser.add_argument("--lie", choices=["data", "seeds"], help="change something first")
    given = parser.parse_args()
    given.results.mkdir(parents=True, exist_ok=True)
    for file in sorted(given.labels.glob("*.json")):
        if given.only not in file.name:
            continue
        label = json.loads(file.read_text(encoding="utf-8"))
        began = time.perf_counter()
        results = of_notebook(label, given.notebooks, given.lie)
        (given.results / file.name).write_text(json.dumps(results, indent=1), encoding="utf-8")
        counts: dict[str, int] = defaultdict(int)
        for one in results:
            counts[one["verdict"]] += 1
        print(f"{file.stem}: {dict(counts)}, {time.perf_counter() - began:.0f} s", flush=True)


def of_notebook(label: dict, notebooks: Path, lie: str | None = None) -> list[dict]:
    """The verdicts on all runs of one notebook."""
    with tempfile.TemporaryDirectory(prefix="reproduced-") as folder:
        scratch = Path(folder)
        environment = {"NBTRACK_STORE": str(scratch / "store")}
        execute(label, notebooks, scratch, Pass("nbtrack", "%load_ext nbtrack", environment))
        if not (scratch / "store").is_dir():
            return []
        with Store.open(scratch / "store") as store:
            plans: dict[tuple, list[Plan]] = defaultdict(list)
            for run in reversed(store.find_runs()):
                try:
                    plan = make_plan(store, store.get_run(run.id))
                except NbtrackError as error:
                    print(f"  {run.label}: {error}")
                    continue
                if lie is not None and (plan := lied_to(plan, lie)) is None:
                    continue
                plans[tuple(step.execution.id for step in plan.steps)].append(plan)
            return [one for group in plans.values() for one in of_group(store, group)]


def lied_to(plan: Plan, lie: str) -> Plan | None:
    """The plan with other data in the files that the run read, or with other seeds; None where there are none."""
    if lie == "data":
        return (
            plan if sum(map(change_numbers, [plan.project / file.path for file in plan.run.files])) else None
        )
    steps = tuple(replace(step, source=SEED.sub(other_seed, step.source), states={}) for step in plan.steps)
    return None if all(map(same_source, plan.steps, steps)) else replace(plan, steps=steps)


SEED = re.compile(r"((?:random_state|seed)\s*=\s*|(?:seed|manual_seed|set_seed)\s*\(\s*)(\d+)")
changed: set[Path] = set()


def other_seed(match: re.Match[str]) -> str:
    return f"{match[1]}{int(match[2]) + 1}"


def same_source(one: Step, other: Step) -> bool:
    return one.source == other.source


def change_numbers(file: Path) -> bool:
    """Change a digit of every number of a text file, once; whether it has been changed."""
    if file in changed:
        return True
    if file.suffix not in {".csv", ".txt", ".tsv"} or not file.is_file():
        return False
    head, *rows = file.read_text(encoding="utf-8", errors="surrogateescape").splitlines(keepends=True)
    other = [re.sub(r"(?<=[,;\t ])(\d+)(?=[,;\t\n.])", lambda m: str(int(m[1]) + 1), row) for row in rows]
    file.write_text("".join([head, *other]), encoding="utf-8", errors="surrogateescape")
    changed.add(file)
    return True


def of_group(store: Store, plans: list[Plan]) -> list[dict]:
    began = time.perf_counter()
    results = reproduce_together(store, plans, Options())
    seconds = time.perf_counter() - began
    told = []
    for plan, one in zip(plans, results, strict=True):
        where = f": {one.first_divergence.reason.value}" if one.first_divergence else ""
        print(f"  {plan.run.label}  {verdict_text(one)}{where}", flush=True)
        facts = {
            "label": plan.run.label,
            "cell": plan.run.execution.cell_id,
            "state": plan.run.state.value,
            "cells": len(plan.steps),
            "seconds": seconds / len(plans),
        }
        told.append({**facts, **reproduction_to_dict(one)})
    return told


if __name__ == "__main__":
    main()

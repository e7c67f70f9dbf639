"""The table of verdicts that ``run.py`` found, and the cause of each that is not ``same``.

    python report.py RESULTS [-o RESULTS.md] [--lies FOLDER …]

A run counts as deterministic where nothing in its cells asks the clock, the network or a generator that the operating
system seeds: the others are listed by hand in ``chance.json``, by notebook and label of the run, with the reason.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

VERDICTS = ("same", "close", "different", "failed")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--lies", type=Path, nargs="*", default=[], help="folders of run.py --lie")
    given = parser.parse_args()
    text = report(read(given.results), {folder.name: read(folder) for folder in given.lies})
    if given.output:
        given.output.write_text(text, encoding="utf-8")
    else:
        print(text)


def read(folder: Path) -> dict[str, list[dict]]:
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))}


def report(notebooks: dict[str, list[dict]], lies: dict[str, dict[str, list[dict]]]) -> str:
    chance = json.loads((Path(__file__).parent / "chance.json").read_text(encoding="utf-8"))
    lines = [
        "# Verdicts on the runs of public notebooks",
        "",
        "Made by `run.py` and `report.py`; see [README.md](README.md).",
        "",
        "| notebook | runs | same | close | different | failed | by chance | cells a run | seconds a run |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    total: Counter[str] = Counter()
    fixed: Counter[str] = Counter()
    for name, runs in notebooks.items():
        counts = Counter(run["verdict"] for run in runs)
        by_chance = [run for run in runs if reason(chance, name, run)]
        total += counts
        fixed += Counter(run["verdict"] for run in runs if not reason(chance, name, run))
        lines.append(row(name, runs, counts, len(by_chance)))
    lines += [
        "",
        f"{len(notebooks)} notebooks, {summary(total, fixed)}",
        "",
        *others(notebooks, chance),
        *told_lies(lies),
    ]
    return "\n".join(lines) + "\n"


def reason(chance: dict, notebook: str, run: dict) -> str | None:
    of_notebook = chance.get(notebook, {})
    return of_notebook.get(run["label"]) or of_notebook.get("*")


def row(name: str, runs: list[dict], counts: Counter, by_chance: int) -> str:
    cells = sum(run["cells"] for run in runs) / len(runs) if runs else 0
    seconds = sum(run["seconds"] for run in runs) / len(runs) if runs else 0
    numbers = " | ".join(str(counts[one] or "") for one in VERDICTS)
    return f"| {name} | {len(runs)} | {numbers} | {by_chance or ''} | {cells:.1f} | {seconds:.1f} |"


def summary(total: Counter, fixed: Counter) -> str:
    share = fixed["same"] / fixed.total() if fixed.total() else 0
    verdicts = ", ".join(f"{total[one]} {one}" for one in VERDICTS)
    return (
        f"{total.total()} runs: {verdicts}. Of the {fixed.total()} whose cells leave nothing to chance, "
        f"{fixed['same']} came out the same: **{share:.3f}**."
    )


def others(notebooks: dict[str, list[dict]], chance: dict) -> list[str]:
    lines = [
        "## Those that are not the same, and why",
        "",
        "| notebook | run | verdict | where and why |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {run['label']} | {run['verdict']} | {why(chance, name, run)} |"
        for name, runs in notebooks.items()
        for run in runs
        if run["verdict"] != "same"
    ]
    return lines


def why(chance: dict, name: str, run: dict) -> str:
    told = run["first_divergence"]
    parts = [reason(chance, name, run) or ""]
    if told is not None:
        probably = "" if told["sure"] else "probably "
        detail = f" ({told['detail'][:140]})" if told["detail"] else ""
        parts.append(f"{probably}{told['reason']}: {told['subject'][:60]}{detail}")
    parts += [note for note in run["notes"] if "could not be compared" in note]
    return "; ".join(part for part in parts if part).replace("|", "\\|").replace("\n", " ")


def told_lies(lies: dict[str, dict[str, list[dict]]]) -> list[str]:
    if not lies:
        return []
    lines = [
        "",
        "## With something changed on purpose",
        "",
        "| changed | runs | same | close | different | failed |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    same = []
    for lie, notebooks in lies.items():
        counts = Counter(run["verdict"] for runs in notebooks.values() for run in runs)
        lines.append(
            f"| {lie} | {counts.total()} | {' | '.join(str(counts[one] or '') for one in VERDICTS)} |"
        )
        same += [
            f"- {lie}: {name} {run['label']}"
            for name, runs in notebooks.items()
            for run in runs
            if run["verdict"] == "same"
        ]
    return [*lines, "", "The same all the same:", "", *(same or ["none"])]


if __name__ == "__main__":
    main()

"""The table of verdicts that ``run.py`` found, and the cause of each that is not ``same``.

    python report.py RESULTS [-o RESULTS.md] [--lies FOLDER …] [--labels LABELS]

A run counts as deterministic where nothing in its cells asks the clock, the network or a generator that the operating
system seeds: the others are listed by hand in ``chance.json``, by notebook and label of the run, with the reason.
So are, in ``without_influence.json``, the runs that a change on purpose cannot have reached.
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
    parser.add_argument("--labels", type=Path, help="folder of label files: those without a result are named")
    given = parser.parse_args()
    notebooks = read(given.results)
    text = report(notebooks, {folder.name: read(folder) for folder in given.lies})
    if given.labels:
        text += "\n".join(not_run(given.labels, notebooks))
    if given.output:
        given.output.write_text(text, encoding="utf-8")
    else:
        print(text)


def read(folder: Path) -> dict[str, list[dict]]:
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))}


def report(notebooks: dict[str, list[dict]], lies: dict[str, dict[str, list[dict]]]) -> str:
    chance = by_hand("chance.json")
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
        put_back(notebooks, chance),
        "",
        models_of_the_same(notebooks),
        "",
        *others(notebooks, chance),
        *told_lies(lies, list(notebooks)),
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


def told_lies(lies: dict[str, dict[str, list[dict]]], names: list[str]) -> list[str]:
    if not lies:
        return []
    lines = [
        "",
        "## With something changed on purpose",
        "",
        "Only runs that read such a file, or whose cells hold such a seed, are counted.",
        "",
        "| changed | notebook | runs | same | close | different | failed |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for lie, notebooks in lies.items():
        total: Counter[str] = Counter()
        for name, runs in notebooks.items():
            counts = Counter(run["verdict"] for run in runs)
            total += counts
            if runs:
                lines.append(lie_row(lie, name, counts))
        lines.append(lie_row(lie, "**all**", total))
    lines += ["", found_by(lies)]
    for lie, notebooks in lies.items():
        untried = [name for name in names if name not in notebooks]
        lines += ["", f"Not tried with other {lie}: {', '.join(untried) or 'none'}."]
    return [*lines, "", "The same all the same:", "", *(the_same(lies) or ["none"])]


def found_by(lies: dict[str, dict[str, list[dict]]]) -> str:
    """In how many of the runs that differ their outcome differs, not only what they were given."""
    different = [
        run
        for notebooks in lies.values()
        for runs in notebooks.values()
        for run in runs
        if run["verdict"] == "different"
    ]
    outcome = sum(
        any(each["equal"] is False for each in (*run["metrics"], *filter(None, [run["model"]])))
        for run in different
    )
    return (
        f"In {outcome} of the {len(different)} that differ, a metric or the model differs; in the others only the data "
        "or the parameters, which are judged too."
    )


def lie_row(lie: str, name: str, counts: Counter) -> str:
    return f"| {lie} | {name} | {counts.total()} | {' | '.join(str(counts[one] or '') for one in VERDICTS)} |"


def the_same(lies: dict[str, dict[str, list[dict]]]) -> list[str]:
    """Runs that came out the same though something had been changed, with the reason where it is known."""
    reasons = by_hand("without_influence.json")
    return [
        f"- {lie}: {name} {run['label']}: {reason(reasons.get(lie, {}), name, run) or '**unexplained**'}"
        for lie, notebooks in lies.items()
        for name, runs in notebooks.items()
        for run in runs
        if run["verdict"] == "same"
    ]


def by_hand(name: str) -> dict:
    return json.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))


def put_back(notebooks: dict[str, list[dict]], chance: dict) -> str:
    """How many runs owe their verdict to recorded states of generators that nothing in the notebook seeds."""
    unseeded = [
        run["verdict"]
        for name, runs in notebooks.items()
        for run in runs
        if run["unseeded"] and not reason(chance, name, run)
    ]
    return (
        f"In {len(unseeded)} of those, cells call what can draw from Python's, NumPy's or PyTorch's global generator "
        "without a seed. They count because nbtrack records the generators' states and puts them back: "
        f"{unseeded.count('same')} came out the same."
    )


def models_of_the_same(notebooks: dict[str, list[dict]]) -> str:
    """What the models of the runs that came out the same were judged by."""
    same = [run for runs in notebooks.values() for run in runs if run["verdict"] == "same"]
    by = Counter(run["model"]["by"] for run in same if run["model"])
    told = ", ".join(f"{by[one]} by {one}" for one in ("digest", "content", "predictions") if by[one])
    without = sum(run["model"] is None for run in same)
    return f"Models of those that are the same: {told}; {without} runs left no model and are judged by data and scores."


def not_run(labels: Path, notebooks: dict[str, list[dict]]) -> list[str]:
    missing = [file.stem for file in sorted(labels.glob("*.json")) if file.stem not in notebooks]
    return [
        "",
        "## Labelled notebooks that were not run",
        "",
        *(f"- {name}" for name in missing or ["none"]),
        "",
    ]


if __name__ == "__main__":
    main()

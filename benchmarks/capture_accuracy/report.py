"""Tables of what was reached: per notebook and in all, times, and every miss with its cause.

    python report.py LABELS RESULTS [-o RESULTS.md] [--causes causes.json]

``causes.json`` is a list of ``{"cause": text}`` with any of ``notebook`` and ``figure`` (parts of their
names), ``cells`` (indices) and ``what`` (a regular expression); a miss gets the first cause whose
conditions hold.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from outputs import added_seconds, changed_cells
from score import FIGURES, Miss, Score, score

__all__ = ["Notebook", "read_results"]

TRACKERS = ("nbtrack", "mlflow")
# Recall and precision of one thing share a column.
COLUMNS = ("training", "models", "loadable", "params", "metrics", "data", "files", "slices")


@dataclass(frozen=True)
class Notebook:
    """One notebook under one tracker, scored."""

    name: str
    tracker: str
    score: Score
    certain: Score
    changed: Mapping[int, str]
    broken: tuple[int, ...]
    added: tuple[float, ...]
    added_cpu: tuple[float, ...]
    added_elsewhere: tuple[float, ...]
    pickling: tuple[float, ...]
    capture_seconds: tuple[float, ...]
    load_seconds: float | None
    seconds: tuple[float, float]
    began: float
    load: tuple[float, ...]
    repeats: int


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("labels", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("-o", "--out", type=Path, help="write the page there (default: print it)")
    parser.add_argument("--causes", type=Path, default=Path(__file__).with_name("causes.json"))
    given = parser.parse_args()
    causes = json.loads(given.causes.read_text(encoding="utf-8")) if given.causes.is_file() else []
    results = {tracker: read_results(given.labels, given.results, tracker) for tracker in TRACKERS}
    page = "\n".join(
        _page({tracker: notebooks for tracker, notebooks in results.items() if notebooks}, causes)
    )
    if given.out:
        given.out.write_text(page, encoding="utf-8")
    else:
        print(page)


def read_results(labels: Path, results: Path, tracker: str) -> list[Notebook]:
    """Score every capture of one tracker, in the order of the labels' names."""
    notebooks = []
    for file in sorted((results / tracker).glob("*.json")):
        label = json.loads((labels / file.name).read_text(encoding="utf-8"))
        capture = _with_int_keys(json.loads(file.read_text(encoding="utf-8")))
        capture.setdefault("began", file.stat().st_mtime)
        notebooks.append(_notebook(file.stem, tracker, label, capture))
    return notebooks


def _with_int_keys(capture: dict) -> dict:
    for part in (capture, *capture["passes"]["plain"], *capture["passes"]["tracked"]):
        for key in ("cells", "truth"):
            if key in part:
                part[key] = {int(index): value for index, value in part[key].items()}
    return capture


def _notebook(name: str, tracker: str, label: dict, capture: dict) -> Notebook:
    plain, tracked = capture["passes"]["plain"], capture["passes"]["tracked"]
    training = {cell["index"] for cell in label["cells"] if cell.get("training")}
    added = {index: added_seconds(plain, tracked, index) for index in capture["cells"]}
    cpu = [added_seconds(plain, tracked, index, "cpu_seconds") for index in sorted(training & added.keys())]
    pickling = {
        index: sum(
            model["pickle_seconds"] or 0
            for model in capture["truth"].get(index, {}).get("models", {}).values()
        )
        for index in training
    }
    failing = [index for index, cell in capture["cells"].items() if cell["error"]]
    return Notebook(
        name=name,
        tracker=tracker,
        score=score(label, capture),
        certain=score(label, capture, doubtful=False),
        changed=changed_cells(plain, tracked),
        broken=tuple(index for index in failing if all(not one["cells"][index]["error"] for one in plain)),
        added=tuple(added[index] for index in sorted(training) if added.get(index) is not None),
        added_cpu=tuple(seconds for seconds in cpu if seconds is not None),
        added_elsewhere=tuple(v for index, v in added.items() if index not in training and v is not None),
        pickling=tuple(pickling[index] for index in sorted(training) if added.get(index) is not None),
        capture_seconds=tuple(
            run["capture_seconds"] for run in capture["runs"] if run.get("capture_seconds")
        ),
        load_seconds=(tracked[-1]["first"] or {}).get("seconds"),
        seconds=(_total(plain), _total(tracked)),
        began=capture["began"],
        load=tuple(capture.get("load", ())),
        repeats=len(tracked),
    )


def _total(passes: list[dict]) -> float:
    return statistics.median(sum(cell["seconds"] or 0 for cell in one["cells"].values()) for one in passes)


def _page(results: Mapping[str, list[Notebook]], causes: list[dict]) -> Iterable[str]:
    yield "# Capture accuracy: what was reached"
    yield ""
    yield "Written by `report.py`; the README tells what each figure means."
    yield ""
    yield from (_taken(tracker, notebooks) for tracker, notebooks in results.items())
    yield ""
    yield from _totals(results)
    for tracker, notebooks in results.items():
        yield from _per_notebook(tracker, notebooks)
    yield from _times(results)
    for tracker, notebooks in results.items():
        yield from _side_effects(tracker, notebooks)
    if "nbtrack" in results:
        yield from _misses(results["nbtrack"], causes)


def _taken(tracker: str, notebooks: list[Notebook]) -> str:
    """When the figures of a tracker were taken, and how busy the machine was."""
    days = sorted(datetime.fromtimestamp(n.began, tz=UTC) for n in notebooks)
    span = f"{days[0]:%Y-%m-%d %H:%M} to {days[-1]:%H:%M} UTC"
    repeats = sorted({n.repeats for n in notebooks})
    passes = "one pass" if repeats == [1] else f"{repeats[0]} to {repeats[-1]} passes"
    loads = [each for n in notebooks for each in n.load]
    told = (
        f"; load {statistics.median(loads):.1f} (median) on {os.cpu_count()} processors"
        if loads
        else "; the load was not recorded"
    )
    if loads and statistics.median(loads) > (os.cpu_count() or 1):
        told += ": other programs ran beside it, so that added times by the clock are upper bounds"
    return f"- {tracker}: {len(notebooks)} notebooks, {passes} without and with, {span}{told}."


def _totals(results: Mapping[str, list[Notebook]]) -> Iterable[str]:
    yield "## In all"
    yield ""
    heads = [head for tracker in results for head in (tracker, f"{tracker}, doubtful cells left out")]
    yield "| figure | " + " | ".join(heads) + " |"
    yield "|---|" + "---|" * len(heads)
    for figure in FIGURES:
        row = []
        for notebooks in results.values():
            row += [_sum(figure, (n.score for n in notebooks)), _sum(figure, (n.certain for n in notebooks))]
        yield f"| {figure} | " + " | ".join(row) + " |"
    yield ""


def _sum(figure: str, scores: Iterable[Score]) -> str:
    counts = [one.counts[figure] for one in scores]
    return _share(sum(hits for hits, _ in counts), sum(total for _, total in counts))


def _share(hits: int, total: int) -> str:
    return f"{hits / total:.3f} ({hits}/{total})" if total else "-"


def _per_notebook(tracker: str, notebooks: list[Notebook]) -> Iterable[str]:
    yield f"## {tracker}, per notebook"
    yield ""
    yield "Recall · precision, as hits/total; slices are those of the training cells that made runs."
    yield ""
    yield "| notebook | " + " | ".join(COLUMNS) + " | outputs changed | added per training cell (processor) |"
    yield "|---|" + "---|" * (len(COLUMNS) + 2)
    for notebook in notebooks:
        row = [_column(notebook.score, column) for column in COLUMNS]
        added = f"{_ms(notebook.added)} ({_ms(notebook.added_cpu)})"
        yield f"| {_short(notebook.name)} | " + " | ".join(row) + f" | {len(notebook.changed)} | {added} |"
    yield ""


def _column(result: Score, column: str) -> str:
    figures = ["models loadable"] if column == "loadable" else [f"{column} recall", f"{column} precision"]
    return " · ".join(_compact(*result.counts[figure]) for figure in figures)


def _compact(hits: int, total: int) -> str:
    return f"{hits}/{total}" if total else "-"


def _short(name: str) -> str:
    owner, _repo, path = (*name.split("__", 2), "", "")[:3]
    return f"{owner}: {path}"


def _times(results: Mapping[str, list[Notebook]]) -> Iterable[str]:
    yield "## Time"
    yield ""
    yield "| | " + " | ".join(results) + " |"
    yield "|---|" + "---|" * len(results)
    rows = {
        "added per training cell, median": lambda ns: _ms(v for n in ns for v in n.added),
        "added processor time per training cell (kernel's main thread), median": lambda ns: _ms(
            v for n in ns for v in n.added_cpu
        ),
        "of the added time, beside one pickling of its models, median": lambda ns: _ms(
            a - p for n in ns for a, p in zip(n.added, n.pickling, strict=True)
        ),
        "added per other cell, median": lambda ns: _ms(v for n in ns for v in n.added_elsewhere),
        "the tracker's own account per run, median": lambda ns: _ms(v for n in ns for v in n.capture_seconds),
        "the added first cell, median": lambda ns: _ms(
            n.load_seconds for n in ns if n.load_seconds is not None
        ),
        "all cells of all notebooks, without and with": lambda ns: (
            f"{sum(n.seconds[0] for n in ns):.1f} s, {sum(n.seconds[1] for n in ns):.1f} s"
        ),
    }
    for name, told in rows.items():
        yield f"| {name} | " + " | ".join(told(notebooks) for notebooks in results.values()) + " |"
    yield ""


def _ms(seconds: Iterable[float]) -> str:
    values = list(seconds)
    return f"{1000 * statistics.median(values):.1f} ms" if values else "-"


def _side_effects(tracker: str, notebooks: list[Notebook]) -> Iterable[str]:
    yield f"## {tracker}: cells broken, outputs changed"
    yield ""
    lines = [
        f"- {_short(n.name)}: cell {index} fails only with the tracker"
        for n in notebooks
        for index in n.broken
    ]
    lines += [
        f"- {_short(n.name)}: cell {index}: {what}" for n in notebooks for index, what in n.changed.items()
    ]
    yield from lines or ["None."]
    yield ""


def _misses(notebooks: list[Notebook], causes: list[dict]) -> Iterable[str]:
    told = [(n.name, miss, _cause(n.name, miss, causes)) for n in notebooks for miss in n.score.misses]
    yield "## nbtrack: causes"
    yield ""
    for (figure, cause), count in Counter((miss.figure, cause) for _name, miss, cause in told).most_common():
        yield f"- {count} × {figure}: {cause or 'no cause given yet'}"
    yield ""
    yield "## nbtrack: every miss"
    yield ""
    yield "| figure | notebook | cell | what | detail | cause |"
    yield "|---|---|---|---|---|---|"
    for name, miss, cause in sorted(
        told, key=lambda one: (list(FIGURES).index(one[1].figure), one[0], one[1].cell)
    ):
        what = miss.what + (" (doubtful)" if miss.doubtful else "")
        cells = [miss.figure, _short(name), str(miss.cell), what, miss.detail[:240], cause]
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
    yield ""


def _cause(name: str, miss: Miss, causes: list[dict]) -> str:
    for cause in causes:
        if (
            cause.get("notebook", "") in name
            and cause.get("figure", "") in miss.figure
            and miss.cell in cause.get("cells", [miss.cell])
            and re.search(cause.get("what", ""), miss.what)
        ):
            return cause["cause"]
    return ""


if __name__ == "__main__":
    main()

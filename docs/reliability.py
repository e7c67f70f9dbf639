"""Makes docs/reliability.md from what a run of the tests counted.

    python docs/reliability.py [--tally FILE …] [--peers FILE]

A tally is what the tests write into the file that NBTRACK_TALLY names (tests/conftest.py); the peers' counts are what
`benchmarks/durability/run.py --json` writes. What is given replaces the numbers of docs/reliability.json; the page is
made of those, in the words of docs/reliability.toml. With --check it only says whether the page is what they say. A
test that failed, that was never run, or that there are no words for is an error: the page is made of runs in which
nothing was lost.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
NUMBERS = HERE / "reliability.json"
PAGE = HERE / "reliability.md"
MAKEFILE = HERE.parent / "Makefile"
WORDS = HERE / "reliability.toml"
SECTIONS = tomllib.loads(WORDS.read_text(encoding="utf-8"))["section"]
INTRODUCTION = """# What was tried, and what was lost

<!-- Made from docs/reliability.json by docs/reliability.py: do not change it here. -->

The numbers of runs of the tests {form}.
Everywhere the same had to hold: what was acknowledged is there, what is there is whole, `nbtrack doctor --full` finds
the store sound or names what was done to it, and the next capture works. A single loss fails its test, and this page is
made only of tests that passed: the last column says what they hold us to."""
PEERS = """The same loop with other trackers, killed at the same moments of its first three seconds
(`benchmarks/durability/`); *lost* is what a call had returned for and a new process does not find.

{table}

MLflow commits each call to its database before it returns, as nbtrack does with runs; points nbtrack puts into a mapped
file, which outlives the process, and takes them into its database when the cell ends. Trackio keeps points in memory
until a thread of it writes them, every half second at best, and a run that finishes waits for that. W&B writes blocks
of 32 KiB, and the last one when the run ends. How many were acknowledged hangs on how fast each takes points, and says
nothing here."""
KINDS = {
    "points": "points, as fast as it goes",
    "steps": "points, a hundred a second",
    "runs": "runs that had finished",
}


def long_form() -> dict[str, str]:
    """What `make soak` sets."""
    line = next(
        line for line in MAKEFILE.read_text(encoding="utf-8").splitlines() if "NBTRACK_KILLS=" in line
    )
    return {name: value for name, value in re.findall(r"NBTRACK_(\w+)=(\S+)", line) if name != "FRESH"}


def counted(files: list[Path]) -> dict[str, Any]:
    """What tests tried, by test, and whether that was their long form, if they have one.

    Raises:
        SystemExit: a test failed, or there are no words for it.
    """
    lines = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    if failed := [line["test"] for line in lines if not line["passed"]]:
        raise SystemExit(f"These tests failed: {failed}")
    found = {line["test"] for line in lines}
    if strangers := {test for test in found - worded() if test.startswith(("faults/", "laws/", "security/"))}:
        raise SystemExit(f"{WORDS.name} has no words for these tests: {sorted(strangers)}")
    tests: dict[str, dict[str, Any]] = {}
    long = long_form()
    for test in sorted(found & worded()):
        mine = [line for line in lines if line["test"] == test]
        counts: Counter[str] = Counter()
        for line in mine:
            counts.update(line["counts"])
        tests[test] = {
            "long": all(line["form"].items() <= long.items() for line in mine),
            "counts": dict(counts),
        }
    return tests


def worded() -> set[str]:
    """The tests that the page speaks of."""
    return {row["test"] for section in SECTIONS for row in section["row"]}


def page(numbers: dict[str, Any]) -> str:
    """The page's text."""
    tests = numbers["tests"]
    if missing := worded() - tests.keys():
        raise SystemExit(f"These tests were not run: {sorted(missing)}")
    short = not all(test["long"] for test in tests.values())
    form = "in their long form (`make soak`)" + (
        ", where a row is marked * in their short one (`make test`)" if short else ""
    )
    parts = [INTRODUCTION.format(form=form)]
    for section in SECTIONS:
        parts += [f"## {section['title']}", section["about"], _table(section, tests)]
    parts += ["## Beside others", PEERS.format(table=_peers(numbers["peers"]))]
    return "\n\n".join(parts) + "\n"


def _table(section: dict[str, Any], tests: dict[str, dict[str, Any]]) -> str:
    rows = section["row"]
    lines = [f"| what was tried | how often | {section.get('asks', 'what was lost')} |", "|---|---|---|"]
    for row in rows:
        found = tests[row["test"]]
        counts = ", ".join(
            f"{found['counts'].get(name, 0):,} {words}" for name, words in row["counts"].items()
        )
        lines.append(
            f"| {row['what']} | {counts}{'' if found['long'] else ' *'} | {row.get('held', 'nothing')} |"
        )
    files = sorted({f"`tests/{row['test'].partition('::')[0]}`" for row in rows})
    return "\n".join(lines) + f"\n\nTried by {', '.join(files)}."


def _peers(counts: list[dict[str, Any]]) -> str:
    lines = [
        "| tracker | what was killed | acknowledged | kills | of these | lost |",
        "|---|---|---|---|---|---|",
    ]
    whom = {"alone": "the kernel alone", "with its helpers": "the kernel and its helper", "": "the kernel"}
    for each in counts:
        share = f" ({each['lost'] / each['acknowledged']:.1%})" if each["lost"] else ""
        lines.append(
            f"| {each['tracker']} {each['version']} | {whom[each['killed']]} | {KINDS[each['kind']]} | "
            f"{each['kills']} | {each['acknowledged']:,} | {each['lost']:,}{share} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Take numbers in, write the page or check it; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tally", type=Path, nargs="+", default=[])
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    numbers = json.loads(NUMBERS.read_text(encoding="utf-8")) if NUMBERS.exists() else {}
    if given.tally:
        numbers["tests"] = {**numbers.get("tests", {}), **counted(given.tally)}
    if given.peers:
        numbers["peers"] = json.loads(given.peers.read_text(encoding="utf-8"))
    if given.check:
        if PAGE.read_text(encoding="utf-8") == page(numbers):
            return 0
        print(f"{PAGE} is not what {NUMBERS.name} says; run `python docs/reliability.py`.")
        return 1
    NUMBERS.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(numbers), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

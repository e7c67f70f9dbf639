"""Makes docs/reliability.md from what a run of the tests counted.

    python docs/reliability.py [--tally FILE …] [--peers FILE]

A tally is what the tests write into the file that NBTRACK_TALLY names (tests/conftest.py); the peers' counts are what
`benchmarks/durability/run.py --json` writes. What is given replaces the numbers of docs/reliability.json; the page is
made of those, in the words of docs/reliability.toml. With --check it only says whether the page is what they say. A
test that failed, or one that there are no words for, is an error: the page is made of whole runs in which nothing was
lost.
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
SECTIONS = tomllib.loads((HERE / "reliability.toml").read_text(encoding="utf-8"))["section"]
INTRODUCTION = """# What was tried, and what was lost

<!-- Made from docs/reliability.json by docs/reliability.py: do not change it here. -->

The numbers of one run of the tests in their {form} form, as in `{command}`. Everywhere the same had to hold: what was
acknowledged is there, what is there is whole, `nbtrack doctor --full` finds the store sound or names what was done to
it, and the next capture works. A single loss fails the test, and this page is made only of runs in which none failed;
so the last column says what the tests hold us to."""
PEERS = """The same loop with other trackers, killed at the same moments of its first three seconds
(`benchmarks/durability/`); *lost* is what a call had returned for and a new process does not find.

{table}

MLflow commits each call to its database before it returns, as nbtrack does. Trackio keeps points in memory until a
thread of it writes them, every half second at best, and a run that finishes waits for that. W&B writes blocks of
32 KiB, and the last one when the run ends. How many were acknowledged hangs on how fast each takes points, and says
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
    """The numbers of a whole run: by test, and which form it was.

    Raises:
        SystemExit: a test failed, has no row, or was not run; or not all were of one form.
    """
    lines = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    wanted = {row["test"] for section in SECTIONS for row in section["row"]}
    found = {line["test"] for line in lines}
    if failed := [line["test"] for line in lines if not line["passed"]]:
        raise SystemExit(f"These tests failed: {failed}")
    if wanted - found:
        raise SystemExit(f"These tests were not run: {sorted(wanted - found)}")
    if strangers := {test for test in found - wanted if test.startswith(("faults/", "laws/", "security/"))}:
        raise SystemExit(f"The page has no words for these tests: {sorted(strangers)}")
    forms = {json.dumps(line["form"], sort_keys=True) for line in lines}
    if len(forms) > 1:
        raise SystemExit(f"The tallies are of several forms: {forms}")
    tests: dict[str, Counter[str]] = {test: Counter() for test in sorted(wanted)}
    for line in lines:
        tests.get(line["test"], Counter()).update(line["counts"])
    return {"form": json.loads(forms.pop()), "tests": {test: dict(counts) for test, counts in tests.items()}}


def page(numbers: dict[str, Any]) -> str:
    """The page's text."""
    form = "long" if numbers["form"] == long_form() else "short"
    command = "make soak" if form == "long" else "make test"
    parts = [INTRODUCTION.format(form=form, command=command)]
    for section in SECTIONS:
        parts += [f"## {section['title']}", section["about"], _table(section["row"], numbers["tests"])]
    parts += ["## Beside others", PEERS.format(table=_peers(numbers["peers"]))]
    return "\n\n".join(parts) + "\n"


def _table(rows: list[dict[str, Any]], tests: dict[str, dict[str, int]]) -> str:
    lines = ["| what was tried | how often | what was lost |", "|---|---|---|"]
    for row in rows:
        found = tests[row["test"]]
        counts = ", ".join(f"{found.get(name, 0):,} {words}" for name, words in row["counts"].items())
        lines.append(f"| {row['what']} | {counts} | {row.get('held', 'nothing')} |")
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
        numbers |= counted(given.tally)
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

"""Makes the reference pages that say what the code says: the database, the command's usage, the tables of magics.

With --check it only says whether they are current.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from nbtrack.store import schema

REFERENCE = Path(__file__).parent / "reference"
PAGE = REFERENCE / "database.md"
USAGE = REFERENCE / "cli-usage.md"
MAGICS = REFERENCE / "magics.md"

INTRODUCTION = """# The database

<!-- Made from nbtrack/store/schema.py by docs/generate.py: change it there. -->

The runs of a project are in one SQLite database, `.nbtrack/lineage.db`, yours to query: with the `sqlite3` command,
with `sqlite-utils`, with pandas. Open it for reading only (`sqlite3 -readonly .nbtrack/lineage.db`): nbtrack keeps its
writers apart by a lock of its own, which other programs do not know, and changes the schema by migrations. Bytes of
models that are larger than 100 kB are files under `.nbtrack/blobs/`, named by their BLAKE3 digest; metric points of
runs that are being trained are in `.nbtrack/sessions/` until their cell ends.

```sql
-- The ten best runs by accuracy, with the parameter C
SELECT m.label, m.value AS accuracy, p.value AS C
FROM metric_list m LEFT JOIN param_list p ON p.label = m.label AND p.name = 'C'
WHERE m.name = 'accuracy' ORDER BY m.value DESC LIMIT 10;

-- Runs that were trained on the same data
SELECT c.digest, group_concat(r.label, ', ') AS runs
FROM run_datasets d JOIN contents c ON c.pk = d.content JOIN runs r ON r.pk = d.run
WHERE d.role = 'train' GROUP BY c.digest HAVING count(*) > 1;
```
"""


def page() -> str:
    """The page's text."""
    doc = schema.__doc__ or ""
    conventions, _, history = doc.partition("Conventions: ")[2].partition("Version history")
    parts = [INTRODUCTION, "## Conventions\n", _sentence(conventions) + "\n"]
    parts += [
        "## Versions\n",
        f"The version of the schema is `PRAGMA user_version`; this is {schema.VERSION}.\n",
    ]
    parts.append("\n".join(re.findall(r"^- .*$", history, re.MULTILINE)) + "\n")
    parts.append("## Tables\n")
    parts += [_table(statement) for statement in schema.statements(schema.TABLES)]
    parts.append("## Views\n")
    parts += [_view(statement) for statement in schema.statements(schema.VIEWS)]
    parts.append("## Indexes\n")
    parts.append("```sql\n" + schema.INDEXES.strip() + "\n```\n")
    parts.append("## Triggers\n")
    parts.append("```sql\n" + schema.TRIGGERS.strip() + "\n```\n")
    return "\n".join(parts)


def _sentence(text: str) -> str:
    one_line = " ".join(text.replace("``", "`").split())
    return one_line[0].upper() + one_line[1:]


def _table(statement: str) -> str:
    name, about = re.match(r"CREATE TABLE (\w+) \(  -- (.*)", statement).groups()
    rows = [f"### {name}\n", f"{_sentence(about)}.\n", "| column | type | holds |", "|---|---|---|"]
    for line in statement.splitlines()[1:]:
        column = re.match(r"    (\w+) (\w+)(.*?),?  -- (.*)", line)
        if column:
            rows.append(f"| `{column[1]}` | {_type(column[2], column[3])} | {column[4]} |")
            continue
        constraint = re.match(r"    ((?:PRIMARY KEY|UNIQUE|FOREIGN KEY) \(.*\).*?),?$", line)
        if constraint:
            rows.append(f"| | {constraint[1].lower()} | |")
    return "\n".join(rows) + "\n"


def _type(kind: str, rest: str) -> str:
    words = [kind.lower()]
    if "PRIMARY KEY" in rest:
        words.append("primary key")
    if "UNIQUE" in rest:
        words.append("unique")
    if "NOT NULL" not in rest and "PRIMARY KEY" not in rest:
        words.append("or NULL")
    parent = re.search(r"REFERENCES (\w+)", rest)
    if parent:
        words.append(f"→ [{parent[1]}](#{parent[1]})")
    return " ".join(words)


def _view(statement: str) -> str:
    name, about = re.match(r"CREATE VIEW (\w+) AS  -- (.*)", statement).groups()
    columns = re.search(r"SELECT (.*?)\n", statement)[1].split(", ")
    listed = ", ".join(f"`{column.partition('.')[2]}`" for column in columns)
    return f"### {name}\n\n{_sentence(about)}: {listed}.\n"


def usage() -> str:
    """Each verb of the command with its help, as ``--help`` prints it."""
    import click

    from nbtrack.cli.program import VERBS, program

    context = click.Context(program, info_name="nbtrack", max_content_width=100, terminal_width=100)
    parts = [
        "# Command line: usage\n",
        "<!-- Made from nbtrack/cli/ by docs/generate.py: change it there. -->\n",
        "What `nbtrack VERB --help` prints. What the verbs do and answer stands under [Command line](cli.md).\n",
        "```text\n" + program.get_help(context) + "\n```\n",
    ]
    for name in VERBS:
        command = program.get_command(context, name)
        inner = click.Context(
            command, info_name=name, parent=context, max_content_width=100, terminal_width=100
        )
        parts.append(f"## {name}\n\n```text\n{command.get_help(inner)}\n```\n")
    return "\n".join(parts)


def magics() -> str:
    """The page on magics, its tables made anew from the grammar."""
    from nbtrack.magics.block import block_parser
    from nbtrack.magics.parsing import verb_parser
    from nbtrack.magics.registry import all_verbs

    rows = ["| line | what it does | example |", "|---|---|---|"]
    for verb in all_verbs():
        line = " ".join(verb_parser(verb).format_usage().removeprefix("usage: ").split())
        rows.append(f"| {_code('%' + line)} | {_cell(verb.summary)} | {_code(verb.example)} |")
    flags = ["| flag | meaning |", "|---|---|"]
    for action in block_parser().actions:
        names = ", ".join(
            f"`{flag}{' ' + action.metavar if action.metavar else ''}`" for flag in action.option_strings
        )
        flags.append(f"| {names} | {action.help} |")
    text = MAGICS.read_text(encoding="utf-8")
    for name, table in (("verbs", rows), ("flags", flags)):
        begin, end = f"<!-- made: {name} -->", "<!-- end -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}\n\n{chr(10).join(table)}\n\n{end}{after}"
    return text


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


def main() -> int:
    """Write the pages, or check them; the exit code."""
    made = {PAGE: page(), USAGE: usage(), MAGICS: magics()}
    stale = [
        file for file, text in made.items() if not file.is_file() or file.read_text(encoding="utf-8") != text
    ]
    if "--check" in sys.argv[1:]:
        for file in stale:
            print(f"{file} is not what the code says; run `python docs/generate.py`.")
        return 1 if stale else 0
    for file in stale:
        file.write_text(made[file], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Makes docs/reference/database.md from the schema; with --check only says whether the page is current."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from nbtrack.store import schema

PAGE = Path(__file__).parent / "reference" / "database.md"

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


def main() -> int:
    """Write the page, or check it; the exit code."""
    text = page()
    if "--check" not in sys.argv[1:]:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print(f"{PAGE} is not what the schema says; run `python docs/generate.py`.")
    return 1


if __name__ == "__main__":
    sys.exit(main())

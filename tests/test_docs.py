"""The documentation is complete, and what it says to type exists."""

import json
import re
from dataclasses import MISSING, fields
from pathlib import Path

import click
import pytest

import nbtrack
from nbtrack.cli.program import VERBS, program
from nbtrack.config import Settings
from nbtrack.magics.block import block_parser
from nbtrack.magics.registry import VERBS as MAGIC_VERBS

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted(ROOT.glob("docs/**/*.md")),
]
NOTEBOOKS = sorted(ROOT.glob("examples/*.ipynb"))


def read(*parts: str) -> str:
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


def verb(name: str) -> click.Command:
    command = program.get_command(click.Context(program), name)
    assert command is not None
    return command


@pytest.mark.parametrize("name", VERBS)
def test_each_verb_is_documented_with_all_its_options(name):
    page = read("docs", "reference", "cli.md")
    section = page.partition(f"\n## nbtrack {name}\n")[2].partition("\n## ")[0]
    assert section, f"docs/reference/cli.md has no section on nbtrack {name}"
    options = [one for param in verb(name).params for one in param.opts if isinstance(param, click.Option)]
    assert [one for one in options if one not in section] == []


def test_no_verb_is_documented_that_does_not_exist():
    assert set(re.findall(r"^## nbtrack (\w+)", read("docs", "reference", "cli.md"), re.MULTILINE)) == set(
        VERBS
    )


@pytest.mark.parametrize("name", VERBS)
def test_each_verb_and_option_says_in_its_help_what_it_is(name):
    command = verb(name)
    assert command.help
    assert command.short_help
    assert [one.name for one in command.params if isinstance(one, click.Option) and not one.help] == []


def test_each_verb_of_the_line_magic_is_documented():
    page = read("docs", "reference", "magics.md")
    assert [verb for verb in MAGIC_VERBS if f"`%track {verb}" not in page] == []


def test_each_flag_of_the_cell_magic_is_documented():
    section = read("docs", "reference", "magics.md").partition("\n## %%track\n")[2]
    flags = [flag for action in block_parser()._actions for flag in action.option_strings]
    assert "--name" in flags
    assert [flag for flag in flags if f"`{flag}" not in section] == []


@pytest.mark.parametrize("name", nbtrack.__all__)
def test_each_public_name_is_documented(name):
    assert f"nbtrack.{name}" in read("docs", "reference", "python.md")


def test_each_setting_is_documented_with_its_default():
    page = read("docs", "reference", "settings.md")
    for field in fields(Settings):
        row = re.search(rf"^\| `{field.name}` \| (.*?) \|", page, re.MULTILINE)
        assert row, f"docs/reference/settings.md lacks {field.name}"
        assert field.default is not MISSING
        if field.default != "":
            assert row.group(1) == str(field.default).lower()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_each_make_target_that_a_page_names_exists(page):
    named = set(re.findall(r"\bmake ([a-z]+)\b(?!\s+(?:and|or)\b)", " ".join(code(read(page)))))
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_verb_that_a_page_tells_to_type_exists(page):
    typed = set(
        re.findall(r"(?:^|[`$] ?)nbtrack ([a-z]+)\b", "\n".join(code(page.read_text("utf-8"))), re.MULTILINE)
    )
    assert typed <= set(VERBS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_between_pages_leads_somewhere(page):
    targets = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_examples_are_committed_without_outputs(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code_cells = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code_cells
    assert [cell["id"] for cell in code_cells if cell["outputs"] or cell["execution_count"]] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_examples_train_under_one_line_about_tracking_and_ask_at_their_end(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert sources[0] == "%load_ext nbtrack"
    assert sources[-1].startswith("%track ")
    assert [source for source in sources[1:-1] if "track" in source and "fit(" in source] == []


def test_the_first_example_says_nothing_else_about_tracking():
    cells = json.loads(read("examples", "01_first_runs.ipynb"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert [source for source in sources[1:-1] if "track" in source] == []


def code(page: str) -> list[str]:
    """What stands as code in a page of Markdown: lines of fenced or indented blocks, and pieces between backquotes."""
    fenced = [
        line
        for block in re.findall(r"^```.*?\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
    ]
    return [*fenced, *re.findall(r"^ {4}(.*)$", page, re.MULTILINE), *re.findall(r"`[^`\n]+`", page)]

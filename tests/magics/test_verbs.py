"""Each verb of ``%track``: in the help with an example that parses, and refused with words where it is wrong."""

from __future__ import annotations

import argparse

import pytest
from IPython.core.oinspect import getdoc

from nbtrack.errors import UsageError
from nbtrack.magics.block import EXAMPLES, parse_block
from nbtrack.magics.parsing import parse_line, unquoted, verb_parser
from nbtrack.magics.registry import VERBS, all_verbs, verb


@pytest.mark.parametrize("name", VERBS)
def test_the_example_of_each_verb_parses_as_that_verb(name):
    line = verb(name).example.partition("%track ")[2]
    found, _ = parse_line(line)
    assert found.name == name


@pytest.mark.parametrize("name", VERBS)
def test_each_verb_says_what_completes_its_arguments(name):
    found = verb(name)
    actions = verb_parser(found)._actions
    positional = [action for action in actions if not action.option_strings]
    takes_value = [action.option_strings for action in actions if action.option_strings and action.nargs != 0]
    assert len(found.completes) == len(positional)
    assert [flags for flags in takes_value if not set(flags) & set(found.flags)] == []


@pytest.mark.parametrize("line", EXAMPLES)
def test_the_examples_of_the_cell_magic_parse(line):
    block = parse_block(line.removeprefix("%%track "))
    assert (block is None) == ("--off" in line)


def test_help_tells_each_verb_with_an_example(notebook):
    text = getdoc(notebook.shell.find_line_magic("track"))
    assert [one.name for one in all_verbs() if one.example not in text or one.summary not in text] == []


def test_help_of_the_cell_magic_tells_each_flag(notebook):
    text = getdoc(notebook.shell.find_cell_magic("track"))
    assert [flag for flag in ("--name", "-M", "--keep-data", "--off", "--quiet") if flag not in text] == []


def test_the_question_mark_shows_the_help(notebook, capsys):
    notebook.run("%track?")
    notebook.run("%%track?")
    said = capsys.readouterr().out
    assert "%track show last" in said
    assert "--keep-data" in said


def test_an_unknown_verb_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean runs"):
        parse_line("rnus")


def test_a_missing_argument_shows_how_the_verb_goes():
    with pytest.raises(UsageError, match="it goes: %track show RUN"):
        parse_line("show")


def test_a_note_may_hold_dashes():
    _, given = parse_line("note last - not -n good --at all")
    assert given.text == ["-", "not", "-n", "good", "--at", "all"]


def test_a_query_keeps_its_quotes_and_flags_may_stand_anywhere():
    _, given = parse_line('runs model = "a b" -n 5 and C < 1')
    assert (given.query, given.n) == (["model", "=", '"a b"', "and", "C", "<", "1"], 5)


@pytest.mark.parametrize(
    ("text", "bare"), [('"a b"', "a b"), ("'x'", "x"), ('a"', 'a"'), ('"', '"'), ("", "")]
)
def test_only_quotes_around_the_whole_are_taken_off(text, bare):
    assert unquoted(text) == bare


def test_a_query_with_a_quoted_text_finds_by_it(cancer):
    cancer.run("clf = DecisionTreeClassifier(criterion='log_loss').fit(X_train, y_train)")
    cancer.run("clf = DecisionTreeClassifier(criterion='gini').fit(X_train, y_train)")
    cancer.run('a = %track runs criterion = "log_loss"')
    cancer.run("b = %track runs 'criterion = \"log_loss\"'")
    assert (
        list(cancer.names["a"]["label"]) == list(cancer.names["b"]["label"]) == ["DecisionTreeClassifier-1"]
    )


def test_the_grammar_of_each_verb_fits_argparse():
    assert all(isinstance(verb_parser(one), argparse.ArgumentParser) for one in all_verbs())

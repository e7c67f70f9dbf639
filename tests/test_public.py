"""The public names: a change of them is seen here."""

import ast
import importlib
import pkgutil
import types
from pathlib import Path

import pytest

import nbtrack

PUBLIC = [
    "__version__",
    "compare",
    "digest",
    "get",
    "load_ipython_extension",
    "log",
    "param",
    "plot",
    "runs",
    "track",
    "unload_ipython_extension",
]

MODULES = [one.name for one in pkgutil.walk_packages(nbtrack.__path__, "nbtrack.")]


def test_the_public_names_are_these():
    assert nbtrack.__all__ == PUBLIC
    assert dir(nbtrack) == sorted(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_each_public_name_is_there_and_says_what_it_is(name):
    value = getattr(nbtrack, name)
    assert isinstance(value, str) or value.__doc__


def test_an_unknown_name_is_refused_like_that_of_any_module():
    with pytest.raises(AttributeError, match="module 'nbtrack' has no attribute 'runz'"):
        _ = nbtrack.runz


@pytest.mark.parametrize("name", MODULES)
def test_each_module_lists_the_names_it_offers(name):
    module = importlib.import_module(name)
    offered = [
        one for one, value in vars(module).items() if not one.startswith("_") and not is_incidental(value)
    ]
    listed = getattr(module, "__all__", [])  # a package that only says what it is for offers nothing
    assert [one for one in listed if not hasattr(module, one)] == []
    assert listed or not offered


def is_incidental(value) -> bool:
    """Whether a module has the value by importing it as a module or from the future."""
    return isinstance(value, types.ModuleType) or type(value).__module__ == "__future__"


@pytest.mark.parametrize("name", MODULES)
def test_each_module_says_what_it_is_for(name):
    assert importlib.import_module(name).__doc__


def test_each_error_is_in_the_tree_that_the_documentation_draws():
    errors = importlib.import_module("nbtrack.errors")
    drawn = {word for line in errors.__doc__.splitlines() for word in line.replace("─", " ").split()}
    assert set(errors.__all__) <= drawn


def test_the_type_checker_sees_the_package_as_typed():
    assert (Path(nbtrack.__file__).parent / "py.typed").exists()


def test_no_module_reaches_into_anothers_private_names():
    reached = []
    for file in Path(nbtrack.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nbtrack"):
                reached += [f"{file.name}: {one.name}" for one in node.names if one.name.startswith("_")]
    assert [one for one in reached if not one.endswith("__version__")] == []

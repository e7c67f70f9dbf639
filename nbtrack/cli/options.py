"""What several verbs share: where the store is, how JSON is printed, how wide the terminal is."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from nbtrack.config import FOLDER, find_store
from nbtrack.errors import StoreNotFound

__all__ = ["json_option", "print_json", "store_folder", "store_option", "terminal_columns"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def store_option(function: _Function) -> _Function:
    """Add ``--store PATH``, which a verb takes as well as the program before it."""
    return click.option(
        "--store",
        type=click.Path(path_type=Path),
        help="The .nbtrack folder, or the project that has it. Default: the nearest upward.",
    )(function)


def json_option(function: _Function) -> _Function:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")(function)


def store_folder(given: Path | None) -> Path:
    """The store's folder: ``given`` to the verb, else to the program, else the nearest upward.

    Raises:
        StoreNotFound: there is none, or the given one is no folder.
    """
    chosen = given or click.get_current_context().obj
    if chosen is None:
        return find_store()
    folder = chosen / FOLDER if (chosen / FOLDER).is_dir() else chosen
    if not folder.is_dir():
        raise StoreNotFound(
            f"There is no folder {chosen}. Give the {FOLDER} folder or the project that has it."
        )
    return Path(folder).resolve()


def print_json(value: object) -> None:
    """Print ``value`` as JSON in ASCII, which every terminal and pipe takes."""
    click.echo(json.dumps(value, indent=2, allow_nan=False))


def terminal_columns() -> int:
    """The terminal's width; 120 columns where output goes to a file or pipe."""
    # As shutil's get_terminal_size, without the archives that come with shutil.
    with contextlib.suppress(ValueError):
        given = int(os.environ.get("COLUMNS", "0"))
        if given > 0:
            return given
    with contextlib.suppress(AttributeError, ValueError, OSError):
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 120  # type: ignore[union-attr]
    return 120

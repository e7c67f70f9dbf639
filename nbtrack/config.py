"""Where the store of a project is, and the few settings a project may give.

Settings stand in the project's ``pyproject.toml`` under ``[tool.nbtrack]``; an environment variable
``NBTRACK_<NAME>`` overrides each.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from pathlib import Path

from nbtrack.errors import StoreNotFound, UsageError

__all__ = ["FOLDER", "Settings", "find_store", "load_settings", "notebook_name", "store_for"]

FOLDER = ".nbtrack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a project may set.

    Attributes:
        store: folder of the store; empty means the nearest ``.nbtrack`` upward, else one beside the notebook.
        experiment: name new runs are grouped under; empty means the notebook's name.
        max_runs_per_cell: above so many models fitted in one execution, the rest become rows of one table.
        max_value_bytes: a parameter whose JSON is longer is kept as its type, size and digest.
        max_output_bytes: stdout and stderr of a cell are cut to so many bytes each.
        max_outcome_rows: of so many scored rows at most is kept whether the prediction was right; 0: of none.
        max_row_cells: data of more values is not searched for test rows among the training rows; 0: none is.
        quiet: print no line under training cells.
    """

    store: str = ""
    experiment: str = ""
    max_runs_per_cell: int = 50
    max_value_bytes: int = 4096
    max_output_bytes: int = 65536
    max_outcome_rows: int = 100_000
    max_row_cells: int = 50_000_000
    quiet: bool = False


def find_store(start: Path | None = None) -> Path:
    """The nearest ``.nbtrack`` folder at ``start`` (default: the working directory) or above it.

    Raises:
        StoreNotFound: there is none up to the root of the file system.
    """
    here = (start or Path.cwd()).resolve()
    given = load_settings(here).store
    if given:
        return (here / given).resolve()
    for folder in (here, *here.parents):
        if (folder / FOLDER).is_dir():
            return folder / FOLDER
    raise StoreNotFound(
        f"There is no {FOLDER} folder in {here} or above it. "
        "Run a notebook with `%load_ext nbtrack` there first, or change to the project's folder.",
    )


def store_for(start: Path | None = None) -> Path:
    """The store to write to from ``start``: the nearest one upward, else a new one in ``start`` itself."""
    here = (start or Path.cwd()).resolve()
    try:
        return find_store(here)
    except StoreNotFound:
        return here / FOLDER


def notebook_name(notebook: Path, store: Path, folder: Path) -> str:
    """How runs name their notebook: by its path in the project, so that two of one name are told apart.

    Args:
        notebook: its absolute path.
        store: the ``.nbtrack`` folder, which lies in the project's.
        folder: the working directory that the kernel began in.

    Returns:
        The path relative to the project; of a notebook that is not below it relative to ``folder``; else as it is.
    """
    place = notebook.parent.resolve() / notebook.name
    for base in (store.parent.resolve(), folder.resolve()):
        if place.is_relative_to(base):
            return place.relative_to(base).as_posix()
    return str(notebook)


def load_settings(start: Path | None = None) -> Settings:
    """Settings of the project that ``start`` is in: nearest ``pyproject.toml`` upward, then the environment.

    Raises:
        UsageError: an unknown setting, or a value of the wrong type.
    """
    here = (start or Path.cwd()).resolve()
    given: dict[str, object] = {}
    for folder in (here, *here.parents):
        file = folder / "pyproject.toml"
        if file.is_file():
            given = _table(file)
            break
    for field in fields(Settings):
        text = os.environ.get(f"NBTRACK_{field.name.upper()}")
        if text is not None:
            given[field.name] = _parse(field.name, text)
    return replace(Settings(), **{name: _checked(name, value) for name, value in given.items()})  # type: ignore[arg-type]


def _table(file: Path) -> dict[str, object]:
    import tomllib  # few folders have a pyproject.toml above them

    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("nbtrack", {})
    except (OSError, ValueError):
        return {}  # not ours to judge: the file belongs to the user's project
    # Tables below [tool.nbtrack] belong to other features, such as the handoff policy.
    return {name: value for name, value in table.items() if not isinstance(value, dict)}


def _parse(name: str, text: str) -> object:
    kind = type(getattr(Settings(), name))
    if kind is bool:
        return text.strip().lower() in {"1", "true", "yes", "on"}
    if kind is int:
        try:
            return int(text)
        except ValueError:
            return text
    return text


def _checked(name: str, value: object) -> object:
    known = {field.name: type(getattr(Settings(), field.name)) for field in fields(Settings)}
    if name not in known:
        raise UsageError(
            f"Unknown setting {name!r} in [tool.nbtrack]; there are: {', '.join(sorted(known))}."
        )
    if type(value) is not known[name]:
        raise UsageError(f"Setting {name!r} is {value!r}; it takes a value of type {known[name].__name__}.")
    return value

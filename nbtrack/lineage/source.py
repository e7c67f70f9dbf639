"""A slice as one script: cells marked by comments with their execution numbers, in the order they ran.

IPython's own syntax becomes plain Python where it has a plain meaning; what only shows becomes a comment; what neither
helps is kept as a comment and named. Lines are judged where Python itself stumbles over them, so that a ``%`` inside a
string or an expression is left alone.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nbtrack.records import ExecutedCell

__all__ = ["Script", "before_failure", "script", "where"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A script, and what of the cells it could not say in plain Python."""

    text: str
    untranslated: tuple[str, ...] = ()


def script(cells: Iterable[ExecutedCell]) -> Script:
    """The cells as one script in percent format; editors run it cell by cell.

    Names that the script needs beyond the cells (for a shell command, say) are imported where they are used.
    """
    blocks: list[str] = []
    untranslated: list[str] = []
    for cell in cells:
        text, failed = _plain(before_failure(cell))
        marker = f"# %% {where(cell)}".rstrip()
        blocks.append(f"{marker}\n{text.rstrip()}\n")
        untranslated.extend(f"{where(cell)} {each}".lstrip() for each in failed)
    return Script(text="\n".join(blocks), untranslated=tuple(untranslated))


def where(cell: ExecutedCell) -> str:
    """The execution's number in brackets; empty where the front end gave none."""
    return "" if cell.execution_count is None else f"[{cell.execution_count}]"


def before_failure(cell: ExecutedCell) -> str:
    """The source; of a cell that failed the statements before the failing one, the rest as comments."""
    if cell.reached is None:
        return cell.source
    lines = cell.source.splitlines()
    plain = [_MAGIC_LINE.sub(_stand_in, line) for line in lines]
    try:
        statements = ast.parse("\n".join(plain)).body
    except (SyntaxError, ValueError):
        first = cell.reached - 1
    else:
        first = max((each.lineno - 1 for each in statements if each.lineno <= cell.reached), default=0)
    rest = [f"# {each}".rstrip() for each in lines[first:]]
    return "\n".join([*lines[:first], "# It failed here; what follows had no effect.", *rest])


_MAGIC_LINE = re.compile(r"^(\s*)(%%|%|!).*$")


def _stand_in(match: re.Match[str]) -> str:
    """What stands for a line of IPython's own syntax while the statements around it are looked for."""
    return "" if match[2] == "%%" else f"{match[1]}pass"


def _plain(source: str) -> tuple[str, list[str]]:
    """A cell in plain Python, and the lines that could not be put so."""
    lines = textwrap.dedent(source).splitlines()
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    if lines and lines[first].startswith("%%"):
        return _cell_magic(lines[first], "\n".join(lines[first + 1 :]))
    failed: list[str] = []
    for _ in lines:
        number = _stumble(lines)
        if number is None:
            break
        line = lines[number]
        if not _IPYTHON.search(line):
            break
        translated = _line(line)
        if translated is None:
            failed.append(line.strip())
            translated = _commented(line)
        lines[number] = translated
    if _stumble(lines) is not None:
        return "\n".join(f"# {line}" for line in lines), ["the cell is not plain Python"]
    return "\n".join(lines), failed


def _stumble(lines: list[str]) -> int | None:
    """The index of the line that Python cannot read; None when it can read all."""
    try:
        ast.parse("\n".join(lines))
    except SyntaxError as error:
        return min(max((error.lineno or 1) - 1, 0), len(lines) - 1)
    except ValueError:  # a null byte
        return 0
    return None


_IPYTHON = re.compile(r"^\s*[%!?]|=\s*[%!]|\?\s*$")
_ASSIGNED = re.compile(r"^(\s*)([\w., ]+?\s*=\s*)?([%!])\s*(.*)$")
_MAGIC = re.compile(r"^([\w.]+)\s*(.*)$")


def _line(line: str) -> str | None:
    """A line of IPython's syntax in plain Python; None when it has no plain meaning."""
    stripped = line.strip()
    if stripped.startswith("?") or stripped.endswith("?"):
        return _commented(line)
    match = _ASSIGNED.match(line)
    if match is None:
        return None
    indent, assigned, sign, rest = match.groups()
    if sign == "!":
        return f"{indent}{_shell(rest.removeprefix('!'), assigned)}"
    magic = _MAGIC.match(rest.removeprefix("%"))
    if magic is None:
        return None
    name, argument = magic.groups()
    if name in _SHOWING and not assigned:
        return _commented(line)
    translate = _TRANSLATIONS.get(name)
    code = None if translate is None else translate(argument)
    return None if code is None else f"{indent}{assigned or ''}{code}"


def _cell_magic(line: str, body: str) -> tuple[str, list[str]]:
    name, _, argument = line[2:].strip().partition(" ")
    if name in _RUNNING:
        text, failed = _plain(body)
        return f"# {line}\n{text}", failed
    if name in {"writefile", "file"}:
        mode = "a" if "-a" in argument.split() else "w"
        path = argument.replace("-a", "").strip()
        return f"with open({path!r}, {mode!r}) as file:\n    file.write({body + chr(10)!r})", []
    if name in {"bash", "sh", "!"}:
        return _shell(body, None), []
    commented = "\n".join(f"# {each}" for each in (line, *body.splitlines()))
    return commented, [] if name in _SHOWING else [line]


def _commented(line: str) -> str:
    """The line as a comment that still is a statement, so that a block it stood in keeps a body."""
    stripped = line.lstrip()
    indent = line[: len(line) - len(stripped)]
    return f"{indent}pass  # {stripped}" if indent else f"# {stripped}"


def _shell(command: str, assigned: str | None) -> str:
    text = f"f{command!r}" if re.search(r"\{\w+\}", command) else repr(command)
    if assigned:
        return f"{assigned}__import__('subprocess').getoutput({text}).splitlines()"
    return f"__import__('subprocess').run({text}, shell=True, check=False)"


def _statement(argument: str) -> str | None:
    """The code that a magic such as ``%time`` is given, after its options."""
    words = argument.split(" ")
    while words:
        code = " ".join(words)
        if not words[0].startswith("-") and code.strip():
            try:
                ast.parse(code)
            except SyntaxError:
                pass
            else:
                return code
        words = words[1:]
    return None


def _environment(argument: str) -> str | None:
    name, separator, value = argument.replace(" ", "=", 1).partition("=")
    return f"__import__('os').environ[{name.strip()!r}] = {value.strip()!r}" if separator else None


def _run_file(argument: str) -> str | None:
    path = argument.strip()
    return f"globals().update(__import__('runpy').run_path({path!r}))" if path and " " not in path else None


def _change_folder(argument: str) -> str:
    folder = argument.strip().strip("\"'") or "~"
    return f"__import__('os').chdir(__import__('os').path.expanduser({folder!r}))"


_RUNNING = frozenset({"capture", "memit", "prun", "time", "timeit", "track"})
_SHOWING = frozenset(
    {
        "HTML", "alias", "autoreload", "colors", "config", "history", "html", "javascript", "js", "latex", "load_ext",
        "lsmagic", "markdown", "matplotlib", "nbtrack", "pdb", "pinfo", "pprint", "precision", "pwd", "reload_ext",
        "svg", "tensorboard", "track", "unload_ext", "watermark", "who", "whos", "xmode",
    },
)  # fmt: skip
_TRANSLATIONS: dict[str, Callable[[str], str | None]] = {
    "cd": _change_folder,
    "conda": lambda argument: _shell(f"conda {argument}", None),
    "env": _environment,
    "memit": _statement,
    "pip": lambda argument: _shell(f"pip {argument}", None),
    "prun": _statement,
    "run": _run_file,
    "set_env": _environment,
    "time": _statement,
    "timeit": _statement,
}

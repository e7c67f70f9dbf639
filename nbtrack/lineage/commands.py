"""IPython's magics and shell commands, after IPython turned them into calls of ``get_ipython()``."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from nbtrack.lineage.types import Command, Note, Step

__all__ = ["ipython_call"]

# Magics that run the code they are given, maybe after options: `%time model.fit(X, y)`, `%%capture out`.
_RUNNING = frozenset(
    {"time", "timeit", "prun", "capture", "track", "memit", "mprun", "lprun", "scalene", "snakeviz"}
)
# Magics after which nobody can tell which names are bound.
_WILD = frozenset({"run", "load", "loadpy", "store", "macro", "rerun", "recall", "pylab"})

Compile = Callable[[str], "tuple[Step, ...] | None"]


def ipython_call(node: ast.Call, compile_text: Compile) -> tuple[Step, ...] | None:
    """The steps of a call that IPython's transformer made; None when ``node`` is none.

    ``compile_text`` gives the steps of Python in a text, None where it is not Python.
    """
    function = node.func
    if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Call)):
        return None
    shell = function.value.func
    if not (isinstance(shell, ast.Name) and shell.id == "get_ipython"):
        return None
    texts = [
        each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    if function.attr in {"system", "getoutput"}:
        return (Command("shell", " ".join(texts)),)
    if function.attr == "run_line_magic" and texts:
        return _line_magic(texts[0], texts[1] if len(texts) > 1 else "", compile_text)
    if function.attr == "run_cell_magic" and texts:
        return _cell_magic(texts[0], texts[1:], compile_text)
    return ()


def _line_magic(name: str, line: str, compile_text: Compile) -> tuple[Step, ...]:
    if name in _RUNNING:
        return _code(name, line, compile_text)
    if name in _WILD:
        return (Note(f"%{name} {line}".rstrip(), wild=True),)
    return (Command(name, line),)


def _cell_magic(name: str, texts: list[str], compile_text: Compile) -> tuple[Step, ...]:
    line, body = (*texts, "", "")[:2]
    if name in _RUNNING:
        steps = compile_text(_plain(body))
        return (Note(f"%%{name}: its body is not plain Python", wild=True),) if steps is None else steps
    if name == "writefile":
        return (Command("writefile", line),)
    if name in {"bash", "sh", "script", "system", "sx", "!"}:
        return (Command("shell", body),)
    if name in {"html", "HTML", "javascript", "js", "latex", "markdown", "svg", "SVG"}:
        return ()
    return (Note(f"%%{name}", wild=True),)


_LINE = re.compile(r"^(\s*)(\w+ *= *)?(%|!)(.*)$", re.MULTILINE)


def _plain(body: str) -> str:
    """The lines of a cell magic's body that are magics or commands, as IPython will turn them into calls."""
    return _LINE.sub(_plain_line, body)


def _plain_line(match: re.Match[str]) -> str:
    indent, assigned, sign, text = match.groups()
    if sign == "!":
        call = f"get_ipython().{'getoutput' if assigned else 'system'}({text!r})"
    else:
        name, _, line = text.partition(" ")
        call = f"get_ipython().run_line_magic({name!r}, {line!r})"
    return f"{indent}{assigned or ''}{call}"


def _code(name: str, line: str, compile_text: Compile) -> tuple[Step, ...]:
    words = line.split()
    while words:
        steps = compile_text(" ".join(words))
        if steps is not None and not words[0].startswith("-"):
            return steps
        words = words[1:]
    return () if not line.strip() else (Note(f"%{name} {line}"),)

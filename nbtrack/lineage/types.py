"""What a cell does to names, as plain records: the small language between syntax and the graph.

A cell, a function's body and a class body each become a tuple of steps in the order they run. A step speaks of
*operands*: a name, or a :class:`Place` reached from one (``models["a"].layers``). Names that begin with ``%`` are
temporaries: results that the source gives no name. Expressions are flattened to what matters for lineage: which
operands a value was computed from (:class:`Mix`), holds (:class:`Hold`), or may be (:class:`Either`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, TypeAlias

__all__ = [
    "CONSTANT",
    "EACH",
    "ELEMENT",
    "SLICE",
    "Bind",
    "Branch",
    "Call",
    "CellNames",
    "Class",
    "Command",
    "Define",
    "DefineClass",
    "Delete",
    "Either",
    "Function",
    "FunctionNames",
    "Hold",
    "Import",
    "Mix",
    "Note",
    "Operand",
    "Place",
    "Return",
    "Spread",
    "Star",
    "Statement",
    "Step",
    "Store",
    "Text",
    "Touch",
    "Use",
    "Value",
]

ELEMENT = "[]"
"""Path element of a subscript whose key is not a constant; constants are ``[repr]``, attributes bare names."""
EACH = "[*]"
"""Path element of iteration: whatever is inside, itself and no copy."""
SLICE = "[:]"
"""Path element of a slice: of a list another list with the same elements."""


class Place(NamedTuple):
    """Something inside an object: the root's name and the way in, such as ``("df", ("loc", "[]"))``."""

    root: str
    path: tuple[str, ...]


Operand: TypeAlias = str | Place


class Mix(NamedTuple):
    """A new value computed from others; from nothing when it is a number or another immutable constant."""

    sources: tuple[Operand, ...]


class Hold(NamedTuple):
    """A new container: what it holds, by path element."""

    parts: tuple[tuple[str, Operand], ...]


class Either(NamedTuple):
    """One of several existing values."""

    choices: tuple[Operand, ...]


class Text(NamedTuple):
    """A string constant."""

    text: str


Value: TypeAlias = Operand | Mix | Hold | Either | Text
CONSTANT = Mix(())


class Use(IntEnum):
    """What becomes of a call's result."""

    TAKEN = 0
    DISCARDED = 1
    SHOWN = 2  # the cell's last expression: displayed, so the call may be there for its result


class Bind(NamedTuple):
    """``target = value``; ``again`` for ``target += value``, which may change the object itself."""

    target: str
    value: Value
    again: bool = False


class Store(NamedTuple):
    """``place.key = value`` or ``place[key] = value``; a value of None is ``del place[key]``."""

    place: Operand
    key: str
    value: Value | None


class Touch(NamedTuple):
    """The operands are read, their use leaves nothing behind."""

    operands: tuple[Operand, ...]


class Delete(NamedTuple):
    """``del name``."""

    name: str


class Spread(NamedTuple):
    """``*operand`` among the arguments of a call."""

    operand: Operand


class Call(NamedTuple):
    """A call: ``target`` takes its result.

    ``keywords`` holds every keyword with its operand (None for constants and ``**mapping`` under the key "**"),
    ``constants`` the values of those that are constants, ``texts`` the string constants among all arguments.
    """

    target: str
    callee: Operand
    args: tuple[Operand | Spread | None, ...] = ()
    keywords: Mapping[str, Operand | None] = {}
    constants: Mapping[str, object] = {}
    texts: tuple[str, ...] = ()
    use: Use = Use.TAKEN


class Import(NamedTuple):
    """``target`` is bound to ``module`` or to its ``member``; ``level`` counts the dots of a relative import."""

    target: str
    module: str
    member: str | None = None
    level: int = 0


class Star(NamedTuple):
    """``from module import *``."""

    module: str


class Branch(NamedTuple):
    """One of the blocks runs; an empty block is the way past all of them."""

    blocks: tuple[tuple[Step, ...], ...]


class Return(NamedTuple):
    """The enclosing function gives the operands' objects back; ``each`` when it yields them."""

    value: Value
    each: bool = False


class Note(NamedTuple):
    """Something that cannot be followed. ``wild``: it may bind names that nobody can tell."""

    text: str
    wild: bool = False


class Command(NamedTuple):
    """A shell command or a magic that changes the state around the notebook."""

    kind: str
    text: str


@dataclass(slots=True)
class Function:
    """A function: what it is called with, what it does. ``defaults`` names the temporaries of default values."""

    name: str
    parameters: tuple[str, ...] = ()
    keyword_only: tuple[str, ...] = ()
    rest: str | None = None
    keywords: str | None = None
    defaults: Mapping[str, Operand] = field(default_factory=dict)
    globals: frozenset[str] = frozenset()
    nonlocals: frozenset[str] = frozenset()
    steps: tuple[Step, ...] = ()


class Define(NamedTuple):
    """``def`` or ``lambda``."""

    target: str
    function: Function
    kind: str = ""  # staticmethod, classmethod or property, inside a class


@dataclass(slots=True)
class Class:
    """A class: its bases, and the steps of its body."""

    name: str
    bases: tuple[Operand, ...]
    steps: tuple[Step, ...]


class DefineClass(NamedTuple):
    """``class``."""

    target: str
    definition: Class


Step: TypeAlias = (
    Bind
    | Store
    | Touch
    | Delete
    | Call
    | Import
    | Star
    | Branch
    | Return
    | Note
    | Command
    | Define
    | DefineClass
)


class Statement(NamedTuple):
    """The steps of one statement at cell level, and the line it begins on (from 1).

    ``shown``: it is the cell's last expression, whose value is displayed and bound to ``_``.
    """

    line: int
    steps: tuple[Step, ...]
    shown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionNames:
    """A function defined in a cell: the globals it reads, writes and changes in place, the parameters it changes."""

    name: str
    parameters: tuple[str, ...] = ()
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    mutates: frozenset[str] = frozenset()
    mutates_parameters: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CellNames:
    """The names of one cell.

    Attributes:
        reads: names that must exist before the cell runs, also those read by functions it defines and calls.
        writes: names bound by assignment, import, definition, loop, ``with``, …
        deletes: names deleted and not bound again.
        mutates: names whose object is changed in place and that existed before.
        calls: names and dotted names called at cell level or in functions called from there.
        functions: functions defined at cell level, by name; methods as ``Class.method``.
        imports: bound name to dotted module or member.
        opaque: what cannot be followed, in words.
        statements: the cell in the language of this module, from which the graph is built.
    """

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    mutates: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    functions: Mapping[str, FunctionNames] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=dict)
    opaque: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()

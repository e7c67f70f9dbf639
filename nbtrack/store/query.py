"""The language in which runs are asked for: ``accuracy > 0.9 and (C < 1 or model = "SVC")``.

::

    query      := either
    either     := both ("or" both)*
    both       := one ("and" one)*
    one        := "not" one | "(" either ")" | comparison
    comparison := name ("=" | "!=" | "<" | "<=" | ">" | ">=" | "~") value
    name       := a word such as accuracy, param.C, metric.loss, tag.owner, val/loss; any other in `backticks`
    value      := number | "text" | 'text' | word; true, false, none, nan and inf are what they say

``~`` asks whether a text contains another, whatever the case of ASCII letters. Parsing is by recursive descent into a
small tree; it knows no SQL and no store (see :mod:`nbtrack.store.search`).
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias, cast

from nbtrack.errors import QueryError
from nbtrack.records.record import record

__all__ = ["All", "Any", "Comparison", "Node", "Not", "Operator", "Value", "parse"]

Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">=", "~"]
Value: TypeAlias = "bool | int | float | str | None"

_LONGEST = 4096  # characters
_DEEPEST = 40  # nested brackets and nots: SQLite refuses expressions much deeper than that
_MOST = 200  # comparisons


@record(kw_only=False)
class Comparison:
    """One comparison; ``position`` is where its name stands in the query, ``value_position`` where its value."""

    name: str
    operator: Operator
    value: Value
    position: int
    value_position: int


@record(kw_only=False)
class Not:
    """What holds where the part does not."""

    part: Node


@record(kw_only=False)
class All:
    """What holds where all parts do."""

    parts: tuple[Node, ...]


@record(kw_only=False)
class Any:
    """What holds where one of the parts does."""

    parts: tuple[Node, ...]


Node: TypeAlias = "Comparison | Not | All | Any"

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<operator><=|>=|!=|==|=|<|>|~)
      | (?P<bracket>[()])
      | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])|[-+](?:inf|nan)(?!\w))
      | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<quoted>`[^`]+`)
      | (?P<word>[^\W\d][\w./:@%\-]*|\d[\w.:\-]*)
      | (?P<end>$)
    )""",
    re.VERBOSE | re.DOTALL,
)
_CONSTANTS: dict[str, Value] = {
    "true": True,
    "false": False,
    "none": None,
    "null": None,
    "nan": float("nan"),
    "inf": float("inf"),
}


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def parse(query: str) -> Node:
    """The tree of a query.

    Raises:
        QueryError: it does not parse, or is too long; with the position of the trouble.
    """
    if len(query) > _LONGEST:
        raise QueryError(f"The query has {len(query)} characters; {_LONGEST} is the most.", query, _LONGEST)
    return _Parser(query).parse()


class _Parser:
    def __init__(self, query: str) -> None:
        self.query = query
        self.tokens = list(self._tokens())
        self.at = 0
        self.depth = 0
        self.comparisons = 0

    def _tokens(self) -> list[_Token]:
        tokens, at = [], 0
        while True:
            match = _TOKEN.match(self.query, at)
            if match is None:
                at += len(self.query[at:]) - len(self.query[at:].lstrip())
                what = "A text without its closing quote" if self.query[at] in "\"'`" else "Not understood"
                raise self.error(f"{what}: {self.query[at : at + 20]}", at)
            kind = match.lastgroup
            assert kind is not None
            tokens.append(_Token(kind, match[kind], match.start(kind)))
            if kind == "end":
                return tokens
            at = match.end()

    def error(self, message: str, position: int) -> QueryError:
        return QueryError(f"{message} (at character {position + 1} of the query).", self.query, position)

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def take(self, kind: str, *texts: str) -> _Token | None:
        token = self.token
        if token.kind != kind or (texts and token.text.lower() not in texts):
            return None
        self.at += 1
        return token

    def parse(self) -> Node:
        node = self.either()
        if self.token.kind != "end":
            raise self.error(f"Expected `and`, `or` or the end, not {self.token.text}", self.token.position)
        return node

    def either(self) -> Node:
        parts = [self.both()]
        while self.take("word", "or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def both(self) -> Node:
        parts = [self.one()]
        while self.take("word", "and"):
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def one(self) -> Node:
        begin = self.token
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.error(f"More than {_DEEPEST} levels of brackets", begin.position)
        try:
            if self.take("word", "not"):
                return Not(self.one())
            if self.take("bracket", "("):
                node = self.either()
                if not self.take("bracket", ")"):
                    raise self.error(
                        f"The bracket opened at character {begin.position + 1} is not closed",
                        self.token.position,
                    )
                return node
            return self.comparison()
        finally:
            self.depth -= 1

    def comparison(self) -> Node:
        name = self.take("quoted") or (
            self.take("word") if self.token.text.lower() not in {"and", "or", "not"} else None
        )
        if name is None:
            raise self.error(
                f"Expected a name such as accuracy, not {_shown(self.token)}", self.token.position
            )
        operator = self.take("operator")
        if operator is None:
            raise self.error(
                f"Expected one of = != < <= > >= ~ after {name.text}, not {_shown(self.token)}",
                self.token.position,
            )
        self.comparisons += 1
        if self.comparisons > _MOST:
            raise self.error(f"More than {_MOST} comparisons", name.position)
        position = self.token.position
        value = self.value()
        sign = cast("Operator", "=" if operator.text == "==" else operator.text)
        return Comparison(name.text.strip("`"), sign, value, name.position, position)

    def value(self) -> Value:
        token = self.take("number") or self.take("text") or self.take("word") or self.take("quoted")
        if token is None:
            raise self.error(
                f"Expected a number, a text or a word, not {_shown(self.token)}", self.token.position
            )
        if token.kind == "number":
            return _number(token.text)
        if token.kind == "text":
            return re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL)
        if token.kind == "quoted":
            return token.text.strip("`")
        return _CONSTANTS.get(token.text.lower(), token.text)


def _shown(token: _Token) -> str:
    return "the end" if token.kind == "end" else token.text


def _number(text: str) -> int | float:
    try:
        number = int(text)
    except ValueError:
        return float(text)
    # Beyond 64 bits SQLite has only floats; a comparison with one so large is right all the same.
    return number if -(2**63) <= number < 2**63 else float(text)

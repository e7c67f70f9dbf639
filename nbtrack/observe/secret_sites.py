"""Secrets known by the name they stand under: assignments, arguments, dictionaries, headers, options, addresses.

A name is looked for by its stems (``pass``, ``token``, ``key``, …) with ``str.find``; only where one is found are
the whole name and what follows it examined. What follows is matched at that place with possessive or bounded
repetition, so that the time is linear in the text.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from typing import NamedTuple

from nbtrack.observe.literals import Literal, enclosing_quote, joined_literals, literal_at
from nbtrack.observe.secret_names import Secrecy, holds_secrets, secrecy
from nbtrack.observe.shapes import Span, is_template, looks_random

__all__ = ["plausible", "sites"]

_STEMS = ("pass", "secret", "token", "key", "cred", "auth", "pwd", "jwt", "cookie", "mnemonic")
_NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
_LONGEST_NAME = 64
_LONGEST_LINE = 400
_NAME_END = re.compile(r"[A-Za-z0-9_-]{0,64}+")

_BRACES = re.compile(r"\{[^{}]*\}")
_SCHEME = re.compile(r"(?:Bearer|Basic|Token|Digest|ApiKey|Negotiate|Bot) +", re.IGNORECASE)

_OPERATOR = re.compile(
    r"""\\*["'`]?[ \t]*+\]?[ \t]*+                             # the end of a quoted name, of a subscript
    (?: (?P<annotated>:[ \t]*[A-Za-z_][\w.\[\] |]{0,60}=(?!=)) | (?P<plain>==|!=|:=|=>|=|:) ) [ \t]*+""",
    re.VERBOSE,
)
_WRAPPER = re.compile(
    r"""(?:\\\n\s*+)?+ (?: \(\s*+ | (?:\w+\.)? (?:Secret\w*|str|bytes|b64decode|quote) \(\s*+ )*+""",
    re.VERBOSE,
)
_LISTED = re.compile(r"[\[({]\s*+(?:[\"'][^\"'\n]{0,64}[\"']\s*:\s*+)?")
_NEXT_ITEM = re.compile(r"\s*,\s*+(?:[\"'][^\"'\n]{0,64}[\"']\s*:\s*+)?(?=[rbufRBUF]{0,2}[\"'])")
_DEFAULT = re.compile(
    r"[^\n#]{0,200}?(?:\bor\b|\belse\b|\bget(?:env)?\([^()\n,]{1,80},)[ \t]*(?=[rbuf]{0,2}[\"'])",
)
_ARGUMENT_DEFAULT = re.compile(r"[\"'][^()\n]{0,200}?\bdefault[ \t]*=[ \t]*(?=[rbuf]{0,2}[\"'])")
_SETTER = re.compile(r"(?:\.get|setdefault|getenv|putenv|set_?env|set_\w+|setattr)\([^()\n]{0,80}\Z")
_SECOND = re.compile(r"[\"'][ \t]*,[ \t]*(?=[rbuf]{0,2}[\"'])")
_SETS = re.compile(r"(?:set_|Set|Secret(?:Str|Bytes)\Z|passwd\Z)")
_TARGETS = re.compile(r"[ \t]*((?:[\w.]{1,64}[ \t]*,[ \t]*){1,16}[\w.]{1,64})[ \t]*=(?!=)[ \t]*\(?")
_COMMA = re.compile(r"[ \t]*,[ \t]*")
_PAIRS = (
    ("auth", re.compile(r"[ \t]*(?:=[ \t]*)?\([ \t]*")),  # auth=("bob", "…"), HTTPBasicAuth("bob", "…")
    ("login(", re.compile(r"[ \t]*")),
)

_UNQUOTED = re.compile(r"[^\s\"'`()\[\]{}<>,;&\\]{1,4096}+")
_SPACES = re.compile(r"[ \t]*")
_NUMBER = re.compile(r"[+-]?(?=[\d.])[\d_]*+(?:\.\d*+)?(?:e[+-]?\d++)?\Z", re.IGNORECASE)
_END_OF_LINE = re.compile(r"[ \t]*(?:#|\n|\Z)")
_ENDS = re.compile(r"[\s\"']|\Z")
_SHELL_LINE = re.compile(r"[ \t]*(?:!|%env |%set_env |export |set |setx |ENV |env |\$ )")
_SHELL_CELL = re.compile(r"\s{0,99}%%(?:writefile|file|bash|sh|script|!)")
_OPTION = re.compile(
    r"(?:[ \t]+(?=[^\s\"'`]))(?![-=$<\[{(|&;])|[ \t]+(?=[\"'][^-])|[\"'],[ \t]*(?=[\"'][^-])"
)
_PROSE = re.compile(r"[\s\w*>#.|\"'-]*\Z")
_STATEMENT = re.compile(r"\s*(?:if|elif|else|while|for|lambda|with|def|class|case|except|assert|return)\b")
_TYPE = re.compile(
    r"(?:\w+\.)?(?:str|bytes|int|float|bool|object|list|dict|tuple|string|text|required|optional|true|false|null|"
    r"[A-Z][a-z]+(?:[A-Z][a-z]+)*)\Z",
)


def sites(text: str) -> Iterator[Span]:
    """The values in ``text`` that stand under the name of a secret, in no order; they may overlap."""
    lower = text.lower()
    if len(lower) != len(text):  # a few letters of other scripts have lower forms of two characters
        lower = "".join(letter.lower() if letter.isascii() else letter for letter in text)
    for stem in _STEMS:
        position = lower.find(stem)
        while position >= 0:
            before = text[max(0, position - _LONGEST_NAME) : position]
            start = position - (len(before) - len(before.rstrip(_NAME_CHARACTERS)))
            end = _NAME_END.match(text, position).end()  # type: ignore[union-attr]  # it matches nothing, too
            yield from _under(text, start, end)
            position = lower.find(stem, end)
    for call, opening in _PAIRS:
        position = lower.find(call)
        while position >= 0:
            opened = opening.match(text, position + len(call))
            if opened is not None:
                yield from _pair(text, opened.end())
            position = lower.find(call, position + len(call))


def plausible(value: str) -> bool:
    """Whether a value may be a secret, where its name alone does not decide: ``token = "[CLS]"`` is none."""
    if len(value) < 6 or any(map(str.isspace, value)) or is_template(value):  # noqa: PLR2004 - words are short
        return False
    letters, digits = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    return (letters and digits) or looks_random(value) or (len(value) >= 20 and value.isalpha())  # noqa: PLR2004


class _Site(NamedTuple):
    """A name found in a text: where it ends, how sure it is, its line up to it, the quote it stands in."""

    text: str
    end: int
    name: str
    sure: Secrecy
    before: str
    inside: str


def _under(text: str, start: int, end: int) -> Iterator[Span]:
    """The secrets that follow the name at ``start:end``."""
    name = text[start:end].strip("-")
    sure = secrecy(name)
    if not sure:
        if name.lower() == "key" and _is_account_key(text, start):
            site = _Site(text, end, "", Secrecy.CERTAIN, "", "")
            yield from (span for span in _assigned(site) if looks_random(text[slice(*span)]))
        return
    line_start = max(text.rfind("\n", 0, start) + 1, start - _LONGEST_LINE)
    before = text[line_start:start]
    if before.rstrip().endswith(",") or text[end : end + 16].lstrip().startswith(","):
        target = _TARGETS.match(text, line_start)
        if target is not None and target.start(1) <= start < target.end(1):
            yield from _nth(text, target.end(), text.count(",", line_start, start), sure)
            return
    if text.startswith("--", start) and (default := _ARGUMENT_DEFAULT.match(text, end)) is not None:
        yield from _literals(text, default.end(), sure)
    elif text.startswith("--", start) and (option := _OPTION.match(text, end)) is not None:
        yield from _option(text, option.end(), sure)
    elif _OPERATOR.match(text, end) is not None:
        quoted = text[end : end + 1] in {'"', "'", "\\"}
        yield from _assigned(_Site(text, end, name, sure, before, "" if quoted else enclosing_quote(before)))
    elif (second := _SECOND.match(text, end)) is not None and _SETTER.search(before[-120:].rstrip("\"'")):
        yield from _literals(text, second.end(), sure)
    elif text.startswith("(", end) and _SETS.match(name):
        yield from _literals(text, end + 1, sure)


def _assigned(site: _Site) -> Iterator[Span]:
    """The value behind an operator: a literal or several joined ones, the default of a look-up, or bare text."""
    text = site.text
    operator = _OPERATOR.match(text, site.end)
    if operator is None:
        return
    position = operator.end()
    if site.inside and text.startswith(site.inside, position):
        return  # the quote that closes the text in which the name stands
    wrapped = _WRAPPER.match(text, position).end()  # type: ignore[union-attr]  # it matches nothing, too
    if literal_at(text, wrapped) is not None:
        yield from _literals(text, wrapped, site.sure)
    elif holds_secrets(site.name) and (opened := _LISTED.match(text, position)) is not None:
        yield from _listed(text, opened.end(), site.sure)
    elif not site.inside and (default := _DEFAULT.match(text, position)) is not None:
        yield from _literals(text, default.end(), site.sure)
    elif operator["annotated"]:  # "password: dGVzdA==" is no annotation
        yield from _bare(site, _SPACES.match(text, operator.start("annotated") + 1).end())  # type: ignore[union-attr]
    else:
        yield from _bare(site, position)


def _literals(text: str, position: int, sure: Secrecy) -> Iterator[Span]:
    """The literal at ``position`` with those joined to it."""
    for literal in joined_literals(text, position):
        yield from _accepted(text, literal, sure)


def _accepted(text: str, literal: Literal, sure: Secrecy) -> Iterator[Span]:
    """The content of a literal, if it may be a secret; the scheme in front, such as ``Bearer``, is none."""
    scheme = _SCHEME.match(text, literal.start, literal.stop)
    start = scheme.end() if scheme is not None else literal.start
    content = text[start : literal.stop]
    if "f" in literal.prefix and len(_BRACES.sub("", content)) < 4 <= len(content):  # noqa: PLR2004 - "{user}:"
        return
    if content.strip() and not is_template(content) and (sure is Secrecy.CERTAIN or plausible(content)):
        yield start, literal.stop


def _listed(text: str, position: int, sure: Secrecy) -> Iterator[Span]:
    """The literals of a list, or the values of a dictionary."""
    literal = literal_at(text, position)
    while literal is not None:
        yield from _accepted(text, literal, sure)
        following = _NEXT_ITEM.match(text, literal.end)
        literal = literal_at(text, following.end()) if following is not None else None


def _nth(text: str, position: int, index: int, sure: Secrecy) -> Iterator[Span]:
    """The literal for target ``index`` of ``user, password = "bob", "…"``."""
    for _ in range(index):
        literal = literal_at(text, position)
        comma = _COMMA.match(text, literal.end) if literal is not None else None
        if comma is None:
            return
        position = comma.end()
    yield from _literals(text, position, sure)


def _pair(text: str, position: int) -> Iterator[Span]:
    """The second of two literals, ``auth=("bob", "…")``; a single one if it looks drawn by lot."""
    literal = literal_at(text, position)
    if literal is None:
        return
    if looks_random(text[literal.start : literal.stop]):
        yield literal.start, literal.stop
    comma = _COMMA.match(text, literal.end)
    if comma is not None:
        yield from _literals(text, comma.end(), Secrecy.CERTAIN)


def _option(text: str, position: int, sure: Secrecy) -> Iterator[Span]:
    """The value of a command's option: ``--password …``, also ``["--password", "…"]``."""
    if literal_at(text, position) is not None:
        yield from _literals(text, position, sure)
    elif (value := _UNQUOTED.match(text, position)) is not None and (
        plausible(value[0]) or sure is Secrecy.CERTAIN
    ):
        yield value.span()


def _is_account_key(text: str, start: int) -> bool:
    """Whether a plain ``key`` is one of an account: ``login(key=…)``, ``{"username": …, "key": …}``."""
    near = text[max(0, start - 120) : start]
    return "login(" in near or '"username"' in near


def _bare(site: _Site, position: int) -> Iterator[Span]:
    """A value without quotes, if it is no expression of the program but text of a shell, a file, a log."""
    text, sure = site.text, site.sure
    scheme = _SCHEME.match(text, position)
    position = scheme.end() if scheme is not None else position
    match = _UNQUOTED.match(text, position)
    if match is None or is_template(match[0]) or match[0][0] in "%$" or keyword.iskeyword(match[0]):
        return
    value, after = match[0], text[match.end() : match.end() + 1]
    if after and after in "([{<":
        return
    if _NUMBER.match(value):
        secret = sure is Secrecy.CERTAIN and value.isdigit() and len(value) > 3  # noqa: PLR2004 - no counts
    elif scheme is not None:
        secret = plausible(value) or len(value) > 7  # noqa: PLR2004 - "Bearer token" is talk
    elif ":" in text[site.end : position]:
        secret = _after_colon(site, match)
    else:
        secret = _after_equals(site, match)
    if secret:
        yield match.span()


def _after_colon(site: _Site, match: re.Match[str]) -> bool:
    """``password: …`` as in YAML or a log; not an annotation, a dictionary's variable, a sentence."""
    value, text = match[0], site.text
    if site.inside:
        return plausible(value) and text.startswith((site.inside, "\\"), match.end())
    if (
        not _END_OF_LINE.match(text, match.end())
        or not _PROSE.match(site.before)
        or _STATEMENT.match(site.before)
    ):
        return False
    if _TYPE.match(value):
        return False
    return len(value) > 3 if site.sure is Secrecy.CERTAIN else plausible(value)  # noqa: PLR2004 - "yes", "no"


def _after_equals(site: _Site, match: re.Match[str]) -> bool:
    """``PASSWORD=…`` as in a shell, a ``.env`` file, an address, a connection string; not a variable's name."""
    value, text, before = match[0], site.text, site.before
    likely = site.sure is Secrecy.CERTAIN or plausible(value)
    if before.endswith(("?", "&", ";")) or _SHELL_LINE.match(before) or _SHELL_CELL.match(text):
        return likely
    if site.inside:
        closed = text[match.end() : match.end() + 1] in {site.inside, ";", "&", " ", "\\"}
        return likely and (plausible(value) or closed)
    if text[match.start() - 1] != "=":  # spaces around the operator, as in a program or an .ini file
        return likely and len(value) >= 20 and looks_random(value) and "_" not in value  # noqa: PLR2004
    if all(part.isidentifier() for part in value.split(".")):  # it may be the name of a variable
        alone = _ENDS.match(text, match.end()) is not None
        return alone and plausible(value) and not any(mark in value.lower() for mark in (*_STEMS, ".", "_"))
    return likely and plausible(value)

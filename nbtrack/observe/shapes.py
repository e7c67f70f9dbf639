"""Secrets known by their shape: the key formats of providers, private keys, passwords inside addresses.

Formats after the documentation of the providers. Every expression is matched at a known place only, with
possessive repetition, so that the time is linear in the text.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

__all__ = ["Span", "is_template", "looks_random", "shapes"]

Span = tuple[int, int]
"""Start and end of a secret in a text."""

_KEYS = re.compile(
    r"""(?<![A-Za-z0-9])(?:
      (?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}                    # Amazon: identifiers of access keys
    | gh[oprsu]_[A-Za-z0-9]{20,}+ | github_pat_\w{20,}+      # GitHub
    | gl(?:pat|ptt|dt|rt|cbt|ft|soat)-[\w-]{16,}+            # GitLab
    | (?:xox[abceoprs]|xapp)-[\w-]{10,}+                     # Slack
    | AIza[\w-]{30,}+ | ya29\.[\w.-]{20,}+ | GOCSPX-[\w-]{20,}+              # Google
    | sk-(?:ant|proj|or|svcacct|admin|lf)-[\w-]{16,}+        # Anthropic, OpenAI, OpenRouter, Langfuse
    | sk-(?=[A-Za-z]*+\d)[A-Za-z0-9]{20,}+                   # OpenAI and those who copied it
    | (?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}+ | whsec_[A-Za-z0-9+/=]{16,}+ # Stripe
    | hf_[A-Za-z0-9]{20,}+ | api_org_[A-Za-z0-9]{20,}+       # Hugging Face
    | (?:gsk|r8|tgp_v1|pcsk|ntn)_(?=[A-Za-z_]{0,99}\d)\w{20,}+  # Groq, Replicate, Together, Pinecone, Notion
    | (?:xai|pplx|nvapi|tvly|csk)-(?=[A-Za-z_-]{0,99}\d)[\w-]{20,}+             # xAI, Perplexity, NVIDIA, Tavily
    | lsv2_(?:pt|sk)_\w{20,}+ | lin_api_[A-Za-z0-9]{20,}+    # LangSmith, Linear
    | npm_[A-Za-z0-9]{30,}+ | pypi-AgE[\w-]{30,}+            # package registries
    | SG\.[\w-]{16,}+\.[\w-]{16,}+ | key-[0-9a-f]{32}        # SendGrid, Mailgun
    | SK[0-9a-f]{32} | \d{8,10}:AA[\w-]{30,}+                # Twilio, Telegram
    | dapi[0-9a-f]{32} | dckr_pat_[\w-]{20,}+                # Databricks, Docker
    | hv[sb]\.[\w-]{20,}+ | dop_v1_[0-9a-f]{40,}+ | shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}  # Vault, …
    | ATATT3[\w=-]{20,}+ | figd_[\w-]{20,}+ | AGE-SECRET-KEY-1[0-9A-Z]{50,}+ # Atlassian, Figma, age
    | eyJ[\w-]{8,500}+\.eyJ[\w-]{8,}+\.[\w-]*+                  # JSON Web Tokens (RFC 7519)
    )""",
    re.VERBOSE,
)
# A literal that gives the place away, and the expressions that are matched there; group 1 is the secret.
_LOCATED = (
    ("Bearer ", re.compile(r"Bearer +((?=[\w.~+/-]*\d)[\w.~+/-]{16,}+=*+)")),
    ("Basic ", re.compile(r"Basic +((?=[A-Za-z+/]*+[0-9=])[A-Za-z0-9+/]{12,}+=*+)")),
    ("curl ", re.compile(r"curl(?= )[^\n]{0,500}? (?:-u|--user)[ =]?['\"]?[^\s:'\"]++:([^\s'\"]++)")),
    ("SG.", re.compile(r"(SG\.[\w-]{16,}+\.[\w-]{16,}+)")),
    ("AIza", re.compile(r"(AIza[\w-]{30,}+)")),
    ("://", re.compile(r"://[^\s/'\":@\\]*+:([^\s/'\"\\]{1,256})@")),
    ("://", re.compile(r"://((?=[^\s/'\":@\\\d]*+\d)[^\s/'\":@\\]{20,}+)@")),
)
_IN_ADDRESSES = (
    # Asked only where there is an address at all.
    ("hooks.slack.com/", re.compile(r"hooks\.slack\.com/(?:services|workflows|triggers)/([\w/-]{16,}+)")),
    ("/api/webhooks/", re.compile(r"/api/webhooks/\d++/([\w-]{20,}+)")),
    ("sig=", re.compile(r"(?<=[?&])sig=([A-Za-z0-9%+/=]{20,}+)")),
    ("Signature=", re.compile(r"Signature=([A-Za-z0-9%+/=~_-]{20,}+)")),
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----")
_PRIVATE_KEY_END = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----")
_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{16}")
_KEY_BODY = re.compile(r"""(?:[\s"'\\]|[A-Za-z0-9+/=]{16,}+|n(?=[A-Za-z0-9+/=]{16}))*+""")
_LAST_LINE = re.compile(r"(?<![^\n])[A-Za-z0-9+/=]{1,76}\s?\n\Z")
_AMAZON_SECRET = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])")
_CAMEL = re.compile(r"[a-z]*+(?:[A-Z]+[a-z]{2,}+)*+[A-Z]*+")

_REGION = re.compile(r"[\w.:/+=-]*+")
_TEMPLATE = re.compile(
    r"""(?: <[^<>]*> | \[[^][]*\] | \$?\{.*\} | \$\w+ | %\(\w+\)s | %s | [*xX.…•#_-]{3,} | \u2039redacted\u203a
    | (?i:your|my|some|the|insert|enter|put)?[-_ ]?(?:[a-z]+[-_ ]){0,4}(?i:key|token|password|secret)[-_ ]here
    | (?i:your)[-_ ]?(?:[A-Za-z0-9]+[-_ ]){0,4}(?i:key|token|password|secret)
    | (?i:true|false|none|null|str|string|changeme|redacted) )\Z""",
    re.VERBOSE | re.DOTALL,
)
_RUN = 12
_RUN_OF_LETTERS = b"a" * _RUN
_LETTERS = bytes.maketrans(
    bytes(range(256)),
    bytes(b"a"[0] if bytes([code]).isalnum() else b" "[0] for code in range(256)),
)
_LONG_WORD = 20
_BEFORE = 80
_NEAR = 240


def shapes(text: str) -> Iterator[Span]:
    """The places in ``text`` that have the shape of a secret, in no order; they may overlap."""
    yield from _provider_keys(text)
    for literal, expression in (*_LOCATED, *_IN_ADDRESSES) if "://" in text else _LOCATED[:-2]:
        start = text.find(literal)
        while start >= 0:
            match = expression.match(text, start)
            if match is not None and not is_template(match[1]):
                yield match.span(1)
            start = text.find(literal, start + len(literal))
    if "PRIVATE KEY" in text:
        yield from _private_keys(text)


def is_template(value: str) -> bool:
    """Whether a text only stands for a secret: ``<token>``, ``${TOKEN}``, ``YOUR_API_KEY``, ``***``."""
    return len(value) <= _BEFORE and _TEMPLATE.match(value) is not None


def looks_random(value: str) -> bool:
    """Whether a text looks drawn by lot: long, of letters and digits, without spaces, of high entropy.

    The entropy is Shannon's, over the text's own characters; English words have about 3 bits or fewer at
    such lengths, hexadecimal keys 3.5, base64 keys above 4.
    """
    if len(value) < _RUN or not value.isascii() or not _REGION.fullmatch(value):
        return False
    if not any(map(str.isalpha, value)) or not any(map(str.isdigit, value)):
        return False
    counts = Counter(value).values()
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts) > 3.0  # noqa: PLR2004 - told above


def _provider_keys(text: str) -> Iterator[Span]:
    """Keys of providers: all of them have a run of letters and digits that no word of a language has.

    Looking for such runs first costs a tenth of trying every format at every character.
    """
    runs = text.encode("ascii", "replace").translate(_LETTERS)
    start = runs.find(_RUN_OF_LETTERS)
    while start >= 0:
        end = runs.find(b" ", start)
        end = len(runs) if end < 0 else end
        if not _is_word(text[start:end], text[start - 1 : start]):
            end = _REGION.match(text, end).end()  # type: ignore[union-attr]  # the expression matches nothing, too
            for match in _KEYS.finditer(text, max(0, start - _BEFORE), end):
                yield match.span()
                if match[0].startswith(("AKIA", "ASIA")):
                    # The secret half of the pair has no mark of its own; it stands close by.
                    near = _AMAZON_SECRET.finditer(text, match.end(), match.end() + _NEAR)
                    yield from (secret.span() for secret in near if looks_random(secret[0]))
        start = runs.find(_RUN_OF_LETTERS, end)


def _is_word(run: str, before: str) -> bool:
    """Whether a run is a number, a word or a CamelCase name, without what stands before the keys of providers."""
    if run.isdigit():
        return True
    if not run.isalpha() or (before in {"_", "-"} and len(run) >= _LONG_WORD):
        return False
    return _CAMEL.fullmatch(run) is not None


def _private_keys(text: str) -> Iterator[Span]:
    """Blocks between BEGIN and END, and what is left of a block when the text was cut inside it."""
    position = 0
    end = _PRIVATE_KEY_END.search(text)
    while (begin := _PRIVATE_KEY.search(text, position)) is not None:
        if end is not None and end.start() < begin.end():
            end = _PRIVATE_KEY_END.search(text, begin.end())
        body = _KEY_BODY.match(text, begin.end())
        position = end.end() if end is not None else body.end() if body is not None else begin.end()
        if _KEY_LINE.search(text, begin.end(), position):
            yield begin.start(), position
    end = _PRIVATE_KEY_END.search(text)
    if end is not None and _PRIVATE_KEY.search(text, 0, end.start()) is None:
        start = end.start()
        while (line := _LAST_LINE.search(text, max(0, start - _BEFORE), start)) is not None:
            start = line.start()
        yield start, end.end()

"""Text with its columns kept, as HTML for notebook output, behind a bar that says how it went. No script, bounded."""

from __future__ import annotations

from html import escape
from typing import Literal

__all__ = ["boxed", "preformatted"]

_CHARACTERS = 30_000
_TEXT = (
    "margin:2px 0;font-family:var(--jp-code-font-family,monospace);font-size:12px;line-height:1.4;overflow-x:auto;"
    "color:var(--jp-ui-font-color1,inherit);background:transparent"
)
_COLOURS = {
    "good": "var(--jp-success-color1,#388e3c)",
    "doubtful": "var(--jp-warn-color1,#f57c00)",
    "bad": "var(--jp-error-color1,#d32f2f)",
    "plain": "var(--jp-border-color1,#9e9e9e)",
}


def boxed(text: str, mood: Literal["good", "doubtful", "bad", "plain"] = "plain") -> str:
    """``text`` behind a bar; the mood is its colour, never the only thing that tells."""
    return f'<div style="padding:1px 0 1px 9px;border-left:3px solid {_COLOURS[mood]}">{preformatted(text)}</div>'


def preformatted(text: str) -> str:
    """``text`` in letters of one width, cut to 30,000 characters."""
    if len(text) > _CHARACTERS:
        text = text[:_CHARACTERS] + "\n…"
    return f'<pre style="{_TEXT}">{escape(text)}</pre>'

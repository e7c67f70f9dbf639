"""How two runs differ, as HTML for notebook output: inline style, no script, every text escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from nbtrack.records import Difference, Reason
from nbtrack.render.differences import causes, effects, same_text, summary, then_and_now, unexplained
from nbtrack.render.plain import clean, cut

__all__ = ["difference_html"]

_BOX = (
    "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:var(--jp-ui-font-size1,13px);"
    "line-height:1.5;color:var(--jp-ui-font-color1,inherit);overflow-wrap:anywhere"
)
_CELL = "text-align:left;vertical-align:top;padding:1px 12px 1px 0"
_MUTED = "opacity:.72"
_CODE = (
    "margin:2px 0 6px;padding:4px 8px;font-family:var(--jp-code-font-family,monospace);font-size:12px;line-height:1.4;"
    "white-space:pre-wrap;border-left:2px solid var(--jp-border-color1,#bdbdbd)"
)
_SIGNS = {
    "+": "background:color-mix(in srgb,var(--jp-success-color1,#388e3c) 16%,transparent)",
    "-": "background:color-mix(in srgb,var(--jp-error-color1,#d32f2f) 16%,transparent)",
}
_REASONS = 60
_CODE_LINES = 40


def difference_html(difference: Difference) -> str:
    """The metrics that differ, why, and what is equal."""
    labels = f"<b>{_text(difference.then_label)}</b> → <b>{_text(difference.now_label)}</b>"
    out, why = effects(difference), causes(difference)
    parts = [f"<div>{labels}</div>", _table(out), _table(why[:_REASONS])]
    if len(why) > _REASONS:
        parts.append(_muted(f"and {len(why) - _REASONS} more"))
    if not why:
        parts.append(f"<div>{_text(unexplained(difference))}</div>")
    if difference.same:
        parts.append(_muted(same_text(difference)))
    parts += [_muted(each) for each in difference.notes]
    return f'<div class="nbtrack-diff" style="{_BOX}">{"".join(parts)}</div>'


def _table(reasons: Sequence[Reason]) -> str:
    if not reasons:
        return ""
    rows = "".join(_row(each) for each in reasons)
    return f'<table style="border-collapse:collapse;margin:4px 0">{rows}</table>'


def _row(reason: Reason) -> str:
    cells = [
        f'<td style="{_CELL};{_MUTED}">{reason.kind}</td>',
        f'<td style="{_CELL}"><b>{_text(cut(clean(reason.subject), 60))}</b></td>',
        f'<td style="{_CELL}">{_text(then_and_now(reason))}</td>',
        f'<td style="{_CELL};{_MUTED}">{_text(summary(reason))}</td>',
    ]
    row = f"<tr>{''.join(cells)}</tr>"
    if reason.kind == "code" and reason.then != reason.now and reason.detail:
        row += f'<tr><td></td><td colspan="3" style="{_CELL}">{_code(reason.detail)}</td></tr>'
    return row


def _code(diff: str) -> str:
    lines = diff.splitlines()
    shown = [_line(line) for line in lines[:_CODE_LINES]]
    if len(lines) > _CODE_LINES:
        shown.append(f"… and {len(lines) - _CODE_LINES} lines more")
    return f'<pre style="{_CODE}">{"".join(shown)}</pre>'


def _line(line: str) -> str:
    style = _SIGNS.get(line[:1], "")
    return f'<div style="{style}">{_text(line) or " "}</div>'


def _muted(text: str) -> str:
    return f'<div style="{_MUTED}">{_text(text)}</div>'


def _text(text: str) -> str:
    return escape("\n".join(clean(line) for line in text.split("\n")))

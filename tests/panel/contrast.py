"""Which texts of a page are hard to read: contrast with the ground behind them, as WCAG 2.2 counts it."""

from __future__ import annotations

from typing import Any

__all__ = ["hard_to_read"]

# Colours are composed over all that lies behind them, opacity included. Level AA asks 4.5 to 1, of large text 3 to 1;
# what is disabled is exempt.
_LOOK = """within => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const parse = color => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3]));
    const lineOf = node => {
        const line = [];
        for (let one = node; one; one = one.parentElement) line.unshift(one);
        return line;
    };
    // What is seen at a node: its ancestors' grounds and, at last, a colour of its own, each faded by all above it.
    const seen = (node, color) => {
        let ground = [255, 255, 255];
        let fade = 1;
        for (const one of lineOf(node)) {
            const style = getComputedStyle(one);
            fade *= Number(style.opacity);
            const [r, g, b, a] = parse(style.backgroundColor);
            ground = over([r, g, b, a * fade], ground);
        }
        if (color === null) return ground;
        const [r, g, b, a] = parse(color);
        return over([r, g, b, a * fade], ground);
    };
    const light = rgb => {
        const [r, g, b] = rgb.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const told = [];
    const check = (node, text, color, style) => {
        const [a, b] = [light(seen(node, color)), light(seen(node, null))].sort((x, y) => y - x);
        const contrast = (a + 0.05) / (b + 0.05);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        if (contrast < (large ? 3 : 4.5) - 0.01) {
            told.push(`${contrast.toFixed(2)} ${node.tagName.toLowerCase()}.${node.getAttribute('class')}: ${text.trim().slice(0, 40)} (${color})`);
        }
    };
    for (const root of document.querySelectorAll(within)) {
        for (const node of root.querySelectorAll('*')) {
            if (node.getClientRects().length === 0 || node.closest('[disabled], [aria-disabled="true"], .jp-mod-noInput')) continue;
            const style = getComputedStyle(node);
            if (style.visibility !== 'visible') continue;
            const text = [...node.childNodes].filter(child => child.nodeType === 3).map(child => child.textContent).join('');
            if (text.trim() !== '') check(node, text, node instanceof SVGElement ? style.fill : style.color, style);
            if (node.placeholder && node.value === '') check(node, node.placeholder, getComputedStyle(node, '::placeholder').color, style);
        }
    }
    return [...new Set(told)].sort();
}"""


def hard_to_read(page: Any, within: str) -> list[str]:
    """The texts within elements of a selector that have too little contrast: how much, where, what."""
    return list(page.evaluate(_LOOK, within))

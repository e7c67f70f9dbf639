/** Values as people read them. The rules are those of the command line, so that the same number looks the same. */

import { Json } from '../api/types';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A number of JSON or one of the texts for those that JSON lacks; null where it is neither. */
export function toNumber(value: Json | undefined): number | null {
  if (typeof value === 'number') {
    return value;
  }
  if (value === 'NaN') {
    return NaN;
  }
  return value === 'Infinity' ? Infinity : value === '-Infinity' ? -Infinity : null;
}

/** Four significant digits; whole numbers whole, very large and small ones with an exponent. */
export function formatNumber(value: number, digits = 4): string {
  if (Number.isNaN(value)) {
    return 'NaN';
  }
  if (!Number.isFinite(value)) {
    return value > 0 ? '∞' : '−∞';
  }
  const size = Math.abs(value);
  if (value === 0 || (Number.isInteger(value) && size < 1e7)) {
    return minus(String(value));
  }
  if (size >= 1e7 || size < 1e-4) {
    return minus(value.toExponential(Math.max(digits - 2, 1)).replace('e+', 'e'));
  }
  let text = Number(value.toPrecision(digits));
  // An accuracy of 0.99996 is no 1.
  for (let more = digits + 1; size < 1 && Math.abs(text) === 1 && more <= 17; more++) {
    text = Number(value.toPrecision(more));
  }
  return minus(String(text));
}

function minus(text: string): string {
  return text.startsWith('-') ? `−${text.slice(1)}` : text;
}

/** Any value of a parameter, on one line. */
export function formatValue(value: Json | undefined, limit = 200): string {
  if (value === undefined) {
    return '';
  }
  const text =
    value === null
      ? 'None'
      : value === true
        ? 'True'
        : value === false
          ? 'False'
          : typeof value === 'number'
            ? formatNumber(value, 6)
            : typeof value === 'string'
              ? value
              : JSON.stringify(value);
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

/** A metric's value. */
export function formatMetric(value: Json | undefined): string {
  const number = toNumber(value);
  return number === null ? (value === null || value === undefined ? '–' : String(value)) : formatNumber(number);
}

/** Seconds: `9 ms`, `4.9 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) {
    return '–';
  }
  if (seconds < 1) {
    return `${Math.round(seconds * 1000)} ms`;
  }
  if (seconds < 60) {
    return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 3600) {
    return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  }
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Bytes: `579 kB`. */
export function formatSize(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) {
    return '–';
  }
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toPrecision(2)} ${UNITS[unit]}`;
}

/** `455×30`; a single length with its comma left out. */
export function formatShape(shape: number[] | null | undefined): string {
  return shape ? shape.map(one => one.toLocaleString('en')).join('×') : '';
}

/** The first characters of a digest, with its algorithm. */
export function shortDigest(digest: string | null | undefined): string {
  if (!digest) {
    return '';
  }
  const colon = digest.indexOf(':');
  return colon < 0 ? digest.slice(0, 8) : digest.slice(0, colon + 9);
}

/** How long ago, from milliseconds since 1970. */
export function formatAgo(at: number, now: number): string {
  const seconds = Math.max(0, (now - at) / 1000);
  if (seconds < 10) {
    return 'just now';
  }
  if (seconds < 60) {
    return `${Math.floor(seconds)} s ago`;
  }
  if (seconds < 3600) {
    return `${Math.floor(seconds / 60)} min ago`;
  }
  if (seconds < 86400) {
    return `${Math.floor(seconds / 3600)} h ago`;
  }
  if (seconds < 7 * 86400) {
    return `${Math.floor(seconds / 86400)} d ago`;
  }
  const date = new Date(at);
  const day = date.toLocaleDateString('en', { day: 'numeric', month: 'short' });
  return date.getFullYear() === new Date(now).getFullYear() ? day : `${day} ${date.getFullYear()}`;
}

/** A time in full, for a title. */
export function formatTime(at: number | string): string {
  return new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
}

import { describe, expect, it } from 'vitest';

import { formatAgo, formatDuration, formatMetric, formatNumber, formatSize, formatValue } from '../src/models/format';

describe('numbers', () => {
  it.each([
    [0.9473684210526315, '0.9474'],
    [0.99996, '0.99996'],
    [200, '200'],
    [1e-7, '1.00e-7'],
    [123456789, '1.23e8'],
    [-0.5, '−0.5'],
    [NaN, 'NaN'],
    [-Infinity, '−∞']
  ])('%s is written %s', (value, text) => expect(formatNumber(value)).toBe(text));

  it('that JSON lacks come as texts', () => {
    expect(formatMetric('NaN')).toBe('NaN');
    expect(formatMetric('Infinity')).toBe('∞');
    expect(formatMetric(null)).toBe('–');
  });
});

describe('other values', () => {
  it.each([
    [0.009, '9 ms'],
    [4.94, '4.9 s'],
    [200, '3 min 20 s'],
    [7500, '2 h 5 min'],
    [null, '–']
  ])('%s seconds are %s', (value, text) => expect(formatDuration(value)).toBe(text));

  it.each([
    [812, '812 B'],
    [579000, '579 kB'],
    [1204331, '1.2 MB']
  ])('%s bytes are %s', (value, text) => expect(formatSize(value)).toBe(text));

  it('Python writes None, True and lists so', () => {
    expect(formatValue(null)).toBe('None');
    expect(formatValue(true)).toBe('True');
    expect(formatValue([1, 'a'])).toBe('[1,"a"]');
  });

  it('times are told from now', () => {
    const now = Date.UTC(2026, 10, 23, 12);
    expect(formatAgo(now - 4000, now)).toBe('just now');
    expect(formatAgo(now - 120_000, now)).toBe('2 min ago');
    expect(formatAgo(now - 3 * 86400_000, now)).toBe('3 d ago');
  });
});

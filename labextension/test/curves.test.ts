import { expect, it } from 'vitest';

import { nearest, points, quantileBars, smooth, thin } from '../src/models/curves';
import { sparkPath } from '../src/parts/sparkline';

it('what is no number is left out of a curve', () => {
  expect(points([0, 1, 2, 3], [1, 'NaN', null, 4])).toEqual([
    { x: 0, y: 1 },
    { x: 3, y: 4 }
  ]);
});

it('smoothing leaves a constant alone, from its first point', () => {
  const flat = [0, 1, 2, 3].map(x => ({ x, y: 5 }));
  smooth(flat, 0.9).forEach(point => expect(point.y).toBeCloseTo(5));
});

it('smoothing by nothing is the curve itself', () => {
  const curve = [{ x: 0, y: 1 }];
  expect(smooth(curve, 0)).toBe(curve);
});

it('a peak survives thinning', () => {
  const curve = Array.from({ length: 10_000 }, (_, x) => ({ x, y: x === 7777 ? 99 : Math.sin(x) }));
  const thinned = thin(curve, 200);
  expect(thinned.length).toBeLessThanOrEqual(200);
  expect(Math.max(...thinned.map(point => point.y))).toBe(99);
  expect(thinned.every((point, index) => index === 0 || thinned[index - 1].x <= point.x)).toBe(true);
});

it('the nearest point is found by its step', () => {
  const curve = [0, 10, 20].map(x => ({ x, y: x }));
  expect(nearest(curve, 14)?.x).toBe(10);
  expect(nearest(curve, 16)?.x).toBe(20);
  expect(nearest([], 1)).toBeNull();
});

it('bars between quantiles are higher where values are closer', () => {
  const bars = quantileBars({ '0.25': 1, '0.5': 2, '0.75': 3 }, 0, 10);
  expect(bars).toHaveLength(4);
  expect(bars[0].height).toBe(1);
  expect(bars[3].height).toBeLessThan(0.2);
  expect(bars[3].to).toBe(1);
});

it('a column of one value has no histogram', () => {
  expect(quantileBars({ '0.5': 1 }, 1, 1)).toEqual([]);
});

it('a sparkline needs two numbers and has gaps where there are none', () => {
  expect(sparkPath([1], 56, 20)).toBeNull();
  expect(sparkPath(null, 56, 20)).toBeNull();
  expect(sparkPath([1, null, 'NaN'], 56, 20)).toBeNull();
  expect(sparkPath([1, 2, null, 3, 2], 56, 20)?.line.match(/M/g)).toHaveLength(2);
});

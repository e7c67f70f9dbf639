/** Curves as they are drawn: without what is no number, smoothed, thinned to what a screen can show. */

import { Json } from '../api/types';
import { toNumber } from './format';

export interface Point {
  x: number;
  y: number;
}

/** The points of a curve; where x or y is no finite number the curve has a gap, which is dropped here. */
export function points(steps: number[], values: Json[]): Point[] {
  const made: Point[] = [];
  for (let index = 0; index < steps.length; index++) {
    const y = toNumber(values[index]);
    if (y !== null && Number.isFinite(y) && Number.isFinite(steps[index])) {
      made.push({ x: steps[index], y });
    }
  }
  return made;
}

/**
 * Exponential moving average, debiased, so that the beginning is not pulled to zero; `weight` from 0 (as it is) to
 * below 1. Uneven steps count as even ones.
 */
export function smooth(curve: Point[], weight: number): Point[] {
  if (weight <= 0) {
    return curve;
  }
  let last = 0;
  let mass = 0;
  return curve.map(({ x, y }) => {
    last = last * weight + (1 - weight) * y;
    mass = mass * weight + (1 - weight);
    return { x, y: last / mass };
  });
}

/** At most about `most` points, of each stretch its least and its greatest, so that no peak is lost. */
export function thin(curve: Point[], most: number): Point[] {
  if (curve.length <= most) {
    return curve;
  }
  const stretches = Math.max(1, Math.floor(most / 2));
  const kept: Point[] = [];
  for (let stretch = 0; stretch < stretches; stretch++) {
    const part = curve.slice(
      Math.floor((stretch * curve.length) / stretches),
      Math.floor(((stretch + 1) * curve.length) / stretches)
    );
    let low = part[0];
    let high = part[0];
    for (const point of part) {
      low = point.y < low.y ? point : low;
      high = point.y > high.y ? point : high;
    }
    kept.push(...(low === high ? [low] : low.x <= high.x ? [low, high] : [high, low]));
  }
  return kept;
}

/** The point whose x is nearest; null of an empty curve. `curve` is ordered by x. */
export function nearest(curve: Point[], x: number): Point | null {
  let low = 0;
  let high = curve.length - 1;
  if (high < 0) {
    return null;
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    curve[middle].x < x ? (low = middle) : (high = middle);
  }
  return Math.abs(curve[low].x - x) <= Math.abs(curve[high].x - x) ? curve[low] : curve[high];
}

/** Bars of a small histogram, of equal probability mass between quantiles: `from`, `to`, `height` (0 to 1). */
export interface Bar {
  from: number;
  to: number;
  height: number;
}

/** The density between the quantiles of a profile (`{"0.05": …}`), with its ends; empty where there are none. */
export function quantileBars(quantiles: Json | undefined, min: Json | undefined, max: Json | undefined): Bar[] {
  const ends: [number, number][] = [];
  const add = (share: number, value: Json | undefined): void => {
    const number = toNumber(value);
    if (number !== null && Number.isFinite(number)) {
      ends.push([share, number]);
    }
  };
  add(0, min);
  if (quantiles !== null && typeof quantiles === 'object' && !Array.isArray(quantiles)) {
    Object.entries(quantiles).forEach(([share, value]) => add(Number(share), value));
  }
  add(1, max);
  ends.sort((a, b) => a[0] - b[0]);
  const span = ends.length > 1 ? ends[ends.length - 1][1] - ends[0][1] : 0;
  if (ends.length < 3 || span <= 0) {
    return [];
  }
  const bars = ends.slice(1).map(([share, to], index) => {
    const [before, from] = ends[index];
    return { from: (from - ends[0][1]) / span, to: (to - ends[0][1]) / span, height: (share - before) / Math.max((to - from) / span, 0.01) };
  });
  const highest = Math.max(...bars.map(bar => bar.height));
  return bars.map(bar => ({ ...bar, height: bar.height / highest }));
}

import * as React from 'react';

import { Json } from '../api/types';
import { toNumber } from '../models/format';

/** A curve without axes; gaps where there is no number. Nothing where there are fewer than two points. */
export function Sparkline(props: { values: Json; width?: number; height?: number }): JSX.Element | null {
  const { width = 56, height = 20 } = props;
  const path = sparkPath(props.values, width, height);
  return path === null ? null : (
    <svg className="nbt-spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <path d={path.line} />
      <circle cx={path.end[0]} cy={path.end[1]} r="1.8" />
    </svg>
  );
}

/** The outline of the curve and its last point, in pixels. */
export function sparkPath(
  values: Json,
  width: number,
  height: number
): { line: string; end: [number, number] } | null {
  const numbers = Array.isArray(values) ? values.map(one => toNumber(one)) : [];
  const finite = numbers.filter((one): one is number => one !== null && Number.isFinite(one));
  if (finite.length < 2) {
    return null;
  }
  const low = Math.min(...finite);
  const span = Math.max(...finite) - low || 1;
  const x = (index: number): number => round(2 + (index / (numbers.length - 1)) * (width - 4));
  const y = (value: number): number => round(height - 3 - ((value - low) / span) * (height - 6));
  let line = '';
  let end: [number, number] = [0, 0];
  let pen = 'M';
  numbers.forEach((value, index) => {
    if (value === null || !Number.isFinite(value)) {
      pen = 'M';
      return;
    }
    end = [x(index), y(value)];
    line += `${pen}${end[0]} ${end[1]}`;
    pen = 'L';
  });
  return { line, end };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

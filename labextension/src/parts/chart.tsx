import { extent } from 'd3-array';
import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import * as React from 'react';

import { nearest, Point, smooth, thin } from '../models/curves';
import { formatNumber } from '../models/format';
import { useWidth } from './useModel';

export interface Series {
  name: string;
  color: number;
  points: Point[];
  dashed?: boolean;
}

export interface ChartProps {
  title: string;
  series: Series[];
  height?: number;
  smoothing?: number;
  logY?: boolean;
  xTitle?: string;
  legend?: boolean;
}

const MARGIN = { top: 8, right: 10, bottom: 22, left: 46 };

/** Curves over each other, with axes and the values under the pointer. What is not above 0 has no place on a log axis. */
export function Chart(props: ChartProps): JSX.Element {
  const root = React.useRef<HTMLDivElement>(null);
  const width = Math.max(useWidth(root), 160);
  const [at, setAt] = React.useState<number | null>(null);
  const height = props.height ?? 150;
  const drawn = React.useMemo(
    () => prepare(props.series, props.smoothing ?? 0, props.logY ?? false, width),
    [props.series, props.smoothing, props.logY, width]
  );
  const all = drawn.flatMap(one => one.curve);
  return (
    <figure className="nbt-chart" ref={root}>
      <figcaption>{props.title}</figcaption>
      {all.length === 0 ? (
        <p className="nbt-muted">{props.logY ? 'No value above 0.' : 'No points yet.'}</p>
      ) : (
        <Plot {...props} drawn={drawn} width={width} height={height} at={at} onMove={setAt} />
      )}
      {props.legend && <Legend series={props.series} />}
    </figure>
  );
}

interface Drawn extends Series {
  curve: Point[];
  raw: Point[];
}

function prepare(series: Series[], smoothing: number, logY: boolean, width: number): Drawn[] {
  const fits = (point: Point): boolean => !logY || point.y > 0;
  return series.map(one => {
    const raw = one.points.filter(fits);
    return { ...one, raw: thin(raw, width), curve: thin(smooth(raw, smoothing).filter(fits), width) };
  });
}

function Plot(
  props: ChartProps & {
    drawn: Drawn[];
    width: number;
    height: number;
    at: number | null;
    onMove: (at: number | null) => void;
  }
): JSX.Element {
  const { drawn, width, height, at } = props;
  const all = drawn.flatMap(one => [...one.curve, ...one.raw]);
  const [left, right] = extent(all, point => point.x) as [number, number];
  const [low, high] = extent(all, point => point.y) as [number, number];
  const x = scaleLinear()
    .domain(left === right ? [left - 1, right + 1] : [left, right])
    .range([MARGIN.left, width - MARGIN.right]);
  const pad = low === high ? Math.abs(low) * 0.1 || 1 : 0;
  const y = (props.logY ? scaleLog().domain([low / (pad ? 2 : 1), high * (pad ? 2 : 1)]) : scaleLinear().domain([low - pad, high + pad]))
    .nice(4)
    .range([height - MARGIN.bottom, MARGIN.top]);
  const path = line<Point>(point => x(point.x), point => y(point.y));
  const yTicks = props.logY ? thinned(y.ticks(4)) : y.ticks(4);
  const move = (event: React.PointerEvent<SVGSVGElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    props.onMove(x.invert(((event.clientX - box.left) / box.width) * width));
  };
  const smoothed = (props.smoothing ?? 0) > 0;
  return (
    <div className="nbt-plot">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        width="100%"
        height={height}
        role="img"
        aria-label={description(props.title, drawn)}
        onPointerMove={move}
        onPointerLeave={() => props.onMove(null)}
      >
        {yTicks.map(tick => (
          <g key={tick}>
            <line className="nbt-grid" x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} />
            <text className="nbt-tick" x={MARGIN.left - 6} y={y(tick)} dy="0.32em" textAnchor="end">
              {formatNumber(tick, 3)}
            </text>
          </g>
        ))}
        {x.ticks(Math.max(2, Math.floor(width / 90))).map(tick => (
          <text key={tick} className="nbt-tick" x={x(tick)} y={height - 6} textAnchor="middle">
            {formatNumber(tick, 6)}
          </text>
        ))}
        {drawn.map((one, index) => (
          <g key={index} className={`nbt-series nbt-color-${one.color % 10}`}>
            {smoothed && <path className="nbt-curve nbt-faint" d={path(one.raw) ?? ''} />}
            <path className={`nbt-curve${one.dashed ? ' nbt-dashed' : ''}`} d={path(one.curve) ?? ''} />
            {one.curve.length === 1 && <circle cx={x(one.curve[0].x)} cy={y(one.curve[0].y)} r="3" />}
          </g>
        ))}
        {at !== null && <Crosshair drawn={drawn} at={at} x={x} y={y} height={height} />}
      </svg>
      {at !== null && <Readout drawn={drawn} at={at} left={x(at)} width={width} xTitle={props.xTitle ?? 'step'} />}
    </div>
  );
}

function thinned(ticks: number[]): number[] {
  const every = Math.ceil(ticks.length / 6);
  return ticks.filter((_, index) => index % every === 0);
}

function Crosshair(props: {
  drawn: Drawn[];
  at: number;
  x: (value: number) => number;
  y: (value: number) => number;
  height: number;
}): JSX.Element {
  const { drawn, at, x, y, height } = props;
  const first = drawn.map(one => nearest(one.curve, at)).find(point => point !== null);
  return (
    <g pointerEvents="none">
      {first && <line className="nbt-cross" x1={x(first.x)} x2={x(first.x)} y1={MARGIN.top} y2={height - MARGIN.bottom} />}
      {drawn.map((one, index) => {
        const point = nearest(one.curve, at);
        return point && <circle key={index} className={`nbt-color-${one.color % 10}`} cx={x(point.x)} cy={y(point.y)} r="3" />;
      })}
    </g>
  );
}

function Readout(props: { drawn: Drawn[]; at: number; left: number; width: number; xTitle: string }): JSX.Element {
  const found = props.drawn.map(one => ({ one, point: nearest(one.curve, props.at) })).filter(({ point }) => point !== null);
  const step = found[0]?.point?.x;
  const side = props.left > props.width / 2 ? { right: `${((props.width - props.left) / props.width) * 100 + 2}%` } : { left: `${(props.left / props.width) * 100 + 2}%` };
  return (
    <div className="nbt-readout" style={side}>
      <div className="nbt-muted">
        {props.xTitle} {step === undefined ? '' : formatNumber(step, 8)}
      </div>
      {found.slice(0, 12).map(({ one, point }, index) => (
        <div key={index}>
          <i className={`nbt-swatch nbt-color-${one.color % 10}`} /> {one.name} <b>{formatNumber((point as Point).y)}</b>
        </div>
      ))}
      {found.length > 12 && <div className="nbt-muted">and {found.length - 12} more</div>}
    </div>
  );
}

export function Legend(props: { series: { name: string; color: number }[] }): JSX.Element {
  return (
    <ul className="nbt-legend">
      {props.series.map((one, index) => (
        <li key={index}>
          <i className={`nbt-swatch nbt-color-${one.color % 10}`} /> {one.name}
        </li>
      ))}
    </ul>
  );
}

function description(title: string, drawn: Drawn[]): string {
  const told = drawn
    .filter(one => one.curve.length > 0)
    .slice(0, 8)
    .map(one => `${one.name} from ${formatNumber(one.curve[0].y)} to ${formatNumber(one.curve[one.curve.length - 1].y)}`);
  return `${title}: ${told.join('; ')}`;
}

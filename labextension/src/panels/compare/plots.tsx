import { extent } from 'd3-array';
import { scaleLinear, scaleLog, scalePoint } from 'd3-scale';
import * as React from 'react';

import { Json, Run } from '../../api/types';
import { formatNumber, formatValue, toNumber } from '../../models/format';
import { useWidth } from '../../parts/useModel';
import { Axis } from './model';

const MOST_AXES = 9;

interface Scale {
  at: (value: Json) => number | null;
  ticks: { text: string; at: number }[];
}

/** Numbers on a linear or, over more than two decades, a log axis; anything else as categories. `from` to `to` in pixels. */
export function scaleOf(values: Json[], from: number, to: number): Scale {
  const present = values.filter(value => value !== null && value !== undefined);
  const numbers = present.map(value => (typeof value === 'boolean' ? null : toNumber(value)));
  const finite = numbers.filter((one): one is number => one !== null && Number.isFinite(one));
  if (finite.length > 0 && numbers.every(one => one !== null)) {
    const [low, high] = extent(finite) as [number, number];
    const log = low > 0 && high / low > 100;
    const pad = low === high ? Math.abs(low) * 0.1 || 1 : 0;
    const scale = (log ? scaleLog() : scaleLinear()).domain([low - pad, high + pad]).range([from, to]);
    const ticks = log ? [low, Math.sqrt(low * high), high] : scale.ticks(4);
    return {
      at: value => {
        const number = toNumber(value);
        return number === null || !Number.isFinite(number) ? null : scale(number);
      },
      ticks: ticks.map(tick => ({ text: formatNumber(tick, 3), at: scale(tick) }))
    };
  }
  const names = [...new Set(present.map(value => formatValue(value, 40)))].sort();
  const scale = scalePoint<string>().domain(names).range([from, to]).padding(0.5);
  return {
    at: value => (value === null || value === undefined ? null : (scale(formatValue(value, 40)) ?? null)),
    ticks: names.slice(0, 12).map(text => ({ text, at: scale(text) ?? from }))
  };
}

interface PlotProps {
  axes: Axis[];
  runs: Run[];
  onOpen: (id: string) => void;
}

/** A line per run over the axes that differ. */
export function Parallel(props: PlotProps): JSX.Element {
  const root = React.useRef<HTMLDivElement>(null);
  const width = Math.max(useWidth(root), 240);
  const [over, setOver] = React.useState<number | null>(null);
  const axes = chosen(props.axes, Math.min(MOST_AXES, Math.max(2, Math.floor(width / 85))));
  const height = 220;
  const x = (index: number): number => 40 + (index * (width - 90)) / Math.max(axes.length - 1, 1);
  const scales = axes.map(axis => scaleOf(axis.values, height - 16, 34));
  return (
    <figure className="nbt-chart nbt-parallel" ref={root}>
      <figcaption>Parallel coordinates</figcaption>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`Parallel coordinates of ${props.runs.length} runs over ${axes.map(axis => axis.name).join(', ')}`}>
        {props.runs.map((run, at) => {
          const points = scales.map((scale, index) => ({ x: x(index), y: scale.at(axes[index].values[at]) }));
          let path = '';
          let pen = 'M';
          points.forEach(point => {
            if (point.y === null) {
              pen = 'M';
            } else {
              path += `${pen}${point.x} ${point.y}`;
              pen = 'L';
            }
          });
          return (
            <path
              key={run.id}
              className={`nbt-parallel-line nbt-color-${at % 10}${over === null ? '' : over === at ? ' nbt-over-line' : ' nbt-dim'}`}
              d={path}
              onPointerEnter={() => setOver(at)}
              onPointerLeave={() => setOver(null)}
              onClick={() => props.onOpen(run.id)}
            >
              <title>{run.label}</title>
            </path>
          );
        })}
        {axes.map((axis, index) => (
          <g key={`${axis.kind} ${axis.name}`}>
            <line className="nbt-axis" x1={x(index)} x2={x(index)} y1={34} y2={height - 16} />
            <text className={`nbt-axis-name nbt-${axis.kind}`} x={x(index)} y={18} textAnchor={index === 0 ? 'start' : index === axes.length - 1 ? 'end' : 'middle'} dx={index === 0 ? -34 : index === axes.length - 1 ? 40 : 0}>
              {short(axis.name, Math.max(8, Math.floor(width / axes.length / 7)))}
              <title>{axis.name}</title>
            </text>
            {scales[index].ticks.map(tick => (
              <text key={tick.text} className="nbt-tick" x={x(index) + 5} y={tick.at} dy="0.32em">
                {short(tick.text, 14)}
              </text>
            ))}
          </g>
        ))}
      </svg>
    </figure>
  );
}

/** Metrics at the right, and as many params as there is room for; the axes come most telling first. */
function chosen(axes: Axis[], most: number): Axis[] {
  const metrics = axes.filter(axis => axis.kind === 'metric').slice(0, Math.max(1, Math.floor(most / 3)));
  return [...axes.filter(axis => axis.kind === 'param').slice(0, most - metrics.length), ...metrics];
}

/** Runs as points over two axes of choice. */
export function Scatter(props: PlotProps): JSX.Element {
  const root = React.useRef<HTMLDivElement>(null);
  const width = Math.min(Math.max(useWidth(root), 240), 720);
  const metrics = props.axes.filter(axis => axis.kind === 'metric');
  const params = props.axes.filter(axis => axis.kind === 'param');
  const keyOf = (axis: Axis): string => `${axis.kind} ${axis.name}`;
  const [xKey, setX] = React.useState(keyOf(params[0] ?? props.axes[0]));
  const [yKey, setY] = React.useState(keyOf(metrics[0] ?? props.axes[1]));
  const find = (key: string): Axis => props.axes.find(axis => keyOf(axis) === key) ?? props.axes[0];
  const [xAxis, yAxis] = [find(xKey), find(yKey)];
  const height = 240;
  const x = scaleOf(xAxis.values, 56, width - 16);
  const y = scaleOf(yAxis.values, height - 30, 14);
  const choose = (label: string, key: string, set: (key: string) => void): JSX.Element => (
    <label className="nbt-line">
      <span className="nbt-muted">{label}</span>
      <select className="nbt-select" value={key} onChange={event => set(event.target.value)}>
        {props.axes.map(axis => (
          <option key={keyOf(axis)} value={keyOf(axis)}>
            {axis.name}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <figure className="nbt-chart nbt-scatter" ref={root}>
      <figcaption>Scatter</figcaption>
      <div className="nbt-line nbt-controls">
        {choose('across', keyOf(xAxis), setX)}
        {choose('up', keyOf(yAxis), setY)}
      </div>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${yAxis.name} over ${xAxis.name} of ${props.runs.length} runs`}>
        {y.ticks.map(tick => (
          <g key={tick.text}>
            <line className="nbt-grid" x1={56} x2={width - 16} y1={tick.at} y2={tick.at} />
            <text className="nbt-tick" x={50} y={tick.at} dy="0.32em" textAnchor="end">
              {short(tick.text, 9)}
            </text>
          </g>
        ))}
        {x.ticks.map(tick => (
          <text key={tick.text} className="nbt-tick" x={tick.at} y={height - 10} textAnchor="middle">
            {short(tick.text, 12)}
          </text>
        ))}
        {props.runs.map((run, at) => {
          const [cx, cy] = [x.at(xAxis.values[at]), y.at(yAxis.values[at])];
          return cx === null || cy === null ? null : (
            <circle key={run.id} className={`nbt-point nbt-color-${at % 10}`} cx={cx} cy={cy} r="5" onClick={() => props.onOpen(run.id)}>
              <title>{`${run.label}\n${xAxis.name} ${formatValue(xAxis.values[at])}\n${yAxis.name} ${formatValue(yAxis.values[at])}`}</title>
            </circle>
          );
        })}
      </svg>
    </figure>
  );
}

function short(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

import * as React from 'react';

import { Curve, Metric, Param, Run } from '../../api/types';
import { points } from '../../models/curves';
import { formatMetric, formatValue } from '../../models/format';
import { byOrigin, onTraining, orderedMetrics } from '../../models/groups';
import { Chart } from '../../parts/chart';

const FIRST = 3;

export function Metrics(props: { run: Run }): JSX.Element {
  const { run } = props;
  const metrics = orderedMetrics(run);
  return (
    <>
      <div className="nbt-numbers">
        {metrics.slice(0, FIRST).map((one, index) => (
          <div key={index} className="nbt-number" title={String(one.value)}>
            <div className="nbt-muted nbt-cut">{one.name}</div>
            <b>{formatMetric(one.value)}</b>
            <div className="nbt-muted">{remarks(run, one)}</div>
          </div>
        ))}
      </div>
      {metrics.length > FIRST && (
        <table className="nbt-table">
          <tbody>
            {metrics.slice(FIRST).map((one, index) => (
              <tr key={index}>
                <th scope="row">{one.name}</th>
                <td className="nbt-num nbt-whole" title={String(one.value)}>
                  {formatMetric(one.value)}
                </td>
                <td className="nbt-muted">{remarks(run, one)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

/** On which data it was measured, and where. */
function remarks(run: Run, metric: Metric): string {
  return [
    metric.dataset !== null && `on ${metric.dataset}${onTraining(run, metric) ? ' (training data)' : ''}`,
    metric.points > 1 && `${metric.points} points`,
    metric.execution_id !== null && metric.execution_id !== run.execution.id && 'later cell'
  ]
    .filter(Boolean)
    .join(', ');
}

/** Curves of the same metric on different data share a chart. */
export function Curves(props: { curves: Curve[] }): JSX.Element {
  const [logY, setLogY] = React.useState(false);
  const charts = React.useMemo(() => {
    const names = [...new Set(props.curves.map(one => one.metric))];
    return names.map(metric => ({
      metric,
      series: props.curves
        .filter(one => one.metric === metric)
        .map((one, color) => ({ name: one.dataset ?? metric, color, points: points(one.steps, one.values) }))
    }));
  }, [props.curves]);
  return (
    <>
      <label className="nbt-check-label">
        <input type="checkbox" checked={logY} onChange={event => setLogY(event.target.checked)} /> log axis
      </label>
      <div className="nbt-charts">
        {charts.map(chart => (
          <Chart key={chart.metric} title={chart.metric} series={chart.series} logY={logY} legend={chart.series.length > 1} />
        ))}
      </div>
    </>
  );
}

export function Params(props: { run: Run }): JSX.Element {
  return (
    <>
      {byOrigin(props.run.params).map(group =>
        group.origin === 'default' ? (
          <details key={group.origin} className="nbt-origin">
            <summary className="nbt-muted">
              {group.params.length} {group.params.length === 1 ? 'default' : 'defaults'}
            </summary>
            <ParamTable params={group.params} />
          </details>
        ) : (
          <div key={group.origin} className="nbt-origin">
            <h3>{group.title}</h3>
            <ParamTable params={group.params} />
          </div>
        )
      )}
    </>
  );
}

function ParamTable(props: { params: Param[] }): JSX.Element {
  return (
    <table className="nbt-table">
      <tbody>
        {props.params.map((one, index) => (
          <tr key={index}>
            <th scope="row">{one.name}</th>
            <td className="nbt-num" title={formatValue(one.value, 4000)}>
              {one.redacted ? <span className="nbt-muted">(redacted)</span> : formatValue(one.value, 120)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

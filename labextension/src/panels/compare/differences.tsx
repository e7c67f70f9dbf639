import * as React from 'react';

import { Difference, Json, Run } from '../../api/types';
import { formatMetric, formatSize, formatValue, shortDigest } from '../../models/format';
import { Loaded } from '../../parts/section';
import { SourceDiff } from '../../parts/sourcediff';
import { CompareModel } from './model';

/** The records of `nbtrack diff` between two of the runs: most telling first. */
export function Differences(props: { model: CompareModel; runs: Run[] }): JSX.Element {
  const { model, runs } = props;
  const [a, b] = model.compared;
  const select = (value: string, label: string, choose: (id: string) => void): JSX.Element => (
    <select className="nbt-select" aria-label={label} value={value} onChange={event => choose(event.target.value)}>
      {runs.map(run => (
        <option key={run.id} value={run.id}>
          {run.label}
        </option>
      ))}
    </select>
  );
  return (
    <>
      <div className="nbt-line nbt-controls">
        {select(a, 'From', id => model.choose([id, b]))}
        <span className="nbt-muted">→</span>
        {select(b, 'To', id => model.choose([a, id]))}
      </div>
      {a === b ? (
        <p className="nbt-muted">Choose two different runs.</p>
      ) : (
        <Loaded part={model.diff()}>
          {diff =>
            diff.differences.length === 0 ? (
              <p className="nbt-muted">No difference in anything that was recorded.</p>
            ) : (
              <div className="nbt-reasons">
                {diff.differences.map((one, index) => (
                  <Reason key={index} difference={one} labels={[diff.a.label, diff.b.label]} />
                ))}
              </div>
            )
          }
        </Loaded>
      )}
    </>
  );
}

const KINDS: Record<string, string> = { environment: 'version' };

function Reason(props: { difference: Difference; labels: [string, string] }): JSX.Element {
  const { difference } = props;
  const code = difference.kind === 'code' && [difference.then, difference.now].every(one => one === null || typeof one === 'string');
  return (
    <div className={`nbt-reason nbt-reason-${difference.kind}`}>
      <div className="nbt-line">
        <span className="nbt-kind">{KINDS[difference.kind] ?? difference.kind}</span>
        <b className="nbt-cut">{difference.subject}</b>
        {!code && (
          <span className="nbt-change">
            <span>{valueOf(difference, difference.then)}</span> → <span>{valueOf(difference, difference.now)}</span>
          </span>
        )}
      </div>
      {code ? (
        <SourceDiff then={String(difference.then ?? '')} now={String(difference.now ?? '')} titles={props.labels} />
      ) : (
        typeof difference.detail === 'string' && difference.detail !== '' && <pre className="nbt-detail-text">{difference.detail}</pre>
      )}
    </div>
  );
}

function valueOf(difference: Difference, value: Json): string {
  if (value === null) {
    return '–';
  }
  if (typeof value === 'object' && !Array.isArray(value) && typeof value.digest === 'string') {
    return shortDigest(value.digest);
  }
  if (difference.kind === 'metric') {
    return formatMetric(value);
  }
  if (difference.kind === 'model' && difference.subject === 'size' && typeof value === 'number') {
    return formatSize(value);
  }
  return formatValue(value, 80);
}

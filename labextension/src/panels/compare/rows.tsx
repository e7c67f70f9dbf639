import * as React from 'react';

import { CompareRow, Comparison, Json, Run } from '../../api/types';
import { formatMetric, formatShape, formatValue, shortDigest } from '../../models/format';
import { chosenNames } from '../../models/groups';
import { IconButton } from '../../parts/icons';

type Kind = 'params' | 'metrics' | 'datasets' | 'environment';

interface Props {
  kind: Kind;
  comparison: Comparison;
  everything: boolean;
  onOpen: (id: string) => void;
  onRemove: (id: string) => void;
}

const COLUMNS = 8;
const MOST = 300;

/** Rows of one kind: a column per run where there are few runs, a line per run where there are many. */
export function Rows(props: Props): JSX.Element {
  const { comparison, kind, everything } = props;
  const differing = comparison[kind].filter(row => row.differs);
  const telling = tellingRows(kind, comparison);
  const rows = (everything ? [...telling, ...comparison[kind].filter(row => !telling.includes(row))] : telling).slice(0, MOST);
  const hidden = everything ? 0 : differing.length - telling.length;
  const total = comparison[kind].length;
  return (
    <>
      {rows.length === 0 && <p className="nbt-muted">{total === 0 ? 'None of them has any.' : hidden > 0 ? 'Only defaults differ.' : `All ${total} are equal.`}</p>}
      {rows.length > 0 && (
        <div className="nbt-x-scroll">
          {comparison.runs.length <= COLUMNS ? <Across {...props} rows={rows} /> : <Down {...props} rows={rows} />}
        </div>
      )}
      {hidden > 0 && <p className="nbt-muted nbt-small">and {hidden} {hidden === 1 ? 'default' : 'defaults'} that nobody chose</p>}
    </>
  );
}

/** Rows that differ; of params those that somebody chose in one of the runs. */
export function tellingRows(kind: Kind, comparison: Comparison): CompareRow[] {
  const chosen = kind === 'params' ? chosenNames(comparison.runs) : null;
  return comparison[kind].filter(row => row.differs && (chosen === null || chosen.has(row.name)));
}

function Across(props: Props & { rows: CompareRow[] }): JSX.Element {
  const { comparison, rows, kind } = props;
  return (
    <table className="nbt-matrix">
      <thead>
        <tr>
          <td />
          {comparison.runs.map((run, at) => (
            <th key={run.id} scope="col">
              <RunHead run={run} at={at} {...props} removable={comparison.runs.length > 2} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <tr key={row.name} className={row.differs ? '' : 'nbt-equal'}>
            <th scope="row">{row.name}</th>
            {row.values.map((value, at) => (
              <td key={at} className={row.best === at ? 'nbt-best-cell' : ''} title={titleOf(kind, value)}>
                {cellOf(kind, value)}
                {kind === 'metrics' && <Share row={row} value={value} />}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Down(props: Props & { rows: CompareRow[] }): JSX.Element {
  const { comparison, rows, kind } = props;
  return (
    <table className="nbt-matrix">
      <thead>
        <tr>
          <td />
          {rows.map(row => (
            <th key={row.name} scope="col">
              {row.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {comparison.runs.map((run, at) => (
          <tr key={run.id}>
            <th scope="row">
              <RunHead run={run} at={at} {...props} removable />
            </th>
            {rows.map(row => (
              <td key={row.name} className={row.best === at ? 'nbt-best-cell' : ''} title={titleOf(kind, row.values[at])}>
                {cellOf(kind, row.values[at])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function RunHead(props: { run: Run; at: number; removable: boolean; onOpen: (id: string) => void; onRemove: (id: string) => void }): JSX.Element {
  const { run } = props;
  // The number stays in view where the class's name is too long.
  const [, stem, number] = /^(.*?)(-\d+)?$/s.exec(run.label) ?? ['', run.label, ''];
  return (
    <span className="nbt-line nbt-run-head">
      <i className={`nbt-swatch nbt-color-${props.at % 10}`} />
      <button type="button" className="nbt-link nbt-run-label" title={run.name ? `${run.label} · ${run.name}` : run.label} onClick={() => props.onOpen(run.id)}>
        <span className="nbt-cut">{stem}</span>
        <span>{number}</span>
      </button>
      {props.removable && <IconButton icon="close" label={`Leave ${run.label} out`} onClick={() => props.onRemove(run.id)} />}
    </span>
  );
}

/** Where a value lies between the least and the greatest of its row. */
function Share(props: { row: CompareRow; value: Json }): JSX.Element | null {
  const numbers = props.row.values.filter((one): one is number => typeof one === 'number');
  if (typeof props.value !== 'number' || numbers.length < 2) {
    return null;
  }
  const low = Math.min(...numbers);
  const span = Math.max(...numbers) - low;
  const share = span === 0 ? 1 : 0.04 + (0.96 * (props.value - low)) / span;
  return (
    <div className="nbt-bar">
      <span style={{ width: `${share * 100}%` }} />
    </div>
  );
}

function cellOf(kind: Kind, value: Json): React.ReactNode {
  if (value === null || value === undefined) {
    return <span className="nbt-muted">–</span>;
  }
  if (kind === 'metrics') {
    return formatMetric(value);
  }
  if (kind === 'datasets' && typeof value === 'object' && !Array.isArray(value)) {
    const shape = value.shape as number[] | null;
    return (
      <>
        {formatShape(shape)} <span className="nbt-digest">{shortDigest(String(value.digest))}</span>
      </>
    );
  }
  return formatValue(value, 60);
}

function titleOf(kind: Kind, value: Json): string {
  return kind === 'datasets' && typeof value === 'object' && value !== null ? JSON.stringify(value) : formatValue(value, 2000);
}

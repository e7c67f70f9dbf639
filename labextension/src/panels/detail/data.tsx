import * as React from 'react';

import { Column, Dataset, DatasetDetail, Json, Profile, Run } from '../../api/types';
import { quantileBars } from '../../models/curves';
import { formatMetric, formatNumber, formatShape, formatSize, shortDigest, toNumber } from '../../models/format';
import { Chip } from '../../parts/chips';
import { Loaded } from '../../parts/section';
import { DetailModel } from './model';

const SHOWN = 60;

export function Data(props: { model: DetailModel; run: Run }): JSX.Element {
  const { model, run } = props;
  return (
    <>
      {run.datasets.length + run.files.length === 0 && <p className="nbt-muted">No data was seen to go in.</p>}
      {run.datasets.map((one, position) => (
        <DatasetView key={position} model={model} dataset={one} position={position} />
      ))}
      {run.files.length > 0 && (
        <>
          <h3>Files</h3>
          <table className="nbt-table">
            <tbody>
              {run.files.map((file, index) => (
                <tr key={index}>
                  <th scope="row">{file.path}</th>
                  <td className="nbt-muted" title={file.digest}>
                    {shortDigest(file.digest)}
                  </td>
                  <td className="nbt-num">{formatSize(file.size_bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </>
  );
}

function DatasetView(props: { model: DetailModel; dataset: Dataset; position: number }): JSX.Element {
  const { dataset } = props;
  const [open, setOpen] = React.useState(false);
  return (
    <details className="nbt-dataset" onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>
        <b>{dataset.name}</b> <Chip>{dataset.role}</Chip> <span className="nbt-muted">{formatShape(dataset.shape)}</span>
        <span className="nbt-digest" title={dataset.digest}>
          {dataset.by_pickle ? 'by pickle' : shortDigest(dataset.digest)}
        </span>
      </summary>
      {open && <Loaded part={props.model.dataset(props.position)}>{detail => <Columns detail={detail} model={props.model} />}</Loaded>}
    </details>
  );
}

function Columns(props: { detail: DatasetDetail; model: DetailModel }): JSX.Element {
  const { detail, model } = props;
  const [filter, setFilter] = React.useState('');
  const found = detail.columns.filter(one => one.name.toLowerCase().includes(filter.toLowerCase()));
  return (
    <>
      <p className="nbt-muted">
        {detail.kind}
        {detail.size_bytes !== null && `, ${formatSize(detail.size_bytes)}`}
        {detail.sampled && ', sampled'}
      </p>
      {detail.columns.length > 12 && (
        <input className="nbt-input" type="text" aria-label="Find a column" placeholder={`Find one of ${detail.columns.length} columns`} value={filter} onChange={event => setFilter(event.target.value)} />
      )}
      <table className="nbt-table nbt-profile">
        <tbody>
          {found.slice(0, SHOWN).map((column, index) => (
            <ColumnRow key={index} column={column} />
          ))}
        </tbody>
      </table>
      {found.length > SHOWN && <p className="nbt-muted">and {found.length - SHOWN} more: type above to find one</p>}
      {detail.runs.length > 0 && (
        <p className="nbt-muted">
          The same data went into{' '}
          {detail.runs.slice(0, 8).map((one, index) => (
            <React.Fragment key={one.id}>
              {index > 0 && ', '}
              <button type="button" className="nbt-link" onClick={() => void model.show(model.store, one.id)}>
                {one.label}
              </button>
            </React.Fragment>
          ))}
          {detail.runs.length > 8 && ` and ${detail.runs.length - 8} more`}
        </p>
      )}
    </>
  );
}

function ColumnRow(props: { column: Column }): JSX.Element {
  const { column } = props;
  const profile = column.profile ?? null;
  return (
    <tr title={profile === null ? column.dtype : profileText(column.name, profile)}>
      <th scope="row">{column.name}</th>
      <td className="nbt-muted nbt-dtype">{column.dtype}</td>
      <td>{profile !== null && <Histogram profile={profile} />}</td>
      <td className="nbt-num nbt-range">{profile !== null && rangeText(profile)}</td>
    </tr>
  );
}

/** The spread of a column between its quantiles, or the shares of its commonest values. */
export function Histogram(props: { profile: Profile }): JSX.Element | null {
  const { profile } = props;
  const width = 60;
  const height = 20;
  const bars = Array.isArray(profile.top)
    ? shares(profile.top, Number(profile.count ?? 0))
    : quantileBars(profile.quantiles, profile.min, profile.max);
  return bars.length === 0 ? null : (
    <svg className="nbt-histogram" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {bars.map((bar, index) => {
        const tall = Math.max(1, bar.height * (height - 1));
        return <rect key={index} x={bar.from * width} width={Math.max(1, (bar.to - bar.from) * width - 0.7)} y={height - tall} height={tall} />;
      })}
    </svg>
  );
}

function shares(top: Json[], count: number): { from: number; to: number; height: number }[] {
  const counts = top.map(pair => (Array.isArray(pair) ? (toNumber(pair[1]) ?? 0) : 0));
  const most = Math.max(...counts, 1);
  return count === 0 ? [] : counts.map((one, index) => ({ from: index / counts.length, to: (index + 1) / counts.length, height: one / most }));
}

function rangeText(profile: Profile): string {
  if (Array.isArray(profile.top)) {
    return profile.top.map(pair => (Array.isArray(pair) ? String(pair[0]) : '')).slice(0, 3).join(', ');
  }
  return profile.min === undefined ? '' : `${brief(profile.min)} … ${brief(profile.max)}`;
}

function profileText(name: string, profile: Profile): string {
  const told = ['count', 'missing', 'min', 'max', 'mean', 'std']
    .filter(key => profile[key] !== undefined && profile[key] !== null)
    .map(key => `${key} ${formatMetric(profile[key])}`);
  return [name, ...told].join('\n');
}

function brief(value: Json | undefined): string {
  const number = toNumber(value);
  return number === null ? formatMetric(value) : formatNumber(number, 3);
}

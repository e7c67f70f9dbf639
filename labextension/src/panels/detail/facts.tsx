import * as React from 'react';

import { Attachment, Json, Run } from '../../api/types';
import { formatDuration, formatMetric, formatSize, formatTime, formatValue, shortDigest, toNumber } from '../../models/format';
import { VerdictChip } from '../../parts/chips';
import { Loaded, Mounted } from '../../parts/section';
import { DetailActions } from './actions';
import { DetailModel } from './model';

function Facts(props: { facts: [string, React.ReactNode][] }): JSX.Element {
  return (
    <table className="nbt-table">
      <tbody>
        {props.facts
          .filter(([, value]) => value !== null && value !== '' && value !== undefined)
          .map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}

export function ModelFacts(props: { run: Run }): JSX.Element | null {
  const { model } = props.run;
  if (model === null) {
    return null;
  }
  return (
    <Facts
      facts={[
        ['class', `${model.module}.${model.class}`],
        ['framework', model.framework],
        ['variable', model.variable],
        ['stored', model.stored ? formatSize(model.size_bytes) : 'no: only its parameters and numbers are known'],
        ['digest', model.digest && <span title={model.digest}>{shortDigest(model.digest)}</span>],
        ['still in the kernel then', model.retained ? 'yes' : 'no'],
        ['registered', props.run.registered.map(one => [one.name, one.version, one.alias].filter(Boolean).map(String).join(' ')).join(', ')]
      ]}
    />
  );
}

export function Trials(props: { trials: NonNullable<Run['trials']> }): JSX.Element {
  const { columns, rows } = props.trials;
  const [by, setBy] = React.useState<{ column: number; down: boolean } | null>(null);
  const ordered = by === null ? rows : [...rows].sort((a, b) => compare(a[by.column], b[by.column]) * (by.down ? -1 : 1));
  return (
    <div className="nbt-x-scroll">
      <table className="nbt-table nbt-trials">
        <thead>
          <tr>
            {columns.map((name, column) => (
              <th key={column} scope="col" aria-sort={by?.column !== column ? 'none' : by.down ? 'descending' : 'ascending'}>
                <button type="button" className="nbt-link" onClick={() => setBy({ column, down: by?.column === column ? !by.down : true })}>
                  {name}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ordered.slice(0, 500).map((row, index) => (
            <tr key={index}>
              {row.map((value, column) => (
                <td key={column} className="nbt-num">
                  {formatValue(value, 40)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > 500 && <p className="nbt-muted">The first 500 of {rows.length}.</p>}
    </div>
  );
}

function compare(a: Json, b: Json): number {
  const [x, y] = [toNumber(a), toNumber(b)];
  return x !== null && y !== null ? x - y : String(a).localeCompare(String(b));
}

export function Figures(props: { model: DetailModel; figures: Attachment[] }): JSX.Element {
  return (
    <div className="nbt-figures">
      {props.figures.map((figure, index) => (
        <a key={index} href={props.model.attachmentUrl(figure.digest)} target="_blank" rel="noreferrer">
          <img src={props.model.attachmentUrl(figure.digest)} alt={figure.name} loading="lazy" />
        </a>
      ))}
    </div>
  );
}

export function Output(props: { model: DetailModel; actions: DetailActions }): JSX.Element {
  const { actions } = props;
  return (
    <Loaded part={props.model.output()}>
      {output => (
        <>
          {output.stdout === '' && output.stderr === '' && output.error === null && <p className="nbt-muted">The cell printed nothing.</p>}
          {output.stdout !== '' && <Mounted className="nbt-output" on={output} make={() => actions.renderOutput(output.stdout, 'stdout')} />}
          {output.stderr !== '' && <Mounted className="nbt-output nbt-stderr" on={output} make={() => actions.renderOutput(output.stderr, 'stderr')} />}
          {output.error !== null && <Mounted className="nbt-output nbt-stderr" on={output} make={() => actions.renderOutput(output.error?.traceback || `${output.error?.name}: ${output.error?.message}`, 'stderr')} />}
        </>
      )}
    </Loaded>
  );
}

export function Environment(props: { run: Run }): JSX.Element | null {
  const { environment } = props.run;
  const [filter, setFilter] = React.useState('');
  if (environment === null) {
    return null;
  }
  const packages = Object.entries(environment.packages ?? {}).filter(([name]) => name.toLowerCase().includes(filter.toLowerCase()));
  const { git } = environment;
  return (
    <>
      <Facts
        facts={[
          ['python', environment.python],
          ['git', git?.commit ? `${String(git.commit).slice(0, 10)}${git.dirty ? ' with uncommitted changes' : ''}` : null],
          ['digest', <span title={environment.digest}>{shortDigest(environment.digest)}</span>]
        ]}
      />
      <input className="nbt-input" type="text" aria-label="Find a package" placeholder="Find a package" value={filter} onChange={event => setFilter(event.target.value)} />
      <table className="nbt-table">
        <tbody>
          {packages.slice(0, 400).map(([name, version]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="nbt-num">{version}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

export function Reproductions(props: { run: Run }): JSX.Element | null {
  const { reproduction } = props.run;
  if (reproduction === null) {
    return null;
  }
  const apart = reproduction.first_divergence;
  return (
    <>
      <div className="nbt-line">
        <VerdictChip verdict={reproduction.verdict} />
        <span className="nbt-muted">
          {reproduction.at !== undefined && formatTime(typeof reproduction.at === 'number' ? reproduction.at * 1000 : reproduction.at)}
          {reproduction.duration_seconds !== undefined && ` · ${formatDuration(reproduction.duration_seconds)}`}
        </span>
      </div>
      {apart && (
        <p>
          First apart {apart.execution_count === null ? '' : `in [${apart.execution_count}] `}
          {apart.subject}: {apart.reason}
        </p>
      )}
      <table className="nbt-table">
        <tbody>
          {(reproduction.metrics ?? []).map((one, index) => (
            <tr key={index}>
              <th scope="row">{one.name}</th>
              <td className="nbt-num">{formatMetric(one.then)}</td>
              <td className="nbt-num">{formatMetric(one.now)}</td>
              <td>{one.equal === null ? '?' : one.equal ? '=' : '≠'}</td>
            </tr>
          ))}
          {reproduction.model && (
            <tr>
              <th scope="row">model</th>
              <td colSpan={2} className="nbt-muted">
                by {reproduction.model.by}
              </td>
              <td>{reproduction.model.equal === null ? '?' : reproduction.model.equal ? '=' : '≠'}</td>
            </tr>
          )}
        </tbody>
      </table>
    </>
  );
}

import * as React from 'react';

import { Direction } from '../../api/types';
import { IconButton } from '../../parts/icons';
import { RunsModel, Scope } from './model';

/** Which runs, by which metric, in which order. */
export function Header(props: { model: RunsModel; onColumns: (anchor: HTMLElement) => void }): JSX.Element {
  const { model } = props;
  const { sort, grouped } = model.preferences;
  return (
    <div className="nbt-head">
      <div className="nbt-line">
        <ScopeSelect model={model} />
        <IconButton
          icon="group"
          label={grouped ? 'List the runs without their cells' : 'Group the runs by cell'}
          pressed={grouped}
          onClick={() => model.setPreferences({ grouped: !grouped })}
        />
        <IconButton icon="columns" label="Choose columns" onClick={event => props.onColumns(event.currentTarget as HTMLElement)} />
      </div>
      <div className="nbt-line">
        <MetricSelect model={model} />
        <select
          className="nbt-select"
          aria-label="Order"
          disabled={grouped}
          value={typeof sort === 'string' ? sort : 'column'}
          onChange={event => model.setPreferences({ sort: event.target.value as 'newest' | 'best' })}
        >
          <option value="newest">newest first</option>
          <option value="best">best first</option>
          {typeof sort !== 'string' && <option value="column">by {sort.column.replace(/^(param|metric|tag)\./, '')}</option>}
        </select>
      </div>
    </div>
  );
}

function ScopeSelect(props: { model: RunsModel }): JSX.Element {
  const { model } = props;
  const { scope, status } = model;
  const value = scope.kind === 'experiment' ? `e:${scope.name}` : scope.kind;
  const choose = (text: string): void => {
    const next: Scope = text.startsWith('e:')
      ? { kind: 'experiment', name: text.slice(2) }
      : { kind: text as 'notebook' | 'all' };
    model.setScope(next);
  };
  const experiments = status?.experiments ?? [];
  return (
    <select className="nbt-select nbt-grow nbt-scope" aria-label="Runs of" value={value} onChange={event => choose(event.target.value)}>
      <option value="notebook">{model.notebook === null ? 'All runs here' : (model.notebook.split('/').pop() ?? '')}</option>
      <option value="all">The whole project</option>
      <optgroup label="Experiments">
        {scope.kind === 'experiment' && !experiments.includes(scope.name) && <option value={value}>{scope.name}</option>}
        {experiments.map(name => (
          <option key={name} value={`e:${name}`}>
            {name}
          </option>
        ))}
      </optgroup>
    </select>
  );
}

function MetricSelect(props: { model: RunsModel }): JSX.Element {
  const { model } = props;
  const metric = model.metric;
  const names = model.names?.metrics.map(one => one.name) ?? [];
  const all = metric === null || names.includes(metric.name) ? names : [metric.name, ...names];
  const flip = (): void => {
    const direction: Direction = metric?.direction === 'max' ? 'min' : 'max';
    model.setPreferences({ direction, metric: metric?.name ?? null });
  };
  return (
    <>
      <select
        className="nbt-select nbt-grow nbt-metric"
        aria-label="Main metric"
        disabled={all.length === 0}
        value={metric?.name ?? ''}
        onChange={event => model.setPreferences({ metric: event.target.value, direction: null })}
      >
        {metric === null && <option value="">no metric yet</option>}
        {all.map(name => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <IconButton
        icon={metric?.direction === 'min' ? 'down' : 'up'}
        label={metric?.direction === 'min' ? 'Lower is better; click if higher is' : 'Higher is better; click if lower is'}
        disabled={metric === null}
        onClick={flip}
      />
    </>
  );
}

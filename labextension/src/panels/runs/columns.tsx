import * as React from 'react';

import { Icon, IconButton } from '../../parts/icons';
import { columnTitle } from './row';
import { RunsModel } from './model';

const FIELDS = ['model', 'experiment', 'framework', 'notebook', 'execution_count', 'fits'];

/** Which columns stand beside the main metric, and in which order. */
export function ColumnChooser(props: { model: RunsModel; onClose: () => void }): JSX.Element {
  const { model } = props;
  const [filter, setFilter] = React.useState('');
  const box = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    box.current?.querySelector('input')?.focus();
  }, []);
  const chosen = model.preferences.columns;
  const set = (columns: string[]): void => model.setPreferences({ columns });
  const move = (index: number, step: number): void => {
    const columns = [...chosen];
    const [one] = columns.splice(index, 1);
    columns.splice(index + step, 0, one);
    set(columns);
  };
  const names = model.names;
  const all = [
    ...(names?.params ?? []).map(one => `param.${one.name}`),
    ...(names?.metrics ?? []).map(one => `metric.${one.name}`),
    ...(names?.tags ?? []).map(one => `tag.${one.name}`),
    ...FIELDS
  ].filter(name => !chosen.includes(name) && name.toLowerCase().includes(filter.toLowerCase()));
  return (
    <div
      className="nbt-popover"
      role="dialog"
      aria-label="Columns"
      ref={box}
      onKeyDown={event => event.key === 'Escape' && props.onClose()}
    >
      <div className="nbt-line">
        <strong className="nbt-grow">Columns</strong>
        <IconButton icon="close" label="Close" onClick={props.onClose} />
      </div>
      {chosen.map((name, index) => (
        <div key={name} className="nbt-line nbt-chosen">
          <span className="nbt-grow nbt-cut" title={name}>
            {columnTitle(name)}
          </span>
          <IconButton icon="up" label={`Move ${columnTitle(name)} forward`} disabled={index === 0} onClick={() => move(index, -1)} />
          <IconButton icon="down" label={`Move ${columnTitle(name)} back`} disabled={index === chosen.length - 1} onClick={() => move(index, 1)} />
          <IconButton icon="close" label={`Remove ${columnTitle(name)}`} onClick={() => set(chosen.filter(one => one !== name))} />
        </div>
      ))}
      <input
        className="nbt-input"
        type="text"
        aria-label="Find a column"
        placeholder="Find a param, metric or tag"
        value={filter}
        onChange={event => setFilter(event.target.value)}
      />
      <ul className="nbt-choices">
        {all.slice(0, 200).map(name => (
          <li key={name}>
            <button type="button" onClick={() => set([...chosen, name])}>
              <Icon name="plus" />
              <span className="nbt-cut">{columnTitle(name)}</span>
              <span className="nbt-muted">{/^(param|metric|tag)\./.exec(name)?.[1] ?? 'field'}</span>
            </button>
          </li>
        ))}
        {all.length === 0 && <li className="nbt-muted">No more.</li>}
      </ul>
    </div>
  );
}

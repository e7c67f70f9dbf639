import * as React from 'react';

import { Run } from '../api/types';
import { useModel } from '../parts/useModel';
import { JobModel } from './job';
import { Progress } from './progress';

/** Gives the model of a run a name and the next version of it, and an alias if wanted. */
export function RegisterBody(props: { model: JobModel; run: Run }): JSX.Element {
  const model = useModel(props.model);
  const { run } = props;
  const known = run.registered.map(one => String(one.name ?? ''))[0];
  const [name, setName] = React.useState(known ?? run.experiment);
  const [alias, setAlias] = React.useState('');
  const result = model.job?.state === 'done' ? (model.job.result ?? {}) : null;
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    void model.start({ name: name.trim(), alias: alias.trim() === '' ? null : alias.trim() });
  };
  return (
    <div className="nbt-dialog">
      <p>
        The model of <b>{run.label}</b> becomes the next version under a name that stays.
      </p>
      {result === null ? (
        <form className="nbt-form" onSubmit={submit}>
          <label>
            Name
            <input className="nbt-input" type="text" required value={name} onChange={event => setName(event.target.value)} />
          </label>
          <label>
            Alias, such as champion (moves to this version)
            <input className="nbt-input" type="text" value={alias} onChange={event => setAlias(event.target.value)} />
          </label>
          <Progress model={model} />
          <button type="submit" className="nbt-action nbt-primary" disabled={model.running || name.trim() === ''}>
            Register
          </button>
        </form>
      ) : (
        <p role="status">
          <b>Done.</b> {String(result.name ?? name)} {result.version === undefined ? '' : `version ${String(result.version)}`}
          {alias.trim() !== '' && `, now ${alias.trim()}`}
          {result.new === false && ' (it was registered already)'}.
        </p>
      )}
    </div>
  );
}

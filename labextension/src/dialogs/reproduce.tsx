import * as React from 'react';

import { Reproduction, Run } from '../api/types';
import { Reproductions } from '../panels/detail/facts';
import { useModel } from '../parts/useModel';
import { JobModel } from './job';
import { Progress } from './progress';

/** Runs a run again, in a process and a copy of its own, and shows the verdict. */
export function ReproduceBody(props: { model: JobModel; run: Run }): JSX.Element {
  const model = useModel(props.model);
  const { run } = props;
  const done = model.job?.state === 'done';
  const cells = run.depends_on.length + 1;
  return (
    <div className="nbt-dialog">
      <p>
        The {cells === 1 ? 'cell' : `${cells} cells`} that <b>{run.label}</b> depends on {cells === 1 ? 'runs' : 'run'} again, in a process of {cells === 1 ? 'its' : 'their'} own and a copy of
        the project's folder. Your files and kernels are left alone. Then data, numbers and model are judged.
      </p>
      <Progress model={model} />
      {done && <Reproductions run={{ ...run, reproduction: model.job?.result as unknown as Reproduction }} />}
      {!done && !model.running && (
        <button type="button" className="nbt-action nbt-primary" onClick={() => void model.start({})}>
          Reproduce
        </button>
      )}
    </div>
  );
}

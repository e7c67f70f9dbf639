import * as React from 'react';

import { ProblemBox } from '../parts/chips';
import { JobModel } from './job';

/** How far the work is, a way to end it, and what went wrong. */
export function Progress(props: { model: JobModel }): JSX.Element | null {
  const { model } = props;
  const { job } = model;
  if (model.problem !== null) {
    return <ProblemBox problem={model.problem} />;
  }
  if (model.running) {
    const progress = job?.progress ?? null;
    const known = progress !== null && progress.done !== null && progress.total !== null && progress.total > 0;
    return (
      <div className="nbt-progress" role="status" aria-live="polite">
        <progress {...(known ? { value: progress.done as number, max: progress.total as number } : {})} />
        <div className="nbt-line">
          <span className="nbt-muted nbt-grow">{progress?.message ?? 'Starting…'}</span>
          <button type="button" className="nbt-action" onClick={() => void model.cancel()}>
            Cancel
          </button>
        </div>
      </div>
    );
  }
  if (job?.state === 'failed') {
    const error = job.error ?? { message: 'It failed without a reason.' };
    return <ProblemBox problem={{ kind: error.kind ?? 'failed', message: error.message, remedy: error.remedy ?? null }} />;
  }
  return job?.state === 'cancelled' ? <p className="nbt-muted">Cancelled; nothing half-made is left.</p> : null;
}

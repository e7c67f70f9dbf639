import { Run } from '../api/types';

/** A cell that loads the model of a run under the name that it had. */
export function loadingCell(run: Run): string {
  const variable = run.model?.variable ?? null;
  const name = variable !== null && /^[\p{L}_][\p{L}\p{N}_]*$/u.test(variable) ? variable : 'model';
  return `import nbtrack\n\n${name} = nbtrack.get(${JSON.stringify(run.label)}).model()\n${name}`;
}

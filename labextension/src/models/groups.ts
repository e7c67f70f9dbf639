import { Metric, Param, Run } from '../api/types';

/** Where parameters come from, in the order in which they are told; defaults last, and folded. */
export const ORIGINS: [string, string][] = [
  ['explicit', 'Said explicitly'],
  ['constructor', 'Passed to the constructor'],
  ['fit', 'Passed to fit'],
  ['loop', 'Values of the loop'],
  ['grid', 'Of the grid'],
  ['variable', 'From variables'],
  ['default', 'Defaults']
];

/** Params by origin, empty origins left out; an origin that is not known keeps its own name. */
export function byOrigin(params: Param[]): { origin: string; title: string; params: Param[] }[] {
  const known = new Map(ORIGINS);
  const names = [...ORIGINS.map(([name]) => name), ...params.map(one => one.origin).filter(one => !known.has(one))];
  return [...new Set(names)]
    .map(origin => ({ origin, title: known.get(origin) ?? origin, params: params.filter(one => one.origin === origin) }))
    .filter(group => group.params.length > 0);
}

const DELIBERATE: Record<string, number> = { explicit: 0, call: 1, history: 2, variable: 3, loop: 4 };

/** Metrics, the most deliberately measured first, those on training data last. */
export function orderedMetrics(run: Run): Metric[] {
  const rank = (metric: Metric): number => (onTraining(run, metric) ? 100 : 0) + (DELIBERATE[metric.origin] ?? 5);
  return [...run.metrics].sort((a, b) => rank(a) - rank(b));
}

/** Whether it was measured on data that the run's model was fitted on. */
export function onTraining(run: Run, metric: Metric): boolean {
  return metric.dataset !== null && run.datasets.some(one => one.role === 'train' && one.name === metric.dataset);
}

/** Names of the params that somebody chose in one of the runs: all but those that are defaults wherever they are. */
export function chosenNames(runs: Run[]): Set<string> {
  return new Set(runs.flatMap(run => run.params.filter(one => one.origin !== 'default').map(one => one.name)));
}

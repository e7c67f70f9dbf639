import { problemOf } from '../../api/errors';
import { Comparison, Diff, Json, Problem, StoreEvent } from '../../api/types';
import { points } from '../../models/curves';
import { chosenNames } from '../../models/groups';
import { Observable } from '../../models/observable';
import { Part } from '../../models/part';
import { Series } from '../../parts/chart';

export interface CompareApi {
  compare(store: string, ids: string[], points?: number): Promise<Comparison>;
  diff(store: string, a: string, b: string): Promise<Diff>;
  comparisonUrl(store: string, ids: string[]): string;
}

/** A column of numbers or categories over the runs, for scatter and parallel coordinates. */
export interface Axis {
  name: string;
  kind: 'param' | 'metric';
  values: Json[];
}

/** Several runs side by side. */
export class CompareModel extends Observable {
  constructor(
    private readonly api: CompareApi,
    readonly store: string,
    ids: string[]
  ) {
    super();
    this.ids = ids;
  }

  ids: string[];
  comparison: Comparison | null = null;
  problem: Problem | null = null;
  smoothing = 0;
  logY = false;
  everything = false;
  private pair: [string, string] | null = null;
  private readonly diffs = new Map<string, Part<Diff>>();

  async load(): Promise<void> {
    const ids = this.ids;
    try {
      const comparison = await this.api.compare(this.store, ids);
      if (ids === this.ids) {
        this.comparison = comparison;
        this.problem = null;
      }
    } catch (error) {
      this.problem = problemOf(error);
    }
    this.touch();
  }

  /** Takes a run out; two stay. */
  remove(id: string): void {
    if (this.ids.length > 2) {
      this.ids = this.ids.filter(one => one !== id);
      this.pair = null;
      void this.load();
    }
  }

  add(ids: string[]): void {
    const next = [...new Set([...this.ids, ...ids])];
    if (next.length !== this.ids.length) {
      this.ids = next;
      void this.load();
    }
  }

  set(change: { smoothing?: number; logY?: boolean; everything?: boolean }): void {
    Object.assign(this, change);
    this.touch();
  }

  heed(event: StoreEvent): void {
    if (event.store === this.store && event.change !== 'job' && event.runs.some(run => this.ids.includes(run))) {
      this.diffs.clear();
      void this.load();
    }
  }

  get url(): string {
    return this.api.comparisonUrl(this.store, this.ids);
  }

  /** The two runs whose difference is told: of the first metric that differs the worst and the best, else the first two. */
  get compared(): [string, string] {
    if (this.pair !== null) {
      return this.pair;
    }
    const runs = this.comparison?.runs ?? [];
    const row = this.comparison?.metrics.find(one => one.differs && typeof one.best === 'number');
    if (row === undefined || typeof row.best !== 'number' || runs.length < 3) {
      return [this.ids[0], this.ids[1]];
    }
    const values = row.values.map(value => (typeof value === 'number' ? value : null));
    const best = values[row.best] as number;
    let worst = -1;
    values.forEach((value, at) => {
      const far = value === null ? -1 : Math.abs(value - best);
      if (far > (worst < 0 ? 0 : Math.abs((values[worst] as number) - best))) {
        worst = at;
      }
    });
    return worst < 0 ? [this.ids[0], this.ids[1]] : [runs[worst].id, runs[row.best].id];
  }

  choose(pair: [string, string]): void {
    this.pair = pair;
    this.touch();
  }

  diff(): Part<Diff> {
    const [a, b] = this.compared;
    const key = `${a} ${b}`;
    const known = this.diffs.get(key);
    if (known !== undefined) {
      return known;
    }
    const loading: Part<Diff> = { state: 'loading' };
    this.diffs.set(key, loading);
    const keep = (part: Part<Diff>): void => {
      this.diffs.set(key, part);
      this.touch();
    };
    this.api.diff(this.store, a, b).then(
      value => keep({ state: 'ready', value }),
      error => keep({ state: 'failed', problem: problemOf(error) })
    );
    return loading;
  }

  /** One chart per metric with a curve; the runs keep their colours. */
  get charts(): { metric: string; series: Series[] }[] {
    if (this.comparison !== this.charted.of) {
      this.charted = { of: this.comparison, charts: this.comparison === null ? [] : chartsOf(this.comparison) };
    }
    return this.charted.charts;
  }

  private charted: { of: Comparison | null; charts: { metric: string; series: Series[] }[] } = { of: null, charts: [] };

  /** What differs and can be an axis, most telling first: chosen params and metrics, each said once. */
  get axes(): Axis[] {
    const { comparison } = this;
    if (comparison === null) {
      return [];
    }
    const chosen = chosenNames(comparison.runs);
    const told = (kind: 'param' | 'metric'): Axis[] =>
      (kind === 'param' ? comparison.params.filter(row => chosen.has(row.name)) : comparison.metrics)
        .map(row => ({ name: row.name, kind, values: row.values }))
        .filter(axis => distinct(axis.values) > 1)
        .sort((a, b) => present(b.values) - present(a.values) || distinct(b.values) - distinct(a.values));
    // A loop's C and the pipeline's classifier__C are one and the same: the shorter name says it.
    const said = new Map<string, Axis>();
    for (const axis of [...told('param'), ...told('metric')]) {
      const key = `${axis.kind} ${JSON.stringify(axis.values)}`;
      const known = said.get(key);
      if (known === undefined || axis.name.length < known.name.length) {
        said.set(key, axis);
      }
    }
    return [...said.values()];
  }
}

function present(values: Json[]): number {
  return values.filter(value => value !== null).length;
}

function distinct(values: Json[]): number {
  return new Set(values.filter(value => value !== null).map(value => JSON.stringify(value))).size;
}

function chartsOf(comparison: Comparison): { metric: string; series: Series[] }[] {
  return comparison.curves
    .map(({ metric, series }) => ({
      metric,
      series: series.map(one => {
        const at = typeof one.run === 'number' ? one.run : comparison.runs.findIndex(run => run.id === one.run);
        const label = comparison.runs[at]?.label ?? '';
        const several = series.filter(other => other.run === one.run).length > 1;
        return {
          name: several && one.dataset !== null ? `${label} on ${one.dataset}` : label,
          color: Math.max(at, 0),
          dashed: several && series.find(other => other.run === one.run) !== one,
          points: points(one.steps, one.values)
        };
      })
    }))
    .filter(chart => chart.series.some(one => one.points.length > 0));
}

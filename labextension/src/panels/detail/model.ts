import { problemOf } from '../../api/errors';
import {
  Change,
  Curve,
  DatasetDetail,
  Lineage,
  Output,
  Problem,
  Run,
  Slice,
  StoreEvent
} from '../../api/types';
import { Observable } from '../../models/observable';
import { Part } from '../../models/part';

export interface DetailApi {
  run(store: string, run: string): Promise<Run>;
  curves(store: string, run: string, points?: number): Promise<{ curves: Curve[]; running: boolean }>;
  output(store: string, run: string): Promise<Output>;
  dataset(store: string, run: string, position: number): Promise<DatasetDetail>;
  lineage(store: string, run: string): Promise<Lineage>;
  slice(store: string, run: string): Promise<Slice>;
  change(store: string, run: string, change: Change): Promise<Run>;
  attachmentUrl(store: string, run: string, digest: string): string;
}


/** One run, and the parts of it that were opened. */
export class DetailModel extends Observable {
  constructor(private readonly api: DetailApi) {
    super();
  }

  store = '';
  id = '';
  run: Run | null = null;
  problem: Problem | null = null;
  curves: Curve[] = [];
  /** Runs walked from, nearest last. */
  trail: { id: string; label: string }[] = [];
  private readonly parts = new Map<string, Part<unknown>>();

  async show(store: string, id: string): Promise<void> {
    if (id === this.id && store === this.store) {
      return this.refresh();
    }
    if (this.run !== null && store === this.store) {
      this.trail = [...this.trail.filter(one => one.id !== id), { id: this.run.id, label: this.run.label }].slice(-20);
    }
    this.store = store;
    this.id = id;
    this.run = null;
    this.curves = [];
    this.parts.clear();
    this.touch();
    return this.refresh();
  }

  /** To the run walked from; false where there is none. */
  walkBack(): boolean {
    const last = this.trail[this.trail.length - 1];
    if (last === undefined) {
      return false;
    }
    const trail = this.trail.slice(0, -1);
    void this.show(this.store, last.id);
    this.trail = trail;
    return true;
  }

  async refresh(): Promise<void> {
    const id = this.id;
    try {
      const run = await this.api.run(this.store, id);
      if (id !== this.id) {
        return;
      }
      this.run = run;
      this.problem = null;
      this.touch();
      if (run.state === 'RUNNING' || run.metrics.some(metric => metric.points > 1)) {
        const { curves } = await this.api.curves(this.store, id);
        if (id === this.id) {
          this.curves = curves;
          this.touch();
        }
      }
    } catch (error) {
      if (id === this.id) {
        this.problem = problemOf(error);
        this.touch();
      }
    }
  }

  heed(event: StoreEvent): void {
    const mine = event.runs.includes(this.id) || event.runs.length === 0;
    if (event.store === this.store && mine && event.change !== 'job') {
      void this.refresh();
    }
  }

  output(): Part<Output> {
    return this.part('output', () => this.api.output(this.store, this.id));
  }

  dataset(position: number): Part<DatasetDetail> {
    return this.part(`dataset ${position}`, () => this.api.dataset(this.store, this.id, position));
  }

  lineage(): Part<Lineage> {
    return this.part('lineage', () => this.api.lineage(this.store, this.id));
  }

  slice(): Part<Slice> {
    return this.part('slice', () => this.api.slice(this.store, this.id));
  }

  attachmentUrl(digest: string): string {
    return this.api.attachmentUrl(this.store, this.id, digest);
  }

  /** Changes note, tags, star or name; throws what the server had against it. */
  async change(change: Change): Promise<void> {
    await this.api.change(this.store, this.id, change);
    await this.refresh();
  }

  private part<T>(name: string, load: () => Promise<T>): Part<T> {
    const known = this.parts.get(name);
    if (known !== undefined) {
      return known as Part<T>;
    }
    const loading: Part<T> = { state: 'loading' };
    this.parts.set(name, loading);
    const keep = (part: Part<T>): void => {
      if (this.parts.get(name) === loading) {
        this.parts.set(name, part);
        this.touch();
      }
    };
    load().then(
      value => keep({ state: 'ready', value }),
      error => keep({ state: 'failed', problem: problemOf(error) })
    );
    return loading;
  }
}

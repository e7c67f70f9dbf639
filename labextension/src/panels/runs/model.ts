import { ApiError, problemOf } from '../../api/errors';
import {
  Change,
  Direction,
  Json,
  Names,
  Problem,
  Run,
  Status,
  StoreEvent,
  StoreOfNotebook,
  Table,
  TableRequest
} from '../../api/types';
import { Observable } from '../../models/observable';
import { PAGE_ROWS, Pages } from '../../models/pages';

/** What the panel asks the server for. */
export interface RunsApi {
  status(store?: string): Promise<Status>;
  storeOf(notebook: string): Promise<StoreOfNotebook>;
  table(store: string, request: TableRequest, signal?: AbortSignal): Promise<Table>;
  names(store: string, scope?: { experiment?: string; notebook?: string }): Promise<Names>;
  change(store: string, run: string, change: Change): Promise<Run>;
}

/** What is remembered from one session to the next, under a name. */
export interface Memory {
  load(name: string): Promise<Json | undefined>;
  save(name: string, value: Json): void;
}

/** Which runs: of the open notebook, of one experiment, or all of the store. */
export type Scope = { kind: 'notebook' } | { kind: 'experiment'; name: string } | { kind: 'all' };

export type Sort = 'newest' | 'best' | { column: string; descending: boolean };

export interface Preferences {
  /** Columns of the user's choice, in order: `param.NAME`, `metric.NAME`, `tag.NAME` or fields. */
  columns: string[];
  metric: string | null;
  direction: Direction | null;
  sort: Sort;
  grouped: boolean;
}

const ALWAYS = [
  'id', 'label', 'name', 'state', 'experiment', 'model', 'started_at', 'duration', 'starred', 'tags', 'note', 'notebook',
  'cell_id', 'execution_id', 'execution_count', 'fits', 'stale', 'verdict', 'error', 'notes', 'value', 'rank', 'sparkline'
];
const GROUPED_ROWS = 2000;
const RETRY_MS = 3000;
const COUNT_MS = 150; // after the rows
const COUNTED_RUNS = 20_000; // what a query finds among more is counted apart

const FRESH: Preferences = { columns: [], metric: null, direction: null, sort: 'newest', grouped: false };

/** A heading over the runs of one cell, or a run. */
export type Line = { kind: 'group'; key: string; cell: string | null; count: number; row: number } | { kind: 'run'; row: number };

/** The list of runs: which are asked for, which are there, which are selected. */
export class RunsModel extends Observable {
  constructor(
    private readonly api: RunsApi,
    private readonly memory: Memory
  ) {
    super();
    this.pages = new Pages(
      (offset, after, limit, signal) => this.fetch(offset, after, limit, signal),
      () => this.arrived(),
      error => this.fail(error)
    );
  }

  readonly pages: Pages;
  status: Status | null = null;
  names: Names | null = null;
  problem: Problem | null = null;
  queryError: { message: string; position: number | null } | null = null;
  query = '';
  scope: Scope = { kind: 'notebook' };
  preferences: Preferences = { ...FRESH };
  selection: ReadonlySet<string> = new Set();
  /** The run that keys act on. */
  focused: string | null = null;
  store = '';
  /** The open notebook as its runs have it; null: none is open. */
  notebook: string | null = null;
  location = '';

  /** The first question, and again whenever another notebook is in front. `path` is one of Jupyter's contents. */
  async open(path: string | null): Promise<void> {
    const asked = ++this.asked;
    this.path = path;
    try {
      const found = await this.api.storeOf(path ?? '');
      if (asked !== this.asked) {
        return;
      }
      const same = found.store === this.store;
      this.notebook = path === null ? null : found.notebook;
      this.location = found.location;
      if (!same) {
        this.store = found.store;
        this.selection = new Set();
        this.status = null;
        await this.recall();
      }
      if (!same || this.scope.kind === 'notebook') {
        this.restart();
      }
      await this.ask();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Status, names and runs again. */
  async ask(): Promise<void> {
    clearTimeout(this.retry);
    const store = this.store;
    try {
      const status = await this.api.status(store);
      if (store !== this.store) {
        return;
      }
      this.status = status;
      this.problem = status.problem;
      if (status.problem === null) {
        this.pages.refresh();
        this.names = await this.api.names(store, this.filter());
      } else {
        this.pages.clear();
      }
      this.touch();
    } catch (error) {
      this.fail(error);
    }
  }

  /** What an event of the server means for the list. */
  heed(event: StoreEvent): void {
    if (event.store !== this.store) {
      return;
    }
    if (event.change === 'status' || this.problem !== null) {
      void this.ask();
    } else if (event.change !== 'job') {
      this.pages.follow();
      void this.learn();
    }
  }

  setQuery(query: string): void {
    if (query !== this.query) {
      this.query = query;
      this.restart();
      this.pages.refresh();
    }
  }

  setScope(scope: Scope): void {
    this.scope = scope;
    this.memory.save(`${this.store}:scope`, scope as unknown as Json);
    this.restart();
    void this.recall().then(() => this.ask());
  }

  setPreferences(change: Partial<Preferences>): void {
    this.preferences = { ...this.preferences, ...change };
    this.memory.save(this.memoryName(), this.preferences as unknown as Json);
    if (change.grouped !== undefined || change.sort !== undefined) {
      this.restart();
    }
    this.pages.refresh();
    this.touch();
  }

  /** The main metric is another name for what `best` and the bars mean; its direction may be turned over. */
  get metric(): { name: string; direction: Direction } | null {
    const { metric, direction } = this.preferences;
    const told = this.pages.metric ?? this.told;
    if (metric !== null) {
      const guess = this.names?.metrics.find(one => one.name === metric)?.direction ?? 'max';
      return { name: metric, direction: direction ?? guess };
    }
    return told === null ? null : { name: told.name, direction: direction ?? told.direction };
  }

  /** How far a run's value lies between the worst (0) and the best (1) of its experiment; null without a value. */
  share(row: number): number | null {
    const value = this.pages.value(row, 'value');
    const range = this.pages.metric?.experiments[String(this.pages.value(row, 'experiment'))];
    if (typeof value !== 'number' || !range || typeof range.best !== 'number' || typeof range.worst !== 'number') {
      return null;
    }
    // Of metrics between 0 and 1 the bar is the value itself, so that 0.97 beside 0.98 does not look like nothing.
    const unit = Math.min(value, range.worst) >= 0 && range.best <= 1 && range.best >= range.worst;
    if (unit) {
      return range.best === 0 ? 1 : value / range.best;
    }
    const span = range.best - range.worst;
    return span === 0 ? 1 : Math.min(1, Math.max(0, 0.05 + 0.95 * ((value - range.worst) / span)));
  }

  /** The lines of the list: runs, or runs under headings of their cells. */
  get lines(): { count: number; at(index: number): Line } {
    if (!this.preferences.grouped) {
      return { count: this.pages.total, at: row => ({ kind: 'run', row }) };
    }
    if (this.grouping === null) {
      this.grouping = this.group();
    }
    const lines = this.grouping;
    return { count: lines.length, at: index => lines[index] };
  }

  fold(key: string): void {
    this.folded.has(key) ? this.folded.delete(key) : this.folded.add(key);
    this.grouping = null;
    this.touch();
  }

  isFolded(key: string): boolean {
    return this.folded.has(key);
  }

  /** Of a grouped list only the newest are shown. */
  get groupedCut(): boolean {
    return this.preferences.grouped && this.matching > GROUPED_ROWS;
  }

  /** How many runs fulfil the query, shown or not. */
  matching = 0;

  select(id: string, how: 'only' | 'toggle'): void {
    const selection = new Set(how === 'only' ? [] : this.selection);
    this.selection.has(id) && how === 'toggle' ? selection.delete(id) : selection.add(id);
    this.selection = selection;
    this.focused = id;
    this.touch();
  }

  /** All lines between the focused run and this one join the selection. */
  selectTo(id: string): void {
    const lines = this.lines;
    const places = [this.focused, id].map(one => (one === null ? -1 : this.indexOf(one)));
    const [from, to] = places.includes(-1) ? [places[1], places[1]] : [Math.min(...places), Math.max(...places)];
    const selection = new Set(this.selection);
    for (let index = Math.max(from, 0); index <= to; index++) {
      const line = lines.at(index);
      const run = line.kind === 'run' ? this.pages.value(line.row, 'id') : undefined;
      if (typeof run === 'string') {
        selection.add(run);
      }
    }
    this.selection = selection;
    this.focused = id;
    this.touch();
  }

  clearSelection(): void {
    this.selection = new Set();
    this.touch();
  }

  focus(id: string | null): void {
    this.focused = id;
    this.touch();
  }

  /** The line of a run, or -1. */
  indexOf(id: string): number {
    const row = this.pages.find(id);
    if (row < 0 || !this.preferences.grouped) {
      return row;
    }
    const lines = this.lines;
    for (let index = 0; index < lines.count; index++) {
      const line = lines.at(index);
      if (line.kind === 'run' && line.row === row) {
        return index;
      }
    }
    return -1;
  }

  async star(id: string, starred: boolean): Promise<void> {
    this.pages.patch(id, 'starred', starred);
    try {
      await this.api.change(this.store, id, { starred });
    } catch (error) {
      this.pages.patch(id, 'starred', !starred);
      throw error;
    }
  }

  override dispose(): void {
    clearTimeout(this.retry);
    clearTimeout(this.learning);
    this.pages.abort();
    super.dispose();
  }

  private restart(): void {
    this.queryError = null;
    this.counting += 1;
    this.pages.size = this.preferences.grouped ? GROUPED_ROWS : PAGE_ROWS;
    this.pages.clear();
    this.grouping = null;
    this.touch();
  }

  private filter(): { experiment?: string; notebook?: string } {
    if (this.scope.kind === 'experiment') {
      return { experiment: this.scope.name };
    }
    return this.scope.kind === 'notebook' && this.notebook !== null ? { notebook: this.notebook } : {};
  }

  private order(): string | undefined {
    const { sort, grouped } = this.preferences;
    if (sort === 'newest' || grouped) {
      return undefined;
    }
    if (sort === 'best') {
      const metric = this.metric;
      return metric === null ? undefined : `${metric.direction === 'max' ? '' : '-'}metric.${metric.name}`;
    }
    const names: Record<string, string> = { started_at: 'started' };
    return `${sort.descending ? '' : '-'}${names[sort.column] ?? sort.column}`;
  }

  private async fetch(offset: number, after: string | null, limit: number, signal: AbortSignal): Promise<Table> {
    const { metric, direction, columns, grouped } = this.preferences;
    const request: TableRequest = {
      ...this.filter(),
      query: this.query.trim() || undefined,
      order: this.order(),
      limit,
      columns: [...ALWAYS, ...columns.filter(name => !ALWAYS.includes(name))]
    };
    if (request.query !== undefined && (this.status?.runs ?? 0) > COUNTED_RUNS) {
      request.count = 'false'; // the server would try for a moment, in vain
    }
    if (metric !== null) {
      request.metric = metric;
    }
    if (direction !== null) {
      request.direction = direction;
    }
    if (after !== null) {
      request.after = after;
    } else if (offset > 0) {
      request.offset = offset;
    }
    const table = await this.api.table(this.store, request, signal);
    this.problem = null;
    this.queryError = null;
    this.told = table.metric ?? this.told;
    if (offset === 0) {
      this.counted = table.total !== null;
      this.counting += 1;
    }
    this.matching = table.total ?? this.matching;
    if (offset === 0 && table.total === null) {
      this.count(request, signal).catch(() => undefined); // the next refresh counts again
    }
    return grouped ? { ...table, total: table.rows } : table;
  }

  /** Rows are not kept waiting for their number where counting takes long, nor their drawing; many changes are counted once. */
  private async count(request: TableRequest, signal: AbortSignal): Promise<void> {
    const mine = this.counting;
    const outdated = (): boolean => signal.aborted || mine !== this.counting;
    await new Promise(resolve => setTimeout(resolve, COUNT_MS));
    if (outdated()) {
      return;
    }
    const { total } = await this.api.table(this.store, { ...request, limit: 1, columns: ['id'], count: 'true' }, signal);
    if (total !== null && !outdated()) {
      this.matching = total;
      this.counted = true;
      if (!this.preferences.grouped) {
        this.pages.count(total);
      }
    }
  }

  /** Which first page is counted: a number that comes later is of another list. */
  private counting = 0;

  /** Whether the number of runs is known. */
  counted = false;

  private arrived(): void {
    this.grouping = null;
    this.touch();
  }

  private group(): Line[] {
    const groups = new Map<string, { cell: string | null; rows: number[] }>();
    for (let row = 0; row < this.pages.total; row++) {
      const cell = this.pages.value(row, 'cell_id');
      const key = `${String(this.pages.value(row, 'notebook'))}\n${String(cell ?? this.pages.value(row, 'execution_id'))}`;
      const group = groups.get(key) ?? { cell: typeof cell === 'string' ? cell : null, rows: [] };
      group.rows.push(row);
      groups.set(key, group);
    }
    const lines: Line[] = [];
    for (const [key, { cell, rows }] of groups) {
      lines.push({ kind: 'group', key, cell, count: rows.length, row: rows[0] });
      if (!this.folded.has(key)) {
        rows.forEach(row => lines.push({ kind: 'run', row }));
      }
    }
    return lines;
  }

  /** Names and status a moment after the last event of many. */
  private async learn(): Promise<void> {
    clearTimeout(this.learning);
    this.learning = setTimeout(() => {
      const store = this.store;
      Promise.all([this.api.status(store), this.api.names(store, this.filter())])
        .then(([status, names]) => {
          if (store === this.store) {
            this.status = status;
            this.names = names;
            this.touch();
          }
        })
        .catch(error => this.fail(error));
    }, 400);
  }

  private fail(error: unknown): void {
    if (error instanceof ApiError && error.kind === 'query') {
      this.queryError = { message: error.message, position: error.position };
    } else if (error instanceof ApiError && error.kind === 'unknown_store') {
      this.problem = problemOf(error);
      clearTimeout(this.retry);
      this.retry = setTimeout(() => void this.open(this.path), RETRY_MS);
    } else {
      this.problem = problemOf(error);
      clearTimeout(this.retry);
      this.retry = setTimeout(() => void (this.store === '' ? this.open(this.path) : this.ask()), RETRY_MS);
    }
    this.touch();
  }

  private memoryName(): string {
    return `${this.store}:${this.scope.kind === 'experiment' ? `experiment:${this.scope.name}` : this.scope.kind}`;
  }

  private async recall(): Promise<void> {
    const scope = (await this.memory.load(`${this.store}:scope`)) as Scope | undefined;
    if (scope !== undefined && scope !== null && this.status === null) {
      this.scope = scope;
    }
    const found = (await this.memory.load(this.memoryName())) as Partial<Preferences> | undefined;
    this.preferences = { ...FRESH, ...this.defaults, ...(found ?? {}) };
    this.told = null;
    this.touch();
  }

  /** The metric of the last page that had one: a query that no run fulfils has none. */
  private told: Table['metric'] = null;

  /** How lists begin that nobody has arranged yet: from the settings, whenever these change. */
  async setDefaults(defaults: Partial<Preferences>): Promise<void> {
    this.defaults = defaults;
    if (this.store !== '') {
      await this.recall();
      this.restart();
      await this.ask();
    }
  }

  private defaults: Partial<Preferences> = {};

  private grouping: Line[] | null = null;
  private readonly folded = new Set<string>();
  private asked = 0;
  private path: string | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private learning: ReturnType<typeof setTimeout> | undefined;
}

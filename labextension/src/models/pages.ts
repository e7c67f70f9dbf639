/** Rows of a long list, fetched page by page as they come into view, kept as arrays per column. */

import { Columns, Json, MainMetric, Table } from '../api/types';

export const PAGE_ROWS = 200;
const KEPT_PAGES = 60;

/** Fetches the page that begins at row `offset`; `after` is the key of the page before, where that is known. */
export type FetchPage = (offset: number, after: string | null, limit: number, signal: AbortSignal) => Promise<Table>;

interface Page {
  columns: Columns;
  rows: number;
  next: string | null;
  /** Of an older generation: shown until the new one is there. */
  generation: number;
}

/**
 * The pages of one query. `refresh` begins a new generation: rows already there stay in view until their new ones
 * have come, so that a list which changes does not flicker.
 */
export class Pages {
  constructor(
    private readonly fetch: FetchPage,
    private readonly onChange: () => void,
    private readonly onError: (error: unknown) => void
  ) {}

  /** Rows of a page; to be changed only before `clear`. */
  size = PAGE_ROWS;
  total = 0;
  /** Whether the first page has come. */
  ready = false;
  metric: MainMetric | null = null;

  /** The value of a column at a row; undefined while it is not there. */
  value(row: number, column: string): Json | undefined {
    const page = this.pages.get(Math.floor(row / this.size));
    return page?.columns[column]?.[row % this.size];
  }

  has(row: number): boolean {
    const page = this.pages.get(Math.floor(row / this.size));
    return page !== undefined && row % this.size < page.rows;
  }

  /** The row of a run among those that are there, or -1. */
  find(id: string): number {
    for (const [number, page] of this.pages) {
      const at = (page.columns.id as string[]).indexOf(id);
      if (at >= 0) {
        return number * this.size + at;
      }
    }
    return -1;
  }

  /** Changes a value that is there, before the server's answer comes. */
  patch(id: string, column: string, value: Json): void {
    const row = this.find(id);
    const values = this.pages.get(Math.floor(row / this.size))?.columns[column];
    if (row >= 0 && values) {
      values[row % this.size] = value;
      this.onChange();
    }
  }

  /** Makes the rows `first` to `last` come, and remembers them as those in view. */
  show(first: number, last: number): void {
    this.view = [first, last];
    const end = Math.max(this.ready ? Math.min(last, this.total - 1) : 0, 0);
    for (let number = Math.floor(Math.max(first, 0) / this.size); number * this.size <= end; number++) {
      const page = this.pages.get(number);
      if ((page === undefined || page.generation < this.generation) && !this.loading.has(number)) {
        void this.load(number);
      }
    }
  }

  /** Asks again for what is in view; the rest is asked again when it comes into view. */
  refresh(): void {
    this.generation += 1;
    this.again = false;
    this.abort();
    void this.load(0).then(() => this.show(...this.view));
  }

  /** As `refresh`, but waits for rows on their way: given up at each change they would never come where changes are many. */
  follow(): void {
    if (this.loading.has(0)) {
      this.again = true;
    } else {
      this.refresh();
    }
  }

  /** Takes the total, once it has been counted. */
  count(total: number): void {
    this.total = total;
    this.onChange();
  }

  /** Forgets all rows, for another query. */
  clear(): void {
    this.abort();
    this.again = false;
    this.pages.clear();
    this.generation += 1;
    this.total = 0;
    this.ready = false;
  }

  abort(): void {
    for (const controller of this.loading.values()) {
      controller.abort();
    }
    this.loading.clear();
  }

  private async load(number: number): Promise<void> {
    const controller = new AbortController();
    const generation = this.generation;
    this.loading.set(number, controller);
    try {
      const before = this.pages.get(number - 1);
      const after = before && before.generation === generation ? before.next : null;
      const table = await this.fetch(number * this.size, after, this.size, controller.signal);
      if (controller.signal.aborted || generation !== this.generation) {
        return;
      }
      this.take(number, table, generation);
    } catch (error) {
      if (!controller.signal.aborted) {
        this.onError(error);
      }
    } finally {
      if (this.loading.get(number) === controller) {
        this.loading.delete(number);
        if (number === 0 && this.again) {
          this.refresh();
        }
      }
    }
  }

  private take(number: number, table: Table, generation: number): void {
    if (number === 0) {
      // Without a count there is at least what came, and one row more where more is to come.
      this.total = table.total ?? Math.max(table.rows + (table.next === null ? 0 : 1), this.ready ? this.total : 0);
      this.metric = table.metric;
      this.ready = true;
    } else if (table.total !== null && table.total !== undefined) {
      this.total = table.total;
    }
    this.pages.set(number, { columns: table.columns, rows: table.rows, next: table.next, generation });
    this.forget(number);
    this.onChange();
  }

  /** Pages far from the one just loaded go, so that a long scroll does not keep all of it. */
  private forget(near: number): void {
    if (this.pages.size > KEPT_PAGES) {
      const far = [...this.pages.keys()].sort((a, b) => Math.abs(b - near) - Math.abs(a - near));
      far.slice(0, this.pages.size - KEPT_PAGES).forEach(number => this.pages.delete(number));
    }
    for (const number of [...this.pages.keys()]) {
      if (number * this.size >= Math.max(this.total, 1)) {
        this.pages.delete(number);
      }
    }
  }

  private readonly pages = new Map<number, Page>();
  private readonly loading = new Map<number, AbortController>();
  private generation = 0;
  /** Something changed while the first rows were on their way. */
  private again = false;
  private view: [number, number] = [0, 0];
}

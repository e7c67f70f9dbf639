import { describe, expect, it, vi } from 'vitest';

import { ApiError } from '../src/api/errors';
import { Json, Names, Run, Status, Table, TableRequest } from '../src/api/types';
import { byOrigin } from '../src/models/groups';
import { Pages } from '../src/models/pages';
import { drawing } from '../src/models/lineage';
import { RunsModel } from '../src/panels/runs/model';
import { sideBySide } from '../src/parts/sourcediff';

const NAMES: Names = { metrics: [{ name: 'loss', runs: 1, direction: 'min', curve: false }], params: [], tags: [], experiments: [], notebooks: [], models: [], fields: [], operators: [], words: [] };

/** A server with so many runs, newest first, and what it was asked for. */
class Server {
  asked: TableRequest[] = [];
  constructor(public runs: number) {}

  status = async (): Promise<Status> => ({ version: '0', store: 's', problem: null, runs: this.runs, running: 0, experiments: ['e'], revision: 1, writable: true });
  storeOf = async (): Promise<{ store: string; notebook: string; location: string; problem: null }> => ({ store: 's', notebook: 'n.ipynb', location: '.nbtrack', problem: null });
  names = async (): Promise<Names> => NAMES;
  change = vi.fn(async (): Promise<Run> => ({}) as Run);
  table = async (_: string, request: TableRequest): Promise<Table> => {
    this.asked.push(request);
    if (request.query === 'bad') {
      throw new ApiError(400, { kind: 'query', message: 'no', position: 1 });
    }
    const begin = request.offset ?? (request.after ? Number(request.after) : 0);
    const count = Math.max(0, Math.min(request.limit ?? 500, this.runs - begin));
    const ids = Array.from({ length: count }, (_, at) => `run-${this.runs - begin - at}`);
    const values = ids.map((_, at) => (at % 2 ? 0.5 : 1));
    return {
      rows: count,
      columns: { id: ids, value: values, experiment: ids.map(() => 'e'), cell_id: ids.map((_, at) => (at % 2 ? 'b' : 'a')), starred: ids.map(() => false) },
      next: String(begin + count),
      total: begin === 0 || request.offset !== undefined ? this.runs : null,
      metric: { name: 'loss', direction: 'min', experiments: { e: { best: 0.5, worst: 1, count } } }
    };
  };
}

const memory = (): { load: (name: string) => Promise<Json | undefined>; save: (name: string, value: Json) => void; kept: Map<string, Json> } => {
  const kept = new Map<string, Json>();
  return { kept, load: async name => kept.get(name), save: (name, value) => void kept.set(name, value) };
};

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) {
    await Promise.resolve();
  }
};

describe('the list of runs', () => {
  it('asks for the page in view only, and for the next by its key', async () => {
    const server = new Server(1000);
    const model = new RunsModel(server, memory());
    await model.open('n.ipynb');
    await settled();
    expect(model.pages.total).toBe(1000);
    expect(server.asked).toHaveLength(1);
    expect(server.asked[0]).toMatchObject({ notebook: 'n.ipynb', limit: 200 });
    model.pages.show(190, 215);
    await settled();
    expect(server.asked[1]).toMatchObject({ after: '200' });
    expect(model.pages.value(205, 'id')).toBe('run-795');
  });

  it('jumps by offset where the page before is not there', async () => {
    const server = new Server(1000);
    const model = new RunsModel(server, memory());
    await model.open(null);
    await settled();
    model.pages.show(800, 820);
    await settled();
    expect(server.asked[1]).toMatchObject({ offset: 800 });
    expect(model.pages.value(800, 'id')).toBe('run-200');
    expect(model.pages.has(500)).toBe(false);
  });

  it('keeps its rows in view until the new ones have come', async () => {
    const server = new Server(10);
    const model = new RunsModel(server, memory());
    await model.open(null);
    await settled();
    server.runs = 11;
    model.heed({ store: 's', revision: 2, change: 'runs', runs: [], job: null });
    expect(model.pages.value(0, 'id')).toBe('run-10');
    await settled();
    expect(model.pages.value(0, 'id')).toBe('run-11');
    model.dispose();
  });

  it('shows runs that come faster than the server answers, and asks once more for those that came meanwhile', async () => {
    const server = new Server(10);
    const model = new RunsModel(server, memory());
    await model.open(null);
    await settled();
    const held: (() => void)[] = [];
    const answer = server.table;
    server.table = async (store, request) => {
      await new Promise<void>(resolve => held.push(resolve));
      return answer(store, request);
    };
    for (let revision = 0; revision < 5; revision++) {
      server.runs += 1;
      model.heed({ store: 's', revision, change: 'runs', runs: [], job: null });
      await settled();
    }
    expect(held).toHaveLength(1);
    held[0]();
    await settled();
    expect(model.pages.total).toBe(15);
    expect(held).toHaveLength(2);
    model.dispose();
  });

  it('takes no number that was counted for another query', async () => {
    vi.useFakeTimers();
    const server = new Server(10);
    const answer = server.table;
    server.table = async (store, request) => {
      const table = await answer(store, request);
      return { ...table, total: request.count === undefined ? null : request.query === 'old' ? 99 : 3 };
    };
    const model = new RunsModel(server, memory());
    await model.open(null);
    model.setQuery('old');
    await vi.advanceTimersByTimeAsync(100);
    model.setQuery('new');
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.asked.filter(one => one.count !== undefined).map(one => one.query)).toEqual(['new']);
    expect(model.matching).toBe(3);
    expect(model.counted).toBe(true);
    model.dispose();
    vi.useRealTimers();
  });

  it('says what is wrong with a query, and forgets it with the next', async () => {
    const model = new RunsModel(new Server(3), memory());
    await model.open(null);
    model.setQuery('bad');
    await settled();
    expect(model.queryError).toEqual({ message: 'no', position: 1 });
    model.setQuery('good');
    await settled();
    expect(model.queryError).toBeNull();
    expect(model.pages.total).toBe(3);
  });

  it('remembers the main metric and its direction, and orders by it', async () => {
    const kept = memory();
    const server = new Server(3);
    const model = new RunsModel(server, kept);
    await model.open(null);
    model.setPreferences({ metric: 'loss', direction: 'min', sort: 'best' });
    await settled();
    expect(server.asked[server.asked.length - 1]).toMatchObject({ order: '-metric.loss', metric: 'loss', direction: 'min' });
    const again = new RunsModel(server, kept);
    await again.open(null);
    expect(again.metric).toEqual({ name: 'loss', direction: 'min' });
    expect(again.preferences.sort).toBe('best');
  });

  it('stands under the cells that made it, and cells can be folded', async () => {
    const model = new RunsModel(new Server(4), memory());
    await model.open(null);
    model.setPreferences({ grouped: true });
    await settled();
    const lines = Array.from({ length: model.lines.count }, (_, at) => model.lines.at(at));
    expect(lines.map(line => line.kind)).toEqual(['group', 'run', 'run', 'group', 'run', 'run']);
    model.fold((lines[0] as { key: string }).key);
    expect(model.lines.count).toBe(4);
  });

  it('selects one by one and from here to there', async () => {
    const model = new RunsModel(new Server(5), memory());
    await model.open(null);
    await settled();
    model.select('run-4', 'toggle');
    model.selectTo('run-2');
    expect([...model.selection]).toEqual(['run-4', 'run-3', 'run-2']);
    model.select('run-3', 'toggle');
    expect(model.selection.size).toBe(2);
  });

  it('takes a star back that the server refused', async () => {
    const server = new Server(2);
    server.change.mockRejectedValueOnce(new ApiError(409, { kind: 'store_busy', message: 'busy' }));
    const model = new RunsModel(server, memory());
    await model.open(null);
    await settled();
    await expect(model.star('run-2', true)).rejects.toThrow('busy');
    expect(model.pages.value(0, 'starred')).toBe(false);
  });

  it('of a smaller-is-better metric the best has the longest bar', async () => {
    const model = new RunsModel(new Server(2), memory());
    await model.open(null);
    await settled();
    expect(model.share(1)).toBe(1);
    expect(model.share(0)).toBeLessThan(0.2);
  });
});

it('pages that come for an older question are dropped', async () => {
  const answers: ((table: Table) => void)[] = [];
  const pages = new Pages(() => new Promise(resolve => answers.push(resolve)), () => undefined, () => undefined);
  const table = (id: string): Table => ({ rows: 1, columns: { id: [id] }, next: null, total: 1, metric: null });
  pages.refresh();
  pages.clear();
  pages.refresh();
  answers[1](table('new'));
  answers[0](table('old'));
  await settled();
  expect(pages.value(0, 'id')).toBe('new');
});

it('params are told by origin, defaults last', () => {
  const groups = byOrigin([
    { name: 'a', value: 1, origin: 'default' },
    { name: 'b', value: 2, origin: 'loop' },
    { name: 'c', value: 3, origin: 'something new' }
  ]);
  expect(groups.map(group => group.origin)).toEqual(['loop', 'default', 'something new']);
});

it('two sources stand line beside line', () => {
  expect(sideBySide('a\nb\nc', 'a\nB\nc\nd')).toEqual([
    { left: 'a', right: 'a' },
    { left: 'b', right: 'B' },
    { left: 'c', right: 'c' },
    { left: null, right: 'd' }
  ]);
});

it('lineage is drawn from top to bottom, edges to unknown nodes left out', () => {
  const node = (id: string, kind: 'dataset' | 'run'): { id: string; kind: typeof kind; label: string; detail: null; run: null } => ({ id, kind, label: id, detail: null, run: null });
  const drawn = drawing({ nodes: [node('data', 'dataset'), node('run', 'run')], edges: [{ source: 'data', target: 'run', kind: 'used' }, { source: 'gone', target: 'run', kind: 'used' }] }, false);
  expect(drawn.nodes[0].y).toBeLessThan(drawn.nodes[1].y);
  expect(drawn.edges).toHaveLength(1);
});

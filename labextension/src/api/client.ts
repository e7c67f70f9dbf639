import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { ApiError } from './errors';
import {
  Change,
  Comparison,
  Curve,
  DatasetDetail,
  Diff,
  Job,
  Json,
  Lineage,
  Names,
  Output,
  Run,
  Slice,
  Status,
  StoreOfNotebook,
  Table,
  TableRequest
} from './types';

type Arguments = Record<string, string | number | boolean | string[] | undefined>;

/** The routes under /nbtrack/api/, one method each; every one throws `ApiError`. */
export class Client {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  status(store?: string): Promise<Status> {
    return this.get('status', { store });
  }

  storeOf(notebook: string): Promise<StoreOfNotebook> {
    return this.get('stores', { notebook });
  }

  table(store: string, request: TableRequest, signal?: AbortSignal): Promise<Table> {
    const { columns, ...rest } = request;
    return this.get('table', { store, ...rest, columns: columns?.map(escapeComma).join(',') }, signal);
  }

  names(store: string, scope: { experiment?: string; notebook?: string } = {}): Promise<Names> {
    return this.get('names', { store, ...scope });
  }

  run(store: string, run: string): Promise<Run> {
    return this.get(`runs/${run}`, { store });
  }

  change(store: string, run: string, change: Change): Promise<Run> {
    return this.send('PATCH', `runs/${run}`, store, change);
  }

  curves(store: string, run: string, points = 1000): Promise<{ curves: Curve[]; running: boolean }> {
    return this.get(`runs/${run}/curves`, { store, points });
  }

  output(store: string, run: string): Promise<Output> {
    return this.get(`runs/${run}/output`, { store });
  }

  dataset(store: string, run: string, position: number): Promise<DatasetDetail> {
    return this.get(`runs/${run}/datasets/${position}`, { store });
  }

  lineage(store: string, run: string): Promise<Lineage> {
    return this.get(`runs/${run}/lineage`, { store });
  }

  slice(store: string, run: string): Promise<Slice> {
    return this.get(`runs/${run}/slice`, { store });
  }

  diff(store: string, a: string, b: string): Promise<Diff> {
    return this.get('diff', { store, a, b });
  }

  compare(store: string, ids: string[], points = 400): Promise<Comparison> {
    return this.get('compare', { store, ids: ids.join(','), points });
  }

  preview(store: string, run: string): Promise<{ [name: string]: Json }> {
    return this.get(`runs/${run}/export/preview`, { store });
  }

  start(store: string, run: string, kind: Job['kind'], body: { [name: string]: Json }): Promise<Job> {
    return this.send('POST', `runs/${run}/${kind}`, store, body);
  }

  job(store: string, job: string): Promise<Job> {
    return this.get(`jobs/${job}`, { store });
  }

  cancel(store: string, job: string): Promise<void> {
    return this.send('DELETE', `jobs/${job}`, store);
  }

  /** Where a picture of a run is, for `<img>`. */
  attachmentUrl(store: string, run: string, digest: string): string {
    return this.url(`runs/${run}/attachments/${encodeURIComponent(digest)}`, { store });
  }

  /** Where the comparison to save is. */
  comparisonUrl(store: string, ids: string[]): string {
    return this.url('compare.html', { store, ids: ids.join(',') });
  }

  private url(route: string, parameters: Arguments): string {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters)) {
      if (value !== undefined && value !== '') {
        query.append(name, String(value));
      }
    }
    return `${URLExt.join(this.settings.baseUrl, 'nbtrack', 'api', route)}?${query}`;
  }

  private get<T>(route: string, parameters: Arguments, signal?: AbortSignal): Promise<T> {
    return this.request<T>(this.url(route, parameters), { method: 'GET', signal });
  }

  private send<T>(method: string, route: string, store: string, body?: unknown): Promise<T> {
    const init: RequestInit = { method };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { 'Content-Type': 'application/json' };
    }
    return this.request<T>(this.url(route, { store }), init);
  }

  private async request<T>(url: string, init: RequestInit): Promise<T> {
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, init, this.settings);
    } catch (error) {
      if (init.signal?.aborted) {
        throw new ApiError(0, { kind: 'aborted', message: 'Not needed any more.' });
      }
      throw new ApiError(0, {
        kind: 'unreachable',
        message: 'The Jupyter server does not answer.',
        remedy: 'Check that it still runs; the panel tries again by itself.'
      });
    }
    const text = response.status === 204 ? '' : await response.text();
    const body = parse(text);
    if (!response.ok) {
      throw new ApiError(response.status, told(response.status, body));
    }
    return body as T;
  }
}

/** Names with a comma are percent-encoded once here and once more as part of the address. */
function escapeComma(name: string): string {
  return name.includes(',') || name.includes('%') ? encodeURIComponent(name) : name;
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function told(status: number, body: unknown): { kind?: string; message?: string; remedy?: string | null } {
  if (typeof body === 'object' && body !== null && 'message' in body && 'kind' in body) {
    return body as { kind: string; message: string };
  }
  if (status === 404) {
    return {
      kind: 'no_server',
      message: 'The Jupyter server has no nbtrack.',
      remedy: 'Install nbtrack where the server runs (pip install "nbtrack[lab]") and start the server again.'
    };
  }
  return {};
}

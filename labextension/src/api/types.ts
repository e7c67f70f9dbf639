/** What the server answers, as docs/reference/rest.md describes it. */

/** JSON of the user's values; numbers that JSON lacks are "NaN", "Infinity", "-Infinity". */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

export type State = 'RUNNING' | 'COMPLETE' | 'FAILED' | 'CANCELED';
export type Verdict = 'same' | 'close' | 'different' | 'failed';
export type Direction = 'max' | 'min';

export interface Problem {
  kind: string;
  message: string;
  remedy: string | null;
}

export interface Status {
  version: string;
  store: string;
  problem: Problem | null;
  runs: number;
  running: number;
  experiments: string[];
  revision: number;
  writable: boolean;
}

export interface StoreOfNotebook {
  store: string;
  notebook: string;
  location: string;
  problem: Problem | null;
}

export interface Param {
  name: string;
  value: Json;
  origin: string;
  execution_id?: string;
  redacted?: boolean;
}

export interface Metric {
  name: string;
  value: number | string;
  origin: string;
  variable: string | null;
  dataset: string | null;
  execution_id: string | null;
  points: number;
}

export interface Column {
  name: string;
  dtype: string;
  digest: string;
  profile?: Profile | null;
}

/** Of a column; other keys may come. */
export interface Profile {
  count?: number;
  missing?: number;
  min?: Json;
  max?: Json;
  mean?: Json;
  std?: Json;
  quantiles?: Json;
  top?: Json;
  [name: string]: Json | undefined;
}

export interface Dataset {
  name: string;
  role: string;
  digest: string;
  kind: string;
  shape: number[] | null;
  columns?: Column[];
  by_pickle?: boolean;
  sampled?: boolean;
}

export interface DatasetDetail extends Dataset {
  size_bytes: number | null;
  columns: Column[];
  runs: { id: string; label: string; role: string }[];
}

export interface Model {
  variable: string | null;
  class: string;
  module: string;
  framework: string;
  digest: string | null;
  size_bytes: number | null;
  stored: boolean;
  retained: boolean;
}

export interface CellError {
  name: string;
  message: string;
  traceback: string;
}

export interface Reproduction {
  verdict: Verdict;
  at?: string | number;
  duration_seconds?: number | null;
  datasets?: { name: string; equal: boolean | null }[];
  params?: { name: string; equal: boolean | null }[];
  metrics?: { name: string; then: Json; now: Json; equal: boolean | null }[];
  model?: { equal: boolean | null; by: string } | null;
  first_divergence?: { execution_id: string; execution_count: number | null; reason: string; subject: string } | null;
}

export interface Attachment {
  kind: 'figure' | 'data';
  name: string;
  media_type: string;
  digest: string;
  size_bytes: number;
}

/** Keys that only the whole form of a run has are optional. */
export interface Run {
  id: string;
  label: string;
  name?: string;
  state: State;
  experiment: string;
  tags: Record<string, string>;
  starred: boolean;
  note: string | null;
  started_at: string;
  duration_seconds: number | null;
  capture_seconds: number | null;
  capture_notes: string[];
  notebook: { path: string | null; cell_id: string | null; execution_count: number | null; session_id: string };
  execution: { id: string; source?: string; source_digest: string; error: CellError | null };
  model: Model | null;
  params: Param[];
  metrics: Metric[];
  datasets: Dataset[];
  files: { path: string; digest: string; size_bytes: number }[];
  depends_on: { execution_id: string; execution_count: number | null; cell_id: string | null }[];
  stale: { [name: string]: Json }[];
  environment: {
    digest: string;
    python: string;
    packages?: Record<string, string>;
    git: { commit?: string; dirty?: boolean; [name: string]: Json | undefined } | null;
  } | null;
  reproduction: Reproduction | null;
  registered: { [name: string]: Json }[];
  fits?: number;
  trials?: { columns: string[]; rows: Json[][] };
  attachments?: Attachment[];
}

export interface MetricRange {
  best: number | string | null;
  worst: number | string | null;
  count: number;
}

export interface MainMetric {
  name: string;
  direction: Direction;
  experiments: Record<string, MetricRange>;
}

/** Columns of equal length, one value per run. */
export type Columns = Record<string, Json[]>;

export interface Table {
  rows: number;
  columns: Columns;
  next: string | null;
  total: number | null;
  offset?: number | null;
  metric: MainMetric | null;
}

export interface TableRequest {
  query?: string;
  experiment?: string;
  notebook?: string;
  order?: string;
  limit?: number;
  after?: string;
  offset?: number;
  columns?: string[];
  metric?: string;
  direction?: Direction;
  count?: 'quick' | 'true' | 'false';
}

export interface Names {
  metrics: { name: string; runs: number; direction: Direction; curve: boolean }[];
  params: { name: string; runs: number }[];
  tags: { name: string; values: string[] }[];
  experiments: string[];
  notebooks: string[];
  models: string[];
  fields: { name: string; type: string }[];
  operators: string[];
  words: string[];
}

export interface Curve {
  metric: string;
  dataset: string | null;
  total: number;
  steps: number[];
  values: (number | string | null)[];
  times: number[];
}

export interface Output {
  stdout: string;
  stderr: string;
  error: CellError | null;
}

export interface LineageNode {
  id: string;
  kind: 'run' | 'execution' | 'dataset' | 'file' | 'model' | 'registered';
  label: string;
  detail: string | null;
  run: string | null;
}

export interface LineageEdge {
  source: string;
  target: string;
  kind: 'used' | 'generated';
}

export interface Lineage {
  nodes: LineageNode[];
  edges: LineageEdge[];
}

export interface SliceCell {
  execution_id: string;
  execution_count: number | null;
  cell_id: string | null;
  source: string;
}

export interface Slice {
  cells: SliceCell[];
  script: string | null;
  notes: string[];
}

export interface Difference {
  kind: string;
  subject: string;
  then: Json;
  now: Json;
  detail: Json;
}

export interface Diff {
  a: { id: string; label: string };
  b: { id: string; label: string };
  differences: Difference[];
}

export interface CompareRow {
  name: string;
  values: Json[];
  differs: boolean;
  best?: number | null;
}

export interface Comparison {
  runs: Run[];
  params: CompareRow[];
  metrics: CompareRow[];
  datasets: CompareRow[];
  environment: CompareRow[];
  curves: {
    metric: string;
    series: {
      run: string | number;
      dataset: string | null;
      total: number;
      steps: number[];
      values: (number | string | null)[];
      times: number[];
    }[];
  }[];
}

export interface Job {
  id: string;
  kind: 'export' | 'reproduce' | 'register';
  store: string;
  run: string;
  state: 'running' | 'done' | 'failed' | 'cancelled';
  progress: { message: string | null; done: number | null; total: number | null } | null;
  started_at: string;
  ended_at: string | null;
  result: { [name: string]: Json } | null;
  error: { kind?: string; message: string; remedy?: string | null } | null;
}

export interface StoreEvent {
  store: string;
  revision: number;
  change: 'runs' | 'points' | 'status' | 'job';
  runs: string[];
  job: string | null;
}

export type Change = { note?: string | null; tags?: Record<string, string | null>; starred?: boolean; name?: string | null };

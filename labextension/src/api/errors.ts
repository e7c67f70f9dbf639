import { Problem } from './types';

/** What the server, or the way to it, had to say against a request. */
export class ApiError extends Error {
  readonly kind: string;
  readonly status: number;
  readonly remedy: string | null;
  /** Of a query that does not parse: 0-based character. */
  readonly position: number | null;

  constructor(status: number, body: Partial<Problem> & { position?: number }) {
    super(body.message ?? `The server answered with status ${status}.`);
    this.status = status;
    this.kind = body.kind ?? 'unknown';
    this.remedy = body.remedy ?? null;
    this.position = typeof body.position === 'number' ? body.position : null;
  }
}

/** Any thrown value as a problem that can be shown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiError) {
    return { kind: error.kind, message: error.message, remedy: error.remedy };
  }
  return { kind: 'unknown', message: error instanceof Error ? error.message : String(error), remedy: null };
}

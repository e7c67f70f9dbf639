import { problemOf } from '../api/errors';
import { Job, Json, Problem } from '../api/types';
import { Observable } from '../models/observable';

export interface JobApi {
  start(store: string, run: string, kind: Job['kind'], body: { [name: string]: Json }): Promise<Job>;
  job(store: string, job: string): Promise<Job>;
  cancel(store: string, job: string): Promise<void>;
  preview(store: string, run: string): Promise<{ [name: string]: Json }>;
}

const ASK_MS = 600;

/** Work that the server does for a run, and how far it is. */
export class JobModel extends Observable {
  constructor(
    private readonly api: JobApi,
    readonly store: string,
    readonly run: string,
    readonly kind: Job['kind']
  ) {
    super();
  }

  job: Job | null = null;
  problem: Problem | null = null;
  starting = false;

  get running(): boolean {
    return this.starting || this.job?.state === 'running';
  }

  async start(body: { [name: string]: Json }): Promise<void> {
    this.problem = null;
    this.job = null;
    this.starting = true;
    this.touch();
    try {
      this.job = await this.api.start(this.store, this.run, this.kind, body);
    } catch (error) {
      this.problem = problemOf(error);
    }
    this.starting = false;
    this.touch();
    await this.follow();
  }

  async cancel(): Promise<void> {
    if (this.job?.state === 'running') {
      try {
        await this.api.cancel(this.store, this.job.id);
        await this.look();
      } catch (error) {
        this.problem = problemOf(error);
        this.touch();
      }
    }
  }

  private async follow(): Promise<void> {
    while (this.job?.state === 'running' && !this.isDisposed) {
      await new Promise(resolve => setTimeout(resolve, ASK_MS));
      await this.look();
    }
  }

  private async look(): Promise<void> {
    if (this.job === null) {
      return;
    }
    try {
      this.job = await this.api.job(this.store, this.job.id);
      this.problem = null;
    } catch (error) {
      this.problem = problemOf(error);
      if (this.problem.kind === 'not_found') {
        this.job = null;
      }
    }
    this.touch();
  }
}

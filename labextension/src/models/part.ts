import { Problem } from '../api/types';

/** A part that is asked for when its section is opened. */
export type Part<T> = { state: 'loading' } | { state: 'ready'; value: T } | { state: 'failed'; problem: Problem };

import * as React from 'react';

import { Problem } from '../api/types';

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'live';

export function Chip(props: { tone?: Tone; title?: string; children: React.ReactNode }): JSX.Element {
  return (
    <span className={`nbt-chip nbt-${props.tone ?? 'plain'}`} title={props.title}>
      {props.children}
    </span>
  );
}

const VERDICTS: Record<string, { tone: Tone; text: string; title: string }> = {
  same: { tone: 'good', text: 'same', title: 'Reproduced: the same data, numbers and model came out' },
  close: { tone: 'good', text: 'close', title: 'Reproduced within the tolerance' },
  different: { tone: 'bad', text: 'different', title: 'Reproduced: something else came out' },
  failed: { tone: 'bad', text: 'not reproduced', title: 'The reproduction failed' }
};

export function VerdictChip(props: { verdict: unknown }): JSX.Element | null {
  const told = typeof props.verdict === 'string' ? VERDICTS[props.verdict] : undefined;
  return told ? (
    <Chip tone={told.tone} title={told.title}>
      {told.tone === 'good' ? '↻ ' : '≠ '}
      {told.text}
    </Chip>
  ) : null;
}

export function StateChip(props: { state: unknown; error?: unknown }): JSX.Element | null {
  switch (props.state) {
    case 'RUNNING':
      return <Chip tone="live">running</Chip>;
    case 'FAILED':
      return <Chip tone="bad">{typeof props.error === 'string' ? props.error : 'failed'}</Chip>;
    case 'CANCELED':
      return <Chip tone="warn">canceled</Chip>;
    default:
      return null;
  }
}

/** What went wrong and what to do about it. */
export function ProblemBox(props: { problem: Problem; onRetry?: () => void }): JSX.Element {
  const { message, remedy } = props.problem;
  return (
    <div className="nbt-problem" role="alert">
      <p>{message}</p>
      {remedy && remedy !== message && <p className="nbt-muted">{remedy}</p>}
      {props.onRetry && (
        <button type="button" className="nbt-action" onClick={props.onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Empty(props: { title: string; children?: React.ReactNode }): JSX.Element {
  return (
    <div className="nbt-empty">
      <p className="nbt-empty-title">{props.title}</p>
      {props.children}
    </div>
  );
}

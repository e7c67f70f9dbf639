import * as React from 'react';

import { Json } from '../../api/types';
import { formatAgo, formatDuration, formatMetric, formatTime, formatValue } from '../../models/format';
import { Chip, StateChip, VerdictChip } from '../../parts/chips';
import { Icon } from '../../parts/icons';
import { Sparkline } from '../../parts/sparkline';

export interface RowProps {
  index: number;
  id: string;
  value: (column: string) => Json | undefined;
  share: number | null;
  metric: string | null;
  columns: string[];
  now: number;
  wide: boolean;
  selected: boolean;
  focused: boolean;
  writable: boolean;
  onStar: (starred: boolean) => void;
}

/** One run: a card where there is little room, a line of a table where there is much. */
export function Row(props: RowProps): JSX.Element {
  return props.wide ? <Wide {...props} /> : <Card {...props} />;
}

function Card(props: RowProps): JSX.Element {
  const { value, columns } = props;
  const chosen = columns.filter(name => !isEmpty(value(name)));
  return (
    <>
      <Check selected={props.selected} state={value('state')} />
      <div className="nbt-card" role="gridcell">
        <div className="nbt-line">
          <Label {...props} />
          <Star {...props} />
        </div>
        <div className="nbt-line nbt-second">
          <StateChip state={value('state')} error={value('error')} />
          <Flags {...props} />
          <span className="nbt-muted nbt-cut" title={formatTime(started(props))}>
            {formatAgo(started(props), props.now)}
            {value('duration') !== null && ` · ${formatDuration(value('duration') as number)}`}
          </span>
          <Tags tags={value('tags')} />
          <Sparkline values={value('sparkline') ?? null} width={48} height={16} />
        </div>
        {columns.length > 0 && (
          <div className="nbt-line nbt-third">
            {chosen.map(name => (
              <span key={name} className="nbt-pair" title={`${columnTitle(name)}: ${cellText(name, value(name))}`}>
                <span className="nbt-muted">{columnTitle(name)}</span> <span>{cellText(name, value(name))}</span>
              </span>
            ))}
          </div>
        )}
      </div>
      <Score {...props} />
    </>
  );
}

function Wide(props: RowProps): JSX.Element {
  const { value } = props;
  return (
    <>
      <Check selected={props.selected} state={value('state')} />
      <div className="nbt-cell nbt-cell-label" role="gridcell">
        <Label {...props} />
        <Star {...props} />
        <StateChip state={value('state')} error={value('error')} />
        <Flags {...props} />
        <Tags tags={value('tags')} />
      </div>
      <Score {...props} />
      <div className="nbt-cell nbt-cell-spark" role="gridcell">
        <Sparkline values={value('sparkline') ?? null} />
      </div>
      {props.columns.map(name => (
        <div key={name} className="nbt-cell nbt-cell-value" role="gridcell" title={cellText(name, value(name))}>
          {cellText(name, value(name))}
        </div>
      ))}
      <div className="nbt-cell nbt-cell-time nbt-muted" role="gridcell" title={formatTime(started(props))}>
        {formatAgo(started(props), props.now)}
      </div>
      <div className="nbt-cell nbt-cell-took nbt-muted" role="gridcell">
        {formatDuration(value('duration') as number | null)}
      </div>
    </>
  );
}

function started(props: RowProps): number {
  return Number(props.value('started_at')) * 1000;
}

function Check(props: { selected: boolean; state: Json | undefined }): JSX.Element {
  return (
    <div className="nbt-check" role="gridcell" data-action="select" title="Select for comparison (Space)">
      <span className={`nbt-dot nbt-state-${String(props.state).toLowerCase()}`} />
      <span className={`nbt-box${props.selected ? ' nbt-on' : ''}`}>{props.selected && <Icon name="check" />}</span>
    </div>
  );
}

function Label(props: RowProps): JSX.Element {
  const name = props.value('name');
  const label = String(props.value('label') ?? '');
  // The number stays in view where the class's name is too long.
  const [, stem, number] = /^(.*?)(-\d+)?$/s.exec(label) ?? ['', label, ''];
  return (
    <span className="nbt-label" title={`${label}${name ? ` · ${String(name)}` : ''}`}>
      <span className="nbt-stem">{stem}</span>
      <span>{number}</span>
      {name && <span className="nbt-name nbt-stem">&nbsp;{String(name)}</span>}
    </span>
  );
}

function Star(props: RowProps): JSX.Element {
  const starred = props.value('starred') === true;
  return (
    <button
      type="button"
      tabIndex={-1}
      className={`nbt-star${starred ? ' nbt-on' : ''}`}
      aria-label={starred ? 'Remove the star' : 'Star this run'}
      aria-pressed={starred}
      disabled={!props.writable}
      onClick={event => {
        event.stopPropagation();
        props.onStar(!starred);
      }}
    >
      <Icon name="star" filled={starred} />
    </button>
  );
}

function Flags(props: RowProps): JSX.Element {
  const stale = Number(props.value('stale') ?? 0);
  const notes = Number(props.value('notes') ?? 0);
  return (
    <>
      <VerdictChip verdict={props.value('verdict')} />
      {stale > 0 && (
        <Chip tone="warn" title={`${stale} of the cells that this run stands on ${stale === 1 ? 'has' : 'have'} changed since`}>
          stale
        </Chip>
      )}
      {notes > 0 && (
        <span className="nbt-note-mark" title={`Not everything was captured: ${notes} note${notes === 1 ? '' : 's'}`}>
          <Icon name="warn" />
        </span>
      )}
      {props.value('note') && <span className="nbt-has-note" title={String(props.value('note'))} aria-label="Has a note">✎</span>}
    </>
  );
}

function Tags(props: { tags: Json | undefined }): JSX.Element | null {
  const tags = Object.entries((props.tags ?? {}) as Record<string, Json>);
  if (tags.length === 0) {
    return null;
  }
  return (
    <>
      {tags.slice(0, 2).map(([name, value]) => (
        <Chip key={name} title={`${name} = ${String(value)}`}>
          {value === '' ? name : `${name}=${String(value)}`}
        </Chip>
      ))}
      {tags.length > 2 && <Chip title={tags.map(([name, value]) => `${name} = ${String(value)}`).join('\n')}>+{tags.length - 2}</Chip>}
    </>
  );
}

function Score(props: RowProps): JSX.Element {
  const value = props.value('value');
  const rank = props.value('rank');
  const first = rank === 1;
  return (
    <div
      className="nbt-score"
      role="gridcell"
      title={isEmpty(value) ? `No ${props.metric ?? 'metric'}` : `${props.metric ?? ''} ${String(value)}${rank ? `, rank ${String(rank)}` : ''}`}
    >
      <span className={`nbt-value${first ? ' nbt-best' : ''}`}>{isEmpty(value) ? '–' : formatMetric(value)}</span>
      <span className={`nbt-rank${first ? ' nbt-best' : ''}`}>{typeof rank === 'number' && (first ? 'best' : `#${rank}`)}</span>
      <div className="nbt-bar">
        {props.share !== null && <span style={{ width: `${Math.max(2, props.share * 100)}%` }} className={first ? 'nbt-best' : ''} />}
      </div>
    </div>
  );
}

function isEmpty(value: Json | undefined): boolean {
  return value === null || value === undefined;
}

/** `param.C` as `C`: what kind it is stands in the title of the column. */
export function columnTitle(name: string): string {
  return name.replace(/^(param|metric|tag)\./, '');
}

export function cellText(name: string, value: Json | undefined): string {
  if (isEmpty(value)) {
    return '';
  }
  if (name.startsWith('metric.')) {
    return formatMetric(value);
  }
  return name === 'duration' ? formatDuration(value as number) : formatValue(value);
}

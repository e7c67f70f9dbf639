import * as React from 'react';

import { Part } from '../models/part';
import { ProblemBox } from './chips';

/** A part of a page that can be folded; its content is made only once it is open. */
export function Section(props: {
  title: string;
  count?: number | string;
  open?: boolean;
  children: () => React.ReactNode;
}): JSX.Element {
  const [open, setOpen] = React.useState(props.open ?? false);
  return (
    <details className="nbt-section" open={open} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>
        <span>{props.title}</span>
        {props.count !== undefined && <span className="nbt-muted">{props.count}</span>}
      </summary>
      {open && <div className="nbt-section-body">{props.children()}</div>}
    </details>
  );
}

/** A part that comes from the server: on its way, there, or why not. */
export function Loaded<T>(props: { part: Part<T>; children: (value: T) => React.ReactNode }): JSX.Element {
  const { part } = props;
  if (part.state === 'loading') {
    return <p className="nbt-muted" aria-busy="true">Loading…</p>;
  }
  return part.state === 'failed' ? <ProblemBox problem={part.problem} /> : <>{props.children(part.value)}</>;
}

/** An element that somebody else made, such as rendered Markdown. */
export function Mounted(props: { make: () => Promise<HTMLElement>; on: unknown; className?: string }): JSX.Element {
  const place = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    let gone = false;
    void props.make().then(element => {
      if (!gone && place.current !== null) {
        place.current.replaceChildren(element);
        // Keys scroll only what can have the focus.
        element.querySelectorAll('pre').forEach(one => (one.tabIndex = 0));
      }
    });
    return () => {
      gone = true;
    };
  }, [props.on]);
  return <div ref={place} className={props.className} />;
}

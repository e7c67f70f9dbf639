import * as React from 'react';

import { Lineage } from '../api/types';
import { drawing, Placed } from '../models/lineage';

interface Props {
  lineage: Lineage;
  /** The run that is shown. */
  here: string;
  across: boolean;
  onWalk: (run: string) => void;
}

const KINDS: Record<string, string> = {
  run: 'run',
  execution: 'cell',
  dataset: 'data',
  file: 'file',
  model: 'model',
  registered: 'registered'
};

/** What a run came from and what came of it; runs in it can be walked to, with the mouse or with Tab and Enter. */
export function LineageGraph(props: Props): JSX.Element {
  const drawn = React.useMemo(() => drawing(props.lineage, props.across), [props.lineage, props.across]);
  const root = React.useRef<HTMLDivElement>(null);
  React.useLayoutEffect(() => {
    const mine = drawn.nodes.find(node => node.kind === 'run' && node.run === props.here);
    if (root.current !== null && mine !== undefined) {
      root.current.scrollLeft = mine.x - root.current.clientWidth / 2;
      root.current.scrollTop = mine.y - root.current.clientHeight / 2;
    }
  }, [drawn, props.here]);
  if (drawn.nodes.length === 0) {
    return <p className="nbt-muted">Nothing is known of what it came from.</p>;
  }
  return (
    <div className="nbt-graph" ref={root} tabIndex={0}>
      <svg width={drawn.width} height={drawn.height} viewBox={`0 0 ${drawn.width} ${drawn.height}`} role="group" aria-label="Lineage">
        <defs>
          <marker id="nbt-arrow" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="6" markerHeight="6" orient="auto-start-reverse">
            <path d="M0 0L6 3L0 6z" className="nbt-arrow" />
          </marker>
        </defs>
        {drawn.edges.map((edge, index) => (
          <path
            key={index}
            className={`nbt-edge nbt-edge-${edge.kind}`}
            d={edge.points.map((point, place) => `${place === 0 ? 'M' : 'L'}${point.x} ${point.y}`).join('')}
            markerEnd="url(#nbt-arrow)"
          />
        ))}
        {drawn.nodes.map(node => (
          <NodeView key={node.id} node={node} here={props.here} onWalk={props.onWalk} />
        ))}
      </svg>
    </div>
  );
}

function NodeView(props: { node: Placed; here: string; onWalk: (run: string) => void }): JSX.Element {
  const { node } = props;
  const target = node.run !== null && node.run !== props.here ? node.run : null;
  const mine = node.run === props.here && node.kind === 'run';
  const walk = (): void => {
    if (target !== null) {
      props.onWalk(target);
    }
  };
  return (
    <g
      className={`nbt-node nbt-node-${node.kind}${mine ? ' nbt-here' : ''}${target === null ? '' : ' nbt-walkable'}`}
      transform={`translate(${node.x - node.width / 2} ${node.y - node.height / 2})`}
      role={target === null ? 'img' : 'link'}
      tabIndex={target === null ? undefined : 0}
      aria-label={`${KINDS[node.kind] ?? node.kind} ${node.label}`}
      onClick={walk}
      onKeyDown={event => event.key === 'Enter' && walk()}
    >
      <title>{[node.label, node.detail].filter(Boolean).join('\n')}</title>
      <rect width={node.width} height={node.height} rx={node.kind === 'execution' ? 3 : 8} />
      <text x="9" y="16" className="nbt-node-kind">
        {KINDS[node.kind] ?? node.kind}
      </text>
      <text x="9" y="31" className="nbt-node-label">
        {cut(node.label, 22)}
      </text>
    </g>
  );
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

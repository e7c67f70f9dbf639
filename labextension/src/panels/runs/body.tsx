import { useVirtualizer } from '@tanstack/react-virtual';
import * as React from 'react';

import { Empty, ProblemBox } from '../../parts/chips';
import { Icon, IconButton } from '../../parts/icons';
import { useModel, useNow, useWidth } from '../../parts/useModel';
import { RUN_ATTRIBUTE } from '../../tokens';
import { ColumnChooser } from './columns';
import { Header } from './header';
import { Line, RunsModel } from './model';
import { QueryBox } from './querybox';
import { columnTitle, Row } from './row';

export interface RunsActions {
  open: (id: string) => void;
  compare: (ids: string[]) => void;
  /** What a heading over the runs of a cell says: the cell's first line, where the notebook is open. */
  describeCell: (cell: string) => string | null;
  goToCell: (cell: string, notebook: string) => void;
  failed: (error: unknown) => void;
}

const WIDE = 620;

export function RunsBody(props: { model: RunsModel; actions: RunsActions }): JSX.Element {
  const model = useModel(props.model);
  const root = React.useRef<HTMLDivElement>(null);
  const wide = useWidth(root) >= WIDE;
  const [choosing, setChoosing] = React.useState(false);
  const nothing = model.status !== null && model.status.runs === 0;
  return (
    <div className={`nbt-runs${wide ? ' nbt-wide' : ''}`} ref={root}>
      {model.problem !== null && model.problem.kind !== 'store_not_found' && (
        <ProblemBox problem={model.problem} onRetry={() => void model.ask()} />
      )}
      {model.problem?.kind === 'store_not_found' || (nothing && model.problem === null) ? (
        <Start location={model.location} />
      ) : (
        model.status !== null && model.problem === null && (
          <>
            <Header model={model} onColumns={() => setChoosing(!choosing)} />
            {choosing && <ColumnChooser model={model} onClose={() => setChoosing(false)} />}
            <QueryBox query={model.query} names={model.names} error={model.queryError} onQuery={query => model.setQuery(query)} />
            <Count model={model} />
            <div className="nbt-sideways">
              <div className="nbt-table-frame" style={wide ? { minWidth: leastWidth(model.preferences.columns) } : undefined}>
                {wide && <TableHead model={model} />}
                <List {...props} wide={wide} />
              </div>
            </div>
            <SelectionBar model={model} onCompare={props.actions.compare} />
          </>
        )
      )}
    </div>
  );
}

function Start(props: { location: string }): JSX.Element {
  return (
    <Empty title="No runs yet">
      <p>Put this line at the top of a notebook. Every cell that trains a model becomes a run, and appears here.</p>
      <pre>%load_ext nbtrack</pre>
      {props.location !== '' && <p className="nbt-muted">Runs of this notebook will be kept in {props.location}.</p>}
    </Empty>
  );
}

function Count(props: { model: RunsModel }): JSX.Element {
  const { model } = props;
  const total = model.preferences.grouped ? model.matching : model.pages.total;
  const running = model.status?.running ?? 0;
  return (
    <div className="nbt-count nbt-muted" role="status">
      {model.pages.ready && !model.counted && 'Counting…'}
      {model.pages.ready && model.counted && `${total.toLocaleString('en')} run${total === 1 ? '' : 's'}`}
      {model.query.trim() !== '' && model.pages.ready && model.counted && ' match'}
      {running > 0 && <span className="nbt-running"> · {running} running</span>}
      {model.groupedCut && ' · grouped: the newest 2,000'}
    </div>
  );
}

function TableHead(props: { model: RunsModel }): JSX.Element {
  const { model } = props;
  const { columns, sort } = model.preferences;
  const head = (column: string, title: string, className: string): JSX.Element => {
    const mine = typeof sort !== 'string' && sort.column === column;
    return (
      <button
        key={column}
        type="button"
        className={`nbt-cell ${className}`}
        aria-label={`Order by ${title}`}
        title={title}
        onClick={() => model.setPreferences({ sort: { column, descending: !(mine && sort.descending) } })}
      >
        <span className="nbt-cut">{title}</span>
        {mine && <Icon name={sort.descending ? 'down' : 'up'} />}
      </button>
    );
  };
  return (
    <div className="nbt-table-head" style={template(columns)}>
      <span />
      {head('label', 'run', 'nbt-cell-label')}
      <button type="button" className="nbt-cell nbt-cell-score" onClick={() => model.setPreferences({ sort: sort === 'best' ? 'newest' : 'best' })}>
        <span className="nbt-cut">{model.metric?.name ?? 'metric'}</span>
        {sort === 'best' && <Icon name="down" />}
      </button>
      <span />
      {columns.map(name => head(name, columnTitle(name), 'nbt-cell-value'))}
      <button type="button" className="nbt-cell nbt-cell-time" onClick={() => model.setPreferences({ sort: 'newest' })}>
        when
      </button>
      {head('duration', 'took', 'nbt-cell-took')}
    </div>
  );
}

function template(columns: string[]): React.CSSProperties {
  const chosen = columns.length > 0 ? `repeat(${columns.length}, minmax(60px, 110px))` : '';
  return { gridTemplateColumns: `28px minmax(160px, 1fr) 116px 64px ${chosen} 84px 74px` };
}

/** Of the same columns with the gaps between them: where there is less room, the table is scrolled sideways. */
function leastWidth(columns: string[]): number {
  return 28 + 160 + 116 + 64 + 84 + 74 + 5 * 10 + columns.length * 70 + 16;
}

function List(props: { model: RunsModel; actions: RunsActions; wide: boolean }): JSX.Element {
  const { model, actions, wide } = props;
  const scroll = React.useRef<HTMLDivElement>(null);
  const now = useNow();
  const lines = model.lines;
  const { columns } = model.preferences;
  const height = wide ? 32 : columns.length > 0 ? 68 : 50;
  const virtual = useVirtualizer({
    count: lines.count,
    getScrollElement: () => scroll.current,
    estimateSize: index => (lines.at(index)?.kind === 'group' ? 30 : height),
    overscan: 12,
    initialRect: { width: 300, height: 600 }
  });
  React.useLayoutEffect(() => virtual.measure(), [height, model.preferences.grouped, model.version]);
  useAnchor(model, scroll, height);
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items[items.length - 1]?.index ?? 0;
  React.useEffect(() => {
    if (!model.preferences.grouped) {
      model.pages.show(first, last);
    }
  }, [first, last, lines.count]);
  const keys = useKeys(model, actions, index => virtual.scrollToIndex(index), Math.max(1, Math.floor(600 / height) - 1));
  if (model.pages.ready && lines.count === 0 && model.queryError === null) {
    return <Nothing model={model} />;
  }
  const focused = model.focused;
  return (
    <div
      className="nbt-list"
      ref={scroll}
      role="grid"
      tabIndex={0}
      aria-label="Runs"
      aria-multiselectable="true"
      aria-rowcount={lines.count}
      aria-activedescendant={focused === null ? undefined : `nbt-row-${focused}`}
      onKeyDown={keys}
    >
      <div className="nbt-sizer" style={{ height: virtual.getTotalSize() }}>
        {items.map(item => (
          <LineView
            key={item.index}
            {...props}
            line={lines.at(item.index)}
            index={item.index}
            start={item.start}
            size={item.size}
            now={now}
          />
        ))}
      </div>
    </div>
  );
}

interface LineProps {
  model: RunsModel;
  actions: RunsActions;
  wide: boolean;
  line: Line;
  index: number;
  start: number;
  size: number;
  now: number;
}

function LineView(props: LineProps): JSX.Element | null {
  const { model, line, index } = props;
  const style: React.CSSProperties = { height: props.size, transform: `translateY(${props.start}px)` };
  if (line === undefined) {
    return null;
  }
  if (line.kind === 'group') {
    return <GroupLine {...props} line={line} style={style} />;
  }
  const id = model.pages.value(line.row, 'id');
  if (typeof id !== 'string') {
    return <div className="nbt-row nbt-loading" role="row" aria-rowindex={index + 1} style={style} aria-busy="true" />;
  }
  const click = (event: React.MouseEvent): void => {
    if ((event.target as Element).closest('[data-action="select"]') || event.ctrlKey || event.metaKey) {
      model.select(id, 'toggle');
    } else if (event.shiftKey) {
      model.selectTo(id);
    } else {
      model.focus(id);
      props.actions.open(id);
    }
  };
  const selected = model.selection.has(id);
  return (
    <div
      id={`nbt-row-${id}`}
      className={`nbt-row${selected ? ' nbt-selected' : ''}${model.focused === id ? ' nbt-focused' : ''}`}
      role="row"
      aria-rowindex={index + 1}
      aria-selected={selected}
      style={props.wide ? { ...style, ...template(model.preferences.columns) } : style}
      onClick={click}
      {...{ [RUN_ATTRIBUTE]: id }}
    >
      <Row
        index={index}
        id={id}
        value={column => model.pages.value(line.row, column)}
        share={model.share(line.row)}
        metric={model.metric?.name ?? null}
        columns={model.preferences.columns}
        now={props.now}
        wide={props.wide}
        selected={selected}
        focused={model.focused === id}
        writable={model.status?.writable !== false}
        onStar={starred => void model.star(id, starred).catch(props.actions.failed)}
      />
    </div>
  );
}

function GroupLine(props: LineProps & { line: Line & { kind: 'group' }; style: React.CSSProperties }): JSX.Element {
  const { model, actions, line } = props;
  const count = model.pages.value(line.row, 'execution_count');
  const said = line.cell === null ? null : actions.describeCell(line.cell);
  const folded = model.isFolded(line.key);
  const notebook = model.pages.value(line.row, 'notebook');
  return (
    <div className="nbt-row nbt-group" role="row" aria-rowindex={props.index + 1} style={props.style}>
      <span role="gridcell">
        <button
          type="button"
          className="nbt-fold"
          aria-label={folded ? 'Show the runs of this cell' : 'Hide the runs of this cell'}
          aria-expanded={!folded}
          onClick={() => model.fold(line.key)}
        >
          {folded ? '▸' : '▾'}
        </button>
      </span>
      <span className="nbt-cut nbt-grow" role="gridcell">
        <span className="nbt-muted">[{typeof count === 'number' ? count : ' '}]</span> <code>{said ?? (line.cell === null ? 'outside a notebook' : 'cell')}</code>
      </span>
      <span className="nbt-muted" role="gridcell">
        {line.count}
      </span>
      {line.cell !== null && (
        <span role="gridcell">
          <IconButton icon="cell" label="Go to the cell" onClick={() => actions.goToCell(line.cell as string, typeof notebook === 'string' ? notebook : '')} />
        </span>
      )}
    </div>
  );
}

function Nothing(props: { model: RunsModel }): JSX.Element {
  const { model } = props;
  if (model.query.trim() !== '') {
    return (
      <Empty title="No run matches">
        <button type="button" className="nbt-action" onClick={() => model.setQuery('')}>
          Show all runs
        </button>
      </Empty>
    );
  }
  return (
    <Empty title={model.scope.kind === 'notebook' ? 'No runs of this notebook yet' : 'No runs here'}>
      {model.scope.kind === 'notebook' && (
        <>
          <p>Run a cell that trains a model, with this line at the top of the notebook:</p>
          <pre>%load_ext nbtrack</pre>
        </>
      )}
      {model.scope.kind !== 'all' && (
        <button type="button" className="nbt-action" onClick={() => model.setScope({ kind: 'all' })}>
          Show the whole project
        </button>
      )}
    </Empty>
  );
}

function SelectionBar(props: { model: RunsModel; onCompare: (ids: string[]) => void }): JSX.Element | null {
  const { model } = props;
  const ids = [...model.selection];
  if (ids.length === 0) {
    return null;
  }
  return (
    <div className="nbt-selection" role="toolbar" aria-label="Selected runs">
      <span className="nbt-grow">{ids.length} selected</span>
      <button type="button" className="nbt-action nbt-primary" disabled={ids.length < 2} onClick={() => props.onCompare(ids)}>
        <Icon name="compare" /> Compare
      </button>
      <IconButton icon="close" label="Select none" onClick={() => model.clearSelection()} />
    </div>
  );
}

/** Runs that come on top push the list down; whoever has scrolled keeps what he sees. */
function useAnchor(model: RunsModel, scroll: React.RefObject<HTMLDivElement>, height: number): void {
  const anchor = React.useRef<{ id: string; row: number } | null>(null);
  React.useLayoutEffect(() => {
    const element = scroll.current;
    if (element === null || model.preferences.grouped) {
      return;
    }
    const before = anchor.current;
    if (before !== null && element.scrollTop > 0) {
      const now = model.pages.find(before.id);
      if (now > before.row) {
        element.scrollTop += (now - before.row) * height;
      }
    }
    const row = Math.floor(element.scrollTop / height);
    const id = model.pages.value(row, 'id');
    anchor.current = typeof id === 'string' ? { id, row } : null;
  });
}

function useKeys(
  model: RunsModel,
  actions: RunsActions,
  scrollTo: (index: number) => void,
  page: number
): (event: React.KeyboardEvent) => void {
  return event => {
    if (event.target !== event.currentTarget && (event.target as Element).tagName !== 'DIV') {
      return;
    }
    const lines = model.lines;
    const here = model.focused === null ? -1 : model.indexOf(model.focused);
    const go = (wanted: number, step: number): void => {
      let index = Math.min(Math.max(wanted, 0), lines.count - 1);
      while (lines.at(index)?.kind === 'group' && index + step >= 0 && index + step < lines.count) {
        index += step;
      }
      const line = lines.at(index);
      const id = line?.kind === 'run' ? model.pages.value(line.row, 'id') : undefined;
      scrollTo(index);
      if (typeof id === 'string') {
        event.shiftKey ? model.selectTo(id) : model.focus(id);
      }
    };
    const moves: Record<string, () => void> = {
      ArrowDown: () => go(here + 1, 1),
      ArrowUp: () => go(here - 1, -1),
      PageDown: () => go(here + page, 1),
      PageUp: () => go(here - page, -1),
      Home: () => go(0, 1),
      End: () => go(lines.count - 1, -1),
      Enter: () => model.focused !== null && actions.open(model.focused),
      ' ': () => model.focused !== null && model.select(model.focused, 'toggle'),
      s: () => model.focused !== null && toggleStar(model, actions),
      c: () => model.selection.size > 1 && actions.compare([...model.selection]),
      Escape: () => model.clearSelection(),
      ContextMenu: () => openMenu(model.focused)
    };
    const key = event.shiftKey && event.key === 'F10' ? 'ContextMenu' : event.key;
    const move = event.ctrlKey || event.metaKey || event.altKey ? undefined : moves[key];
    if (move !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      move();
    }
  };
}

/** The menu of a row, as the right mouse button opens it: the focus is on the list, so the browser would ask for that one's. */
function openMenu(id: string | null): void {
  const row = id === null ? null : document.getElementById(`nbt-row-${id}`);
  if (row !== null) {
    const { left, bottom } = row.getBoundingClientRect();
    row.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true, clientX: left + 28, clientY: bottom - 4 }));
  }
}

function toggleStar(model: RunsModel, actions: RunsActions): void {
  const id = model.focused as string;
  const starred = model.pages.value(model.pages.find(id), 'starred') === true;
  void model.star(id, !starred).catch(actions.failed);
}

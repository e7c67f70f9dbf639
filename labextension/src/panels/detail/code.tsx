import * as React from 'react';

import { Run, SliceCell } from '../../api/types';
import { IconButton } from '../../parts/icons';
import { Loaded, Mounted } from '../../parts/section';
import { SourceDiff } from '../../parts/sourcediff';
import { DetailActions } from './actions';
import { DetailModel } from './model';

/** The cell as it ran, beside the cell as it is; and the cells it depends on. */
export function Code(props: { model: DetailModel; run: Run; actions: DetailActions }): JSX.Element {
  const { run, actions, model } = props;
  const [slice, setSlice] = React.useState(false);
  const { cell_id, path } = run.notebook;
  const source = run.execution.source ?? '';
  const now = cell_id === null ? null : actions.sourceNow(cell_id, path ?? '');
  const changed = typeof now === 'string' && now.trimEnd() !== source.trimEnd();
  return (
    <>
      {now === undefined && <p className="nbt-remark nbt-warn">The cell is no longer in the notebook.</p>}
      {changed ? (
        <>
          <p className="nbt-muted">The cell has changed since.</p>
          <SourceDiff then={source} now={now} titles={['when it ran', 'now']} />
        </>
      ) : (
        <Source text={source} actions={actions} />
      )}
      {run.depends_on.length > 0 && (
        <label className="nbt-check-label">
          <input type="checkbox" checked={slice} onChange={event => setSlice(event.target.checked)} /> with the {run.depends_on.length === 1 ? 'cell' : `${run.depends_on.length} cells`} that it depends on
        </label>
      )}
      {slice && (
        <Loaded part={model.slice()}>
          {found => (
            <>
              {found.notes.map((text, index) => (
                <p key={index} className="nbt-remark nbt-warn">
                  {text}
                </p>
              ))}
              {found.cells
                .filter(cell => cell.execution_id !== run.execution.id)
                .map((cell, index) => (
                  <SliceView key={index} cell={cell} notebook={path ?? ''} actions={actions} />
                ))}
              {found.script !== null && (
                <button type="button" className="nbt-link" onClick={() => actions.copy(found.script ?? '')}>
                  Copy all as one script
                </button>
              )}
            </>
          )}
        </Loaded>
      )}
    </>
  );
}

function SliceView(props: { cell: SliceCell; notebook: string; actions: DetailActions }): JSX.Element {
  const { cell, actions } = props;
  return (
    <div className="nbt-slice">
      <div className="nbt-line">
        <span className="nbt-muted nbt-grow">[{cell.execution_count ?? ' '}]</span>
        {cell.cell_id !== null && <IconButton icon="cell" label="Go to the cell" onClick={() => actions.goToCell(cell.cell_id as string, props.notebook)} />}
      </div>
      <Source text={cell.source} actions={actions} />
    </div>
  );
}

/** Python with its colours, by the renderer of Markdown; its fence is longer than any in the source. */
function Source(props: { text: string; actions: DetailActions }): JSX.Element {
  const longest = Math.max(2, ...(props.text.match(/`+/g) ?? []).map(one => one.length));
  const fence = '`'.repeat(longest + 1);
  return <Mounted className="nbt-source" on={props.text} make={() => props.actions.renderMarkdown(`${fence}python\n${props.text}\n${fence}`)} />;
}

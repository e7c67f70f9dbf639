import * as React from 'react';

import { Run } from '../../api/types';
import { formatAgo, formatDuration, formatTime } from '../../models/format';
import { Chip, ProblemBox, StateChip, VerdictChip } from '../../parts/chips';
import { Icon, IconButton } from '../../parts/icons';
import { useModel, useNow, useWidth } from '../../parts/useModel';
import { DetailActions } from './actions';
import { Code } from './code';
import { Data } from './data';
import { Environment, Figures, ModelFacts, Output, Reproductions, Trials } from './facts';
import { DetailModel } from './model';
import { Note, Tags } from './notes';
import { Curves, Metrics, Params } from './numbers';
import { LineageGraph } from '../../parts/graph';
import { Loaded, Section } from '../../parts/section';

export { DetailActions } from './actions';

export interface DetailProps {
  model: DetailModel;
  actions: DetailActions;
  onBack: (() => void) | null;
}

const WIDE = 760;

/** All about one run. */
export function DetailBody(props: DetailProps): JSX.Element {
  const model = useModel(props.model);
  const root = React.useRef<HTMLDivElement>(null);
  const wide = useWidth(root) >= WIDE;
  const back = (): void => {
    if (!model.walkBack()) {
      props.onBack?.();
    }
  };
  return (
    <div
      className={`nbt-detail${wide ? ' nbt-wide' : ''}`}
      ref={root}
      onKeyDown={event => event.key === 'Escape' && !isField(event.target) && back()}
    >
      <Top {...props} onBack={props.onBack === null && model.trail.length === 0 ? null : back} />
      {model.problem !== null && <ProblemBox problem={model.problem} onRetry={() => void model.refresh()} />}
      {model.run === null ? (
        model.problem === null && <p className="nbt-muted nbt-pad" aria-busy="true">Loading…</p>
      ) : (
        <div className="nbt-scroll" key={model.id}>
          <Content model={model} run={model.run} actions={props.actions} wide={wide} />
        </div>
      )}
    </div>
  );
}

function isField(target: EventTarget): boolean {
  return target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

function Top(props: DetailProps): JSX.Element {
  const { model, actions } = props;
  const { run } = model;
  const from = model.trail[model.trail.length - 1];
  return (
    <div className="nbt-top">
      {props.onBack !== null && (
        <IconButton icon="back" text={from?.label ?? 'Runs'} label={from ? `Back to ${from.label}` : 'Back to the runs'} onClick={props.onBack} className="nbt-back" />
      )}
      <span className="nbt-grow" />
      {run !== null && (
        <>
          <button
            type="button"
            className={`nbt-star nbt-always${run.starred ? ' nbt-on' : ''}`}
            aria-label={run.starred ? 'Remove the star' : 'Star this run'}
            aria-pressed={run.starred}
            onClick={() => void model.change({ starred: !run.starred }).catch(actions.failed)}
          >
            <Icon name="star" filled={run.starred} />
          </button>
          <IconButton icon="copy" label="Copy the run's id" onClick={() => actions.copy(run.id)} />
          {actions.openTab !== null && <IconButton icon="external" label="Open in a tab" onClick={() => actions.openTab?.(run)} />}
        </>
      )}
    </div>
  );
}

function Content(props: { model: DetailModel; run: Run; actions: DetailActions; wide: boolean }): JSX.Element {
  const { model, run, actions, wide } = props;
  const figures = (run.attachments ?? []).filter(one => one.kind === 'figure');
  const packages = Object.keys(run.environment?.packages ?? {}).length;
  return (
    <>
      <Heading run={run} />
      <Actions run={run} actions={actions} />
      <Problems run={run} />
      <div className="nbt-columns">
        <div>
          {run.metrics.length > 0 && (
            <Section title="Metrics" count={run.metrics.length} open>
              {() => <Metrics run={run} />}
            </Section>
          )}
          {model.curves.length > 0 && (
            <Section title="Curves" count={model.curves.length} open>
              {() => <Curves curves={model.curves} />}
            </Section>
          )}
          {run.params.length > 0 && (
            <Section title="Parameters" count={run.params.filter(one => one.origin !== 'default').length} open>
              {() => <Params run={run} />}
            </Section>
          )}
          {run.trials && (
            <Section title="Trials" count={run.trials.rows.length}>
              {() => <Trials trials={run.trials as NonNullable<Run['trials']>} />}
            </Section>
          )}
          <Section title="Note and tags" open={run.note !== null || Object.keys(run.tags).length > 0}>
            {() => (
              <>
                <Note run={run} model={model} actions={actions} />
                <Tags run={run} model={model} actions={actions} />
              </>
            )}
          </Section>
        </div>
        <div>
          <Section title="Data" count={run.datasets.length + run.files.length}>
            {() => <Data model={model} run={run} />}
          </Section>
          {run.model !== null && <Section title="Model" count={run.model.class}>{() => <ModelFacts run={run} />}</Section>}
          {figures.length > 0 && (
            <Section title="Figures" count={figures.length} open={wide}>
              {() => <Figures model={model} figures={figures} />}
            </Section>
          )}
          <Section title="Code" open={wide}>{() => <Code model={model} run={run} actions={actions} />}</Section>
          <Section title="Lineage">
            {() => (
              <Loaded part={model.lineage()}>
                {lineage => <LineageGraph lineage={lineage} here={run.id} across={wide} onWalk={id => void model.show(model.store, id)} />}
              </Loaded>
            )}
          </Section>
          <Section title="Output">{() => <Output model={model} actions={actions} />}</Section>
          {run.reproduction !== null && <Section title="Reproduction" open>{() => <Reproductions run={run} />}</Section>}
          {run.environment !== null && <Section title="Environment" count={`Python ${run.environment.python}, ${packages} packages`}>{() => <Environment run={run} />}</Section>}
        </div>
      </div>
    </>
  );
}

function Heading(props: { run: Run }): JSX.Element {
  const { run } = props;
  const now = useNow();
  return (
    <div className="nbt-heading">
      <h2>
        {run.label}
        {run.name && <span className="nbt-name"> {run.name}</span>}
      </h2>
      <div className="nbt-line nbt-wrap">
        <StateChip state={run.state} error={run.execution.error?.name} />
        <VerdictChip verdict={run.reproduction?.verdict} />
        {run.stale.length > 0 && <Chip tone="warn">stale</Chip>}
        {run.registered.map((one, index) => (
          <Chip key={index} tone="good" title="Registered">
            {String(one.name ?? '')} {one.version === undefined ? '' : `v${String(one.version).replace(/^v/, '')}`}
          </Chip>
        ))}
        <span className="nbt-muted" title={formatTime(run.started_at)}>
          {formatAgo(Date.parse(run.started_at), now)} · {formatDuration(run.duration_seconds)} · {run.experiment}
        </span>
      </div>
    </div>
  );
}

function Actions(props: { run: Run; actions: DetailActions }): JSX.Element {
  const { run, actions } = props;
  const { cell_id, path } = run.notebook;
  const stored = run.model?.stored === true;
  return (
    <div className="nbt-actions" role="toolbar" aria-label="What to do with this run">
      <IconButton icon="cell" text="Go to cell" label={cell_id === null ? 'The run does not come from a cell of a notebook' : 'Show the cell in its notebook'} disabled={cell_id === null} onClick={() => cell_id !== null && actions.goToCell(cell_id, path ?? '')} />
      <IconButton icon="load" text="Load" label={stored ? 'Insert a cell that loads the model' : 'The model of this run is not stored'} disabled={!stored} onClick={() => actions.load(run)} />
      <IconButton icon="compare" text="Compare" label="Compare with others" onClick={() => actions.compareWith(run)} />
      <IconButton icon="export" text="Export" label="Make a bundle that proves itself elsewhere" onClick={() => actions.exportRun(run)} />
      <IconButton icon="redo" text="Reproduce" label="Run the cells it depends on again, in a clean process, and judge" onClick={() => actions.reproduce(run)} />
      <IconButton icon="register" text="Register" label={stored ? 'Give the model a name and a version' : 'The model of this run is not stored'} disabled={!stored} onClick={() => actions.register(run)} />
    </div>
  );
}

function Problems(props: { run: Run }): JSX.Element {
  const { run } = props;
  const { error } = run.execution;
  return (
    <>
      {error !== null && (
        <div className="nbt-problem">
          <p>
            <b>{error.name}</b>: {error.message}
          </p>
        </div>
      )}
      {run.stale.length > 0 && (
        <div className="nbt-remark nbt-warn">
          {run.stale.map((one, index) => (
            <p key={index}>{staleText(one)}</p>
          ))}
        </div>
      )}
      {run.capture_notes.length > 0 && (
        <div className="nbt-remark">
          {run.capture_notes.map((note, index) => (
            <p key={index}>{note}</p>
          ))}
        </div>
      )}
    </>
  );
}

function staleText(stale: Run['stale'][number]): string {
  const reason = typeof stale.reason === 'string' ? stale.reason : 'changed';
  const count = stale.execution_count;
  return `${typeof count === 'number' ? `Cell [${count}]` : 'A cell'} that this run stands on: ${reason} since.`;
}

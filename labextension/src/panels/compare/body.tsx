import * as React from 'react';

import { Comparison } from '../../api/types';
import { Chart } from '../../parts/chart';
import { ProblemBox } from '../../parts/chips';
import { IconButton } from '../../parts/icons';
import { Section } from '../../parts/section';
import { useModel, useWidth } from '../../parts/useModel';
import { Differences } from './differences';
import { CompareModel } from './model';
import { Parallel, Scatter } from './plots';
import { Rows, tellingRows } from './rows';

export interface CompareActions {
  open: (id: string) => void;
  save: (url: string) => void;
  onBack: (() => void) | null;
}

/** What differs between runs first, then the rest on demand. */
export function CompareBody(props: { model: CompareModel; actions: CompareActions }): JSX.Element {
  const model = useModel(props.model);
  const { comparison } = model;
  return (
    <div className="nbt-compare">
      <div className="nbt-top">
        {props.actions.onBack !== null && <IconButton icon="back" text="Runs" label="Back to the runs" onClick={props.actions.onBack} className="nbt-back" />}
        <h2 className="nbt-grow nbt-cut">{comparison === null ? 'Comparison' : `${comparison.runs.length} runs compared`}</h2>
        <label className="nbt-check-label">
          <input type="checkbox" checked={model.everything} onChange={event => model.set({ everything: event.target.checked })} /> also what is equal
        </label>
        <IconButton icon="save" text="Save as HTML" label="Save as one HTML file that opens offline" onClick={() => props.actions.save(model.url)} />
      </div>
      {model.problem !== null && <ProblemBox problem={model.problem} onRetry={() => void model.load()} />}
      {comparison === null ? (
        model.problem === null && <p className="nbt-muted nbt-pad" aria-busy="true">Loading…</p>
      ) : (
        <Content {...props} comparison={comparison} />
      )}
    </div>
  );
}

function Content(props: { model: CompareModel; actions: CompareActions; comparison: Comparison }): JSX.Element {
  const { model, comparison, actions } = props;
  const root = React.useRef<HTMLDivElement>(null);
  const width = useWidth(root);
  const wide = width > 700;
  const { everything, axes, charts } = model;
  const rows = (name: 'params' | 'metrics' | 'datasets' | 'environment'): number => tellingRows(name, comparison).length;
  const count = (name: 'params' | 'metrics' | 'datasets' | 'environment'): string => {
    const differing = rows(name);
    return differing === 0 ? 'all equal' : `${differing} differ`;
  };
  return (
    <div className={`nbt-scroll${width < 500 ? ' nbt-narrow' : ''}`} ref={root}>
      <Section title="Metrics" count={count('metrics')} open>
        {() => <Rows kind="metrics" comparison={comparison} everything={everything} onOpen={actions.open} onRemove={id => model.remove(id)} />}
      </Section>
      <Section title="Parameters" count={count('params')} open>
        {() => <Rows kind="params" comparison={comparison} everything={everything} onOpen={actions.open} onRemove={id => model.remove(id)} />}
      </Section>
      {charts.length > 0 && (
        <Section title="Curves" count={charts.length} open>
          {() => <Curves model={model} wide={wide} />}
        </Section>
      )}
      {comparison.runs.length > 2 && axes.length > 1 && (
        <Section title="Parallel coordinates and scatter" open>
          {() => (
            <>
              <Parallel axes={axes} runs={comparison.runs} onOpen={actions.open} />
              <Scatter axes={axes} runs={comparison.runs} onOpen={actions.open} />
            </>
          )}
        </Section>
      )}
      <Section title="Why they differ" open>
        {() => <Differences model={model} runs={comparison.runs} />}
      </Section>
      <Section title="Data" count={count('datasets')} open={rows('datasets') > 0}>
        {() => <Rows kind="datasets" comparison={comparison} everything={everything} onOpen={actions.open} onRemove={id => model.remove(id)} />}
      </Section>
      <Section title="Environment" count={count('environment')} open={rows('environment') > 0}>
        {() => <Rows kind="environment" comparison={comparison} everything={everything} onOpen={actions.open} onRemove={id => model.remove(id)} />}
      </Section>
    </div>
  );
}

function Curves(props: { model: CompareModel; wide: boolean }): JSX.Element {
  const { model } = props;
  return (
    <>
      <div className="nbt-line nbt-controls">
        <label className="nbt-line">
          <span className="nbt-muted">smoothing</span>
          <input
            type="range"
            min="0"
            max="0.99"
            step="0.01"
            value={model.smoothing}
            aria-valuetext={model.smoothing.toFixed(2)}
            onChange={event => model.set({ smoothing: Number(event.target.value) })}
          />
          <span className="nbt-num">{model.smoothing.toFixed(2)}</span>
        </label>
        <label className="nbt-check-label">
          <input type="checkbox" checked={model.logY} onChange={event => model.set({ logY: event.target.checked })} /> log axis
        </label>
      </div>
      <div className="nbt-charts">
        {model.charts.map(chart => (
          <Chart key={chart.metric} title={chart.metric} series={chart.series} smoothing={model.smoothing} logY={model.logY} height={props.wide ? 240 : 170} legend={chart.series.length <= 12} />
        ))}
      </div>
    </>
  );
}


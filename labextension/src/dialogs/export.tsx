import * as React from 'react';

import { Json } from '../api/types';
import { Part } from '../models/part';
import { formatSize } from '../models/format';
import { Loaded } from '../parts/section';
import { useModel } from '../parts/useModel';
import { JobModel } from './job';
import { Progress } from './progress';

export type Preview = { [name: string]: Json };

interface Props {
  model: JobModel;
  label: string;
  preview: Part<Preview>;
  onCopy: (text: string) => void;
  onOpen: ((path: string) => void) | null;
}

/** What would leave the machine, the way to the bundle, and how to prove it. */
export function ExportBody(props: Props): JSX.Element {
  const model = useModel(props.model);
  const [format, setFormat] = React.useState<'folder' | 'zip'>('folder');
  const [overwrite, setOverwrite] = React.useState(false);
  const done = model.job?.state === 'done';
  return (
    <div className="nbt-dialog">
      <p>
        A bundle of <b>{props.label}</b>: the model, the rows to try it with, the code it depends on, and a list of all with digests. It proves itself on another
        machine, without nbtrack.
      </p>
      {!done && <Loaded part={props.preview}>{preview => <PreviewView preview={preview} />}</Loaded>}
      {!done && (
        <div className="nbt-form">
          <label>
            As{' '}
            <select className="nbt-select" value={format} disabled={model.running} onChange={event => setFormat(event.target.value as 'folder' | 'zip')}>
              <option value="folder">a folder</option>
              <option value="zip">one zip file</option>
            </select>
          </label>
          <label className="nbt-check-label">
            <input type="checkbox" checked={overwrite} disabled={model.running} onChange={event => setOverwrite(event.target.checked)} /> replace one that is there
          </label>
        </div>
      )}
      <Progress model={model} />
      {done && <Done result={model.job?.result ?? {}} onCopy={props.onCopy} onOpen={props.onOpen} />}
      {!done && !model.running && (
        <button type="button" className="nbt-action nbt-primary" onClick={() => void model.start({ format, overwrite })}>
          Export
        </button>
      )}
    </div>
  );
}

const EXAMPLES: Record<string, string> = {
  synthetic: 'made up from the columns, none of your data',
  real: 'of your data',
  file: 'from a file',
  none: 'none'
};

function PreviewView(props: { preview: Preview }): JSX.Element {
  const { preview } = props;
  const list = (name: string): Json[] => (Array.isArray(preview[name]) ? (preview[name] as Json[]) : []);
  const texts = Object.entries((preview.texts ?? {}) as Record<string, Json>);
  const columns = list('columns').map(one => (Array.isArray(one) ? String(one[0]) : typeof one === 'object' && one !== null ? String((one as { name?: Json }).name) : String(one)));
  const facts: [string, string][] = [
    ['Model', [preview.class_name ?? preview.class, list('formats').join(', ')].filter(Boolean).join(' as ')],
    ['Size', typeof preview.size_bytes === 'number' ? formatSize(preview.size_bytes) : ''],
    ['Columns', columns.length === 0 ? '' : `${columns.length}: ${columns.slice(0, 6).join(', ')}${columns.length > 6 ? ', …' : ''}`],
    ['Example rows', EXAMPLES[String(preview.example_origin)] ?? String(preview.example_origin ?? '')],
    ['Cells of code', typeof preview.cells === 'number' ? String(preview.cells) : ''],
    ['Files named', list('paths').map(String).join(', ')],
    ['Your words', texts.map(([name, text]) => `${name}: ${String(text)}`).join(' · ')],
    ['Secrets taken out', typeof preview.redacted === 'number' && preview.redacted > 0 ? String(preview.redacted) : '']
  ];
  return (
    <>
      <table className="nbt-table">
        <tbody>
          {facts
            .filter(([, value]) => value !== '')
            .map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{value}</td>
              </tr>
            ))}
        </tbody>
      </table>
      {list('warnings').map((text, index) => (
        <p key={index} className="nbt-remark nbt-warn">
          {String(text)}
        </p>
      ))}
    </>
  );
}

function Done(props: { result: { [name: string]: Json }; onCopy: (text: string) => void; onOpen: ((path: string) => void) | null }): JSX.Element {
  const { result } = props;
  const path = String(result.path ?? result.location ?? '');
  const location = typeof result.location === 'string' ? result.location : null;
  const command = verifyCommand(result, path);
  return (
    <div className="nbt-done" role="status">
      <p>
        <b>Done.</b>
        {typeof result.files === 'number' && ` ${result.files} files, ${formatSize(result.size_bytes as number)}.`}
        {result.predicted === true && ' The written model was loaded again and gave the recorded predictions.'} The bundle is at
      </p>
      <Copyable text={path} onCopy={props.onCopy} />
      {(Array.isArray(result.warnings) ? result.warnings : []).map((text, index) => (
        <p key={index} className="nbt-remark nbt-warn">
          {String(text)}
        </p>
      ))}
      <p>This command proves it, here or anywhere else:</p>
      <Copyable text={command} onCopy={props.onCopy} />
      {location !== null && props.onOpen !== null && (
        <button type="button" className="nbt-action" onClick={() => props.onOpen?.(location)}>
          Show in the file browser
        </button>
      )}
    </div>
  );
}

function verifyCommand(result: { [name: string]: Json }, path: string): string {
  for (const name of ['verify', 'verify_command', 'command']) {
    if (typeof result[name] === 'string') {
      return result[name] as string;
    }
  }
  return `nbtrack verify ${/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replace(/'/g, "'\\''")}'`}`;
}

export function Copyable(props: { text: string; onCopy: (text: string) => void }): JSX.Element {
  return (
    <div className="nbt-copyable">
      <code>{props.text}</code>
      <button type="button" className="nbt-link" onClick={() => props.onCopy(props.text)}>
        Copy
      </button>
    </div>
  );
}


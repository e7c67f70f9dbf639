import * as React from 'react';

import { Run } from '../../api/types';
import { Icon, IconButton } from '../../parts/icons';
import { Mounted } from '../../parts/section';
import { DetailActions } from './actions';
import { DetailModel } from './model';

interface Props {
  run: Run;
  model: DetailModel;
  actions: DetailActions;
}

/** A note in Markdown: shown sanitised, edited as text. */
export function Note(props: Props): JSX.Element {
  const { run, model, actions } = props;
  const [draft, setDraft] = React.useState<string | null>(null);
  const [saving, setSaving] = React.useState(false);
  const save = async (): Promise<void> => {
    setSaving(true);
    try {
      await model.change({ note: draft === null || draft.trim() === '' ? null : draft });
      setDraft(null);
    } catch (error) {
      actions.failed(error);
    } finally {
      setSaving(false);
    }
  };
  if (draft === null) {
    return (
      <div className="nbt-note">
        {run.note !== null && <Mounted className="nbt-markdown" on={run.note} make={() => actions.renderMarkdown(run.note ?? '')} />}
        <button type="button" className="nbt-link" onClick={() => setDraft(run.note ?? '')}>
          {run.note === null ? 'Write a note' : 'Edit the note'}
        </button>
      </div>
    );
  }
  return (
    <div className="nbt-note">
      <textarea
        className="nbt-text"
        aria-label="Note, in Markdown"
        placeholder="What was tried, and what came out. Markdown."
        value={draft}
        autoFocus
        onChange={event => setDraft(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            void save();
          } else if (event.key === 'Escape') {
            setDraft(null);
            event.stopPropagation();
          }
        }}
      />
      <div className="nbt-line">
        <button type="button" className="nbt-action nbt-primary" disabled={saving} onClick={() => void save()}>
          Save
        </button>
        <button type="button" className="nbt-action" onClick={() => setDraft(null)}>
          Cancel
        </button>
      </div>
    </div>
  );
}

export function Tags(props: Props): JSX.Element {
  const { run, model, actions } = props;
  const [draft, setDraft] = React.useState('');
  const add = async (): Promise<void> => {
    const at = draft.indexOf('=');
    const name = (at < 0 ? draft : draft.slice(0, at)).trim();
    if (name === '') {
      return;
    }
    try {
      await model.change({ tags: { [name]: at < 0 ? '' : draft.slice(at + 1).trim() } });
      setDraft('');
    } catch (error) {
      actions.failed(error);
    }
  };
  const remove = (name: string): void => void model.change({ tags: { [name]: null } }).catch(actions.failed);
  return (
    <div className="nbt-tags">
      {Object.entries(run.tags).map(([name, value]) => (
        <span key={name} className="nbt-chip nbt-tag">
          {value === '' ? name : `${name}=${value}`}
          <button type="button" aria-label={`Remove the tag ${name}`} onClick={() => remove(name)}>
            <Icon name="close" />
          </button>
        </span>
      ))}
      <form
        className="nbt-line"
        onSubmit={event => {
          event.preventDefault();
          void add();
        }}
      >
        <input className="nbt-input nbt-grow" type="text" aria-label="New tag" placeholder="key=value" value={draft} onChange={event => setDraft(event.target.value)} />
        <IconButton icon="plus" label="Add the tag" disabled={draft.trim() === ''} onClick={() => void add()} />
      </form>
    </div>
  );
}

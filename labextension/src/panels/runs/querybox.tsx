import * as React from 'react';

import { Names } from '../../api/types';
import { accept, complete, Completion, endOfToken, isUnfinished, quoteName } from '../../models/query';
import { Icon, IconButton } from '../../parts/icons';

const NONE: Completion = { from: 0, to: 0, suggestions: [] };
const DELAY_MS = 350;

interface Props {
  query: string;
  names: Names | null;
  error: { message: string; position: number | null } | null;
  onQuery: (query: string) => void;
}

/** The query with completion: arrows open it and choose, Enter or Tab accepts, Escape closes; Enter alone asks at once. */
export function QueryBox(props: Props): JSX.Element {
  const [text, setText] = React.useState(props.query);
  const [completion, setCompletion] = React.useState<Completion>(NONE);
  const [active, setActive] = React.useState(-1);
  const input = React.useRef<HTMLInputElement>(null);
  const timer = React.useRef<number>();
  const caret = React.useRef<number | null>(null);
  const listId = React.useId();

  React.useEffect(() => setText(props.query), [props.query]);
  React.useEffect(() => () => window.clearTimeout(timer.current), []);
  // With the text itself: a frame later, a fast typist's next letters would already stand before the caret.
  React.useLayoutEffect(() => {
    if (caret.current !== null) {
      input.current?.setSelectionRange(caret.current, caret.current);
      caret.current = null;
    }
  });

  const ask = (query: string, at = DELAY_MS): void => {
    window.clearTimeout(timer.current);
    // Half a condition is no mistake yet; the list stays as it is until there is a whole one, or Enter is pressed.
    if (at === 0 || !isUnfinished(query)) {
      timer.current = window.setTimeout(() => props.onQuery(query), at);
    }
  };
  const suggest = (query: string, caret: number): void => {
    setCompletion(complete(query, caret, props.names));
    setActive(-1);
  };
  const suggestHere = (): void => suggest(text, input.current?.selectionStart ?? text.length);
  // Who typed before the names had come gets them then; those that change later open nothing.
  const known = props.names !== null;
  React.useEffect(() => {
    if (known && input.current === document.activeElement) {
      suggestHere();
    }
  }, [known]);
  const type = (event: React.ChangeEvent<HTMLInputElement>): void => {
    const query = event.target.value;
    setText(query);
    suggest(query, event.target.selectionStart ?? query.length);
    ask(query);
  };
  const take = (index: number): void => {
    const next = accept(text, completion, completion.suggestions[index].text);
    caret.current = next.caret;
    setText(next.query);
    ask(next.query);
    suggest(next.query, next.caret);
    input.current?.focus();
  };
  const key = (event: React.KeyboardEvent): void => {
    const count = completion.suggestions.length;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const step = event.key === 'ArrowDown' ? 1 : -1;
      if (count > 0) {
        setActive(active < 0 ? (step > 0 ? 0 : count - 1) : (active + step + count) % count);
      } else {
        suggestHere();
      }
      event.preventDefault();
    } else if ((event.key === 'Tab' || event.key === 'Enter') && active >= 0) {
      take(active);
      event.preventDefault();
    } else if (event.key === 'Enter') {
      setCompletion(NONE);
      ask(text, 0);
    } else if (event.key === 'Escape' && count > 0) {
      setCompletion(NONE);
      event.stopPropagation();
    }
  };
  const clear = (): void => {
    setText('');
    ask('', 0);
    input.current?.focus();
    setCompletion(NONE); // that of the focus would lie over the runs
  };
  const open = completion.suggestions.length > 0;
  return (
    <div className="nbt-query">
      <div className={`nbt-query-field${props.error ? ' nbt-invalid' : ''}`}>
        <Icon name="search" />
        <input
          ref={input}
          className="nbt-query-input"
          type="text"
          role="combobox"
          aria-label="Query over runs"
          aria-expanded={open}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={active >= 0 ? `${listId}-${active}` : undefined}
          aria-invalid={props.error !== null}
          autoComplete="off"
          spellCheck={false}
          placeholder={example(props.names)}
          value={text}
          onChange={type}
          onFocus={suggestHere}
          onClick={suggestHere}
          onBlur={() => setCompletion(NONE)}
          onKeyDown={key}
        />
        {text !== '' && <IconButton icon="close" label="Clear the query" onClick={clear} />}
      </div>
      {open && (
        <ul className="nbt-suggestions" role="listbox" id={listId} aria-label="Suggestions" onMouseDown={event => event.preventDefault()}>
          {completion.suggestions.map((one, index) => (
            <li
              key={`${one.kind}:${one.text}`}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === active}
              className={index === active ? 'nbt-active' : ''}
              ref={element => index === active && element?.scrollIntoView?.({ block: 'nearest' })}
              onMouseDown={() => take(index)}
            >
              <span className={`nbt-kind nbt-kind-${one.kind}`}>{one.kind}</span>
              <span className="nbt-suggestion-text">{one.text}</span>
              <span className="nbt-muted">{one.detail}</span>
            </li>
          ))}
        </ul>
      )}
      {props.error && <QueryError query={text} {...props.error} />}
    </div>
  );
}

/** A query over what there is. */
function example(names: Names | null): string {
  const metric = names?.metrics[0];
  return metric === undefined ? 'Find runs' : `Find runs: ${quoteName(metric.name)} ${metric.direction === 'min' ? '< 0.1' : '> 0.9'}`;
}

function QueryError(props: { query: string; message: string; position: number | null }): JSX.Element {
  const at = props.position;
  const begin = Math.max(0, (at ?? 0) - 16);
  return (
    <div className="nbt-query-error" role="alert">
      {at !== null && props.query !== '' && (
        <code>
          {begin > 0 ? '…' : ''}
          {props.query.slice(begin, at)}
          <mark>{props.query.slice(at, Math.min(endOfToken(props.query, at), at + 40)) || ' '}</mark>
        </code>
      )}
      <span>{props.message}</span>
    </div>
  );
}

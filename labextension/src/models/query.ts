/** Help for names, operators and values while a query is typed. Whether it is right is for the server to say. */

import { Names } from '../api/types';

export interface Suggestion {
  text: string;
  /** What kind of thing it is: metric, param, field, tag, word, operator, value. */
  kind: string;
  detail: string;
}

export interface Completion {
  /** Where the text that a suggestion replaces begins and ends. */
  from: number;
  to: number;
  suggestions: Suggestion[];
}

const TOKEN =
  /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|`[^`]*`?|<=|>=|!=|==|[=<>~()]|[^\s()=<>!~"'`]+/g;
const OPERATOR = /^(<=|>=|!=|==|=|<|>|~)$/;
const PLAIN = /^[\p{L}_][\p{L}\p{N}_./:@%-]*$/u;
const WORDS = new Set(['and', 'or', 'not', 'true', 'false', 'none', 'null', 'nan', 'inf']);
const MOST = 40;

/** Suggestions for the caret at `caret` of `query`. */
export function complete(query: string, caret: number, names: Names | null): Completion {
  const before = tokens(query.slice(0, caret));
  const last = before[before.length - 1];
  const touching = last !== undefined && last.end === caret && !/^[()]$|^(<=|>=|!=|==|=|<|>|~)$/.test(last.text);
  const from = touching ? last.start : caret;
  const prefix = touching ? last.text : '';
  const done = touching ? before.slice(0, -1) : before;
  const to = caret + (touching ? (/^[\p{L}\p{N}_./:@%-]+/u.exec(query.slice(caret))?.[0].length ?? 0) : 0);
  const all = names === null ? [] : expected(done, names);
  return { from, to, suggestions: matching(all, prefix).slice(0, MOST) };
}

/** Whether something must follow before the query can be one: what to compare with, a value, the other side of a word. */
export function isUnfinished(query: string): boolean {
  const all = tokens(query);
  const [before, last] = [all[all.length - 2]?.text, all[all.length - 1]?.text];
  if (last === undefined || last === ')' || (before !== undefined && OPERATOR.test(before))) {
    return false;
  }
  return true;
}

/** Where the word or sign that begins at `position` ends. */
export function endOfToken(query: string, position: number): number {
  return tokens(query).find(one => one.start <= position && position < one.end)?.end ?? query.length;
}

/** `query` with the suggestion put in, and where the caret is then. */
export function accept(query: string, completion: Completion, text: string): { query: string; caret: number } {
  const after = query.slice(completion.to);
  const inserted = after.startsWith(' ') || text === '(' ? text : `${text} `;
  const caret = completion.from + inserted.length;
  return { query: query.slice(0, completion.from) + inserted + after, caret };
}

/** A name as the query language takes it. */
export function quoteName(name: string): string {
  return PLAIN.test(name) && !WORDS.has(name.toLowerCase()) ? name : `\`${name}\``;
}

/** A text as the query language takes it. */
export function quoteText(text: string): string {
  return `"${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"')}"`;
}

interface Token {
  text: string;
  start: number;
  end: number;
}

function tokens(text: string): Token[] {
  return [...text.matchAll(TOKEN)].map(match => ({
    text: match[0],
    start: match.index ?? 0,
    end: (match.index ?? 0) + match[0].length
  }));
}

/** What may come after these tokens: names, then an operator, then a value, then `and` or `or`. */
function expected(done: Token[], names: Names): Suggestion[] {
  const last = done[done.length - 1]?.text;
  if (last === undefined || /^(and|or|not|\()$/i.test(last)) {
    return [...nameSuggestions(names), { text: 'not', kind: 'word', detail: '' }, { text: '(', kind: 'word', detail: '' }];
  }
  if (OPERATOR.test(last)) {
    return valueSuggestions(done[done.length - 2]?.text ?? '', names);
  }
  const before = done[done.length - 2]?.text;
  if (before !== undefined && OPERATOR.test(before)) {
    return connectors();
  }
  if (last === ')') {
    return connectors();
  }
  return names.operators.map(text => ({ text, kind: 'operator', detail: MEANINGS[text] ?? '' }));
}

const MEANINGS: Record<string, string> = {
  '=': 'is',
  '!=': 'is not',
  '<': 'less than',
  '<=': 'at most',
  '>': 'more than',
  '>=': 'at least',
  '~': 'contains'
};

function connectors(): Suggestion[] {
  return ['and', 'or'].map(text => ({ text, kind: 'word', detail: '' }));
}

function nameSuggestions(names: Names): Suggestion[] {
  const metrics = new Set(names.metrics.map(one => one.name));
  const runs = (count: number): string => `${count} run${count === 1 ? '' : 's'}`;
  return [
    ...names.metrics.map(one => ({ text: quoteName(one.name), kind: 'metric', detail: runs(one.runs) })),
    ...names.params.map(one => ({
      text: metrics.has(one.name) ? quoteName(`param.${one.name}`) : quoteName(one.name),
      kind: 'param',
      detail: one.runs === 0 ? 'default' : runs(one.runs) // those in which somebody chose it
    })),
    ...names.fields.map(one => ({ text: one.name, kind: 'field', detail: one.type })),
    ...names.tags.map(one => ({ text: quoteName(`tag.${one.name}`), kind: 'tag', detail: '' }))
  ];
}

function valueSuggestions(name: string, names: Names): Suggestion[] {
  const bare = name.replace(/^`|`$/g, '');
  const values: Record<string, string[]> = {
    model: names.models,
    experiment: names.experiments,
    notebook: names.notebooks,
    state: ['COMPLETE', 'RUNNING', 'FAILED', 'CANCELED'],
    starred: ['true', 'false']
  };
  const tag = names.tags.find(one => `tag.${one.name}` === bare);
  const found = tag ? tag.values : (values[bare] ?? []);
  const literal = bare === 'starred';
  return found.map(value => ({ text: literal ? value : quoteText(value), kind: 'value', detail: '' }));
}

function matching(all: Suggestion[], prefix: string): Suggestion[] {
  if (prefix === '') {
    return all;
  }
  const wanted = prefix.replace(/^["'`]/, '').toLowerCase();
  const plain = (one: Suggestion): string => one.text.replace(/^["'`]/, '').toLowerCase();
  const bare = (one: Suggestion): string => plain(one).replace(/^(metric|param|tag)\./, '');
  const begins = all.filter(one => plain(one).startsWith(wanted) || bare(one).startsWith(wanted));
  const within = all.filter(one => !begins.includes(one) && plain(one).includes(wanted));
  const found = [...begins, ...within];
  return found.length === 1 && plain(found[0]) === wanted ? [] : found;
}

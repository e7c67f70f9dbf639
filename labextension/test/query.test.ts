import { describe, expect, it } from 'vitest';

import { Names } from '../src/api/types';
import { accept, complete, endOfToken, isUnfinished, quoteName } from '../src/models/query';

const names: Names = {
  metrics: [
    { name: 'accuracy', runs: 7, direction: 'max', curve: false },
    { name: 'val loss', runs: 2, direction: 'min', curve: true }
  ],
  params: [
    { name: 'C', runs: 4 },
    { name: 'accuracy', runs: 1 }
  ],
  tags: [{ name: 'team', values: ['risk', 'fraud'] }],
  experiments: ['churn'],
  notebooks: ['churn.ipynb'],
  models: ['SVC', 'Random "Forest"'],
  fields: [
    { name: 'model', type: 'text' },
    { name: 'state', type: 'text' }
  ],
  operators: ['=', '!=', '<', '<=', '>', '>=', '~'],
  words: ['and', 'or', 'not']
};

const texts = (query: string): string[] => complete(query, query.length, names).suggestions.map(one => one.text);

describe('while a query is typed', () => {
  it('half a condition is not yet asked for', () => {
    const unfinished = ['acc', 'accuracy >', 'accuracy > 0.5 and', 'not', '(', '(accuracy > 0.5 or C'];
    const whole = ['', ' ', 'accuracy > 0.5', 'accuracy > and', '(accuracy > 0.5', '(accuracy > 0.5)', 'note = "a b'];
    expect(unfinished.filter(isUnfinished)).toEqual(unfinished);
    expect(whole.filter(isUnfinished)).toEqual([]);
  });

  it('a mistake is marked to the end of its word', () => {
    expect(endOfToken('acuracy > 0.5', 0)).toBe(7);
    expect(endOfToken('accuracy > "a b" and', 11)).toBe(16);
    expect(endOfToken('accuracy > ', 11)).toBe(11);
  });

  it('names come first, those that need it quoted', () => {
    expect(texts('')).toEqual(['accuracy', '`val loss`', 'C', 'param.accuracy', 'model', 'state', 'tag.team', 'not', '(']);
  });

  it('a param that nobody chose a value for is a default, not one of 0 runs', () => {
    const details = complete('', 0, { ...names, params: [{ name: 'C', runs: 4 }, { name: 'penalty', runs: 0 }] }).suggestions;
    expect(details.filter(one => one.kind === 'param').map(one => [one.text, one.detail])).toEqual([['C', '4 runs'], ['penalty', 'default']]);
  });

  it('what was begun narrows them, also within a name', () => {
    expect(texts('acc')).toEqual(['accuracy', 'param.accuracy']);
    expect(texts('LOSS')).toEqual(['`val loss`']);
  });

  it('operators come after a name, values after an operator, and what joins after a value', () => {
    expect(texts('accuracy ')).toEqual(names.operators);
    expect(texts('model = ')).toEqual(['"SVC"', '"Random \\"Forest\\""']);
    expect(texts('tag.team = r')).toEqual(['"risk"', '"fraud"']);
    expect(texts('accuracy > 0.9 ')).toEqual(['and', 'or']);
    expect(texts('accuracy > 0.9 and (')).toContain('C');
  });

  it('nothing is suggested for a value that is a number', () => {
    expect(texts('accuracy > 0.')).toEqual([]);
  });

  it('a suggestion replaces what was begun and leaves the rest alone', () => {
    const query = 'acc > 0.9 and C < 1';
    const completion = complete(query, 3, names);
    expect(accept(query, completion, 'accuracy')).toEqual({ query: 'accuracy > 0.9 and C < 1', caret: 8 });
  });

  it('without names nothing is suggested', () => {
    expect(complete('a', 1, null).suggestions).toEqual([]);
  });
});

it('words of the language are quoted when they are names', () => {
  expect(quoteName('and')).toBe('`and`');
  expect(quoteName('val/loss')).toBe('val/loss');
});

import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import * as React from 'react';
import { afterEach, expect, it, vi } from 'vitest';

import { Names } from '../src/api/types';
import { Chart } from '../src/parts/chart';
import { LineageGraph } from '../src/parts/graph';
import { QueryBox } from '../src/panels/runs/querybox';
import { Row } from '../src/panels/runs/row';
import { scaleOf } from '../src/panels/compare/plots';

afterEach(cleanup);

const HOSTILE = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>';

it('hostile text in every field of a row stays text', () => {
  const value = (column: string): never =>
    ({ started_at: 1, stale: 1, notes: 1, value: HOSTILE, rank: 2, tags: { [HOSTILE]: HOSTILE }, sparkline: [HOSTILE] })[column] ?? (HOSTILE as never);
  for (const wide of [false, true]) {
    const { container, unmount } = render(
      <Row index={0} id="x" value={value} share={0.5} metric={HOSTILE} columns={['param.a']} now={0} wide={wide} selected focused={false} writable onStar={() => undefined} />
    );
    expect(container.querySelector('img, script')).toBeNull();
    expect(container.textContent).toContain('<script>');
    unmount();
  }
});

it('the number of a label stays where its class is long', () => {
  const value = (column: string): never => ({ label: 'RandomForestClassifier-12', started_at: 1 })[column] as never;
  const { container } = render(<Row index={0} id="x" value={value} share={null} metric={null} columns={[]} now={0} wide={false} selected={false} focused={false} writable onStar={() => undefined} />);
  expect([...container.querySelectorAll('.nbt-label > span')].map(one => one.textContent)).toEqual(['RandomForestClassifier', '-12']);
});

const names: Names = { metrics: [{ name: 'accuracy', runs: 1, direction: 'max', curve: false }], params: [], tags: [], experiments: [], notebooks: [], models: [], fields: [], operators: ['>'], words: [] };

it('a query is completed with the keyboard', () => {
  const onQuery = vi.fn();
  render(<QueryBox query="" names={names} error={null} onQuery={onQuery} />);
  const input = screen.getByRole<HTMLInputElement>('combobox');
  fireEvent.change(input, { target: { value: 'acc', selectionStart: 3 } });
  expect(screen.getByRole('listbox').textContent).toContain('accuracy');
  fireEvent.keyDown(input, { key: 'ArrowDown' });
  expect(input.getAttribute('aria-activedescendant')).not.toBeNull();
  fireEvent.keyDown(input, { key: 'Tab' });
  expect(input.value).toBe('accuracy ');
});

it('what is typed right after a completion comes behind it, with no frame drawn in between', () => {
  const frames = vi.spyOn(window, 'requestAnimationFrame').mockReturnValue(0);
  render(<QueryBox query="" names={names} error={null} onQuery={() => undefined} />);
  const input = screen.getByRole<HTMLInputElement>('combobox');
  fireEvent.change(input, { target: { value: 'acc > 0.5', selectionStart: 3 } });
  fireEvent.keyDown(input, { key: 'ArrowDown' });
  fireEvent.keyDown(input, { key: 'Tab' });
  expect(input.value).toBe('accuracy > 0.5');
  expect([input.selectionStart, input.selectionEnd]).toEqual([8, 8]);
  expect(frames).not.toHaveBeenCalled();
  frames.mockRestore();
});

it('suggestions that were closed come back with an arrow or a click, those for the caret', () => {
  render(<QueryBox query="acc > 0.5" names={names} error={null} onQuery={() => undefined} />);
  const input = screen.getByRole<HTMLInputElement>('combobox');
  input.focus();
  fireEvent.keyDown(input, { key: 'Escape' });
  expect(screen.queryByRole('listbox')).toBeNull();
  input.setSelectionRange(3, 3);
  fireEvent.keyDown(input, { key: 'ArrowDown' });
  expect(screen.getByRole('option').textContent).toContain('accuracy');
  expect(input.getAttribute('aria-activedescendant')).toBeNull();
  input.setSelectionRange(5, 5);
  fireEvent.click(input);
  expect(screen.queryByRole('listbox')).toBeNull();
  input.setSelectionRange(3, 3);
  fireEvent.click(input);
  expect(screen.getByRole('option').textContent).toContain('accuracy');
});

it('what was typed before the names had come gets its suggestions when they come', () => {
  const box = (known: Names | null): JSX.Element => <QueryBox query="" names={known} error={null} onQuery={() => undefined} />;
  const { rerender } = render(box(null));
  const input = screen.getByRole<HTMLInputElement>('combobox');
  input.focus();
  fireEvent.change(input, { target: { value: 'acc', selectionStart: 3 } });
  rerender(box(names));
  expect(screen.getByRole('option').textContent).toContain('accuracy');
  fireEvent.keyDown(input, { key: 'Escape' });
  rerender(box({ ...names }));
  expect(screen.queryByRole('listbox')).toBeNull();
});

it('suggestions stay where the box is left and entered again at once', () => {
  vi.useFakeTimers();
  render(<QueryBox query="acc" names={names} error={null} onQuery={() => undefined} />);
  const input = screen.getByRole<HTMLInputElement>('combobox');
  fireEvent.focus(input);
  fireEvent.blur(input);
  expect(screen.queryByRole('listbox')).toBeNull();
  fireEvent.focus(input);
  act(() => void vi.runAllTimers());
  expect(screen.getByRole('listbox').textContent).toContain('accuracy');
  vi.useRealTimers();
});

it('Enter asks at once', async () => {
  const onQuery = vi.fn();
  render(<QueryBox query="accuracy > 0.9" names={names} error={null} onQuery={onQuery} />);
  fireEvent.keyDown(screen.getByRole('combobox'), { key: 'Enter' });
  await waitFor(() => expect(onQuery).toHaveBeenCalledWith('accuracy > 0.9'));
});

it('an error says what and where', () => {
  render(<QueryBox query="accuracy >" names={names} error={{ message: 'Expected a value', position: 10 }} onQuery={() => undefined} />);
  expect(screen.getByRole('alert').textContent).toContain('Expected a value');
  expect(screen.getByRole('combobox').getAttribute('aria-invalid')).toBe('true');
});

it('a chart tells its curves in words to whoever cannot see it', () => {
  render(<Chart title="loss" series={[{ name: 'a', color: 0, points: [{ x: 0, y: 2 }, { x: 1, y: 0.5 }] }]} />);
  expect(screen.getByRole('img').getAttribute('aria-label')).toBe('loss: a from 2 to 0.5');
});

it('a log axis without a value above 0 says so', () => {
  render(<Chart title="loss" logY series={[{ name: 'a', color: 0, points: [{ x: 0, y: -1 }] }]} />);
  expect(screen.getByText('No value above 0.')).toBeTruthy();
});

it('a run in the lineage is walked to with Enter', () => {
  const onWalk = vi.fn();
  const node = { id: '1', kind: 'run' as const, label: 'SVC-1', detail: null, run: 'r1' };
  render(<LineageGraph lineage={{ nodes: [node, { ...node, id: '2', run: 'here' }], edges: [] }} here="here" across={false} onWalk={onWalk} />);
  fireEvent.keyDown(screen.getByRole('link'), { key: 'Enter' });
  expect(onWalk).toHaveBeenCalledWith('r1');
});

it('an axis over decades is a log axis, and one of words has categories', () => {
  const log = scaleOf([0.01, 1, 100], 0, 100);
  expect(log.at(1)).toBeCloseTo(50);
  const words = scaleOf(['a', 'b', true], 0, 90);
  expect(words.ticks.map(tick => tick.text)).toEqual(['True', 'a', 'b']);
  expect(words.at(null)).toBeNull();
});

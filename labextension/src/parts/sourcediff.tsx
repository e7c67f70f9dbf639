import { diffLines } from 'diff';
import * as React from 'react';

export interface Line {
  left: string | null;
  right: string | null;
}

/** Two sources line beside line; null where the other side has lines of its own. */
export function sideBySide(then: string, now: string): Line[] {
  const lines: Line[] = [];
  let removed: string[] = [];
  const flush = (added: string[]): void => {
    for (let index = 0; index < Math.max(removed.length, added.length); index++) {
      lines.push({ left: removed[index] ?? null, right: added[index] ?? null });
    }
    removed = [];
  };
  for (const part of diffLines(ended(then), ended(now))) {
    const texts = part.value.replace(/\n$/, '').split('\n');
    if (part.removed) {
      removed.push(...texts);
    } else if (part.added) {
      flush(texts);
    } else {
      flush([]);
      texts.forEach(text => lines.push({ left: text, right: text }));
    }
  }
  flush([]);
  return lines;
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

export function SourceDiff(props: { then: string; now: string; titles?: [string, string] }): JSX.Element {
  const lines = React.useMemo(() => sideBySide(props.then, props.now), [props.then, props.now]);
  const [left, right] = props.titles ?? ['then', 'now'];
  return (
    <div className="nbt-diff">
      <table>
        <thead>
          <tr>
            <th scope="col">{left}</th>
            <th scope="col">{right}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line, index) => {
            const changed = line.left !== line.right;
            return (
              <tr key={index}>
                <td className={changed && line.left !== null ? 'nbt-removed' : line.left === null ? 'nbt-absent' : ''}>{line.left}</td>
                <td className={changed && line.right !== null ? 'nbt-added' : line.right === null ? 'nbt-absent' : ''}>{line.right}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

import * as React from 'react';

/** Outlines of 16 by 16, drawn in the colour of the text around. */
const PATHS = {
  star: 'M8 1.8l1.9 3.9 4.3.6-3.1 3 .7 4.3L8 11.6l-3.8 2 .7-4.3-3.1-3 4.3-.6z',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3l3.4 3.4',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.9 3v10',
  group: 'M2.5 3.5h11M5.5 7h8M5.5 10h8M2.5 13h11',
  compare: 'M5 2.5v11M11 2.5v11M2.5 5.5h2.5M11 5.5h2.5M2.5 10.5H5M11 10.5h2.5',
  cell: 'M2.5 4h11v8h-11zM5 7l1.5 1.2L5 9.4M8.3 9.6h2.7',
  load: 'M8 2.5v7M5 6.8l3 3 3-3M2.8 13h10.4',
  export: 'M8 10V2.8M5 5.4l3-3 3 3M3 8.5v5h10v-5',
  redo: 'M13 4v3.4H9.6M12.7 7.2A5 5 0 1 0 13 9.6',
  register: 'M3 2.8h6.5L13.4 7 8 13.4 3 8.2zM6 5.8h.1',
  back: 'M10 3L5 8l5 5',
  close: 'M4 4l8 8M12 4l-8 8',
  up: 'M8 13V3.5M4 7l4-4 4 4',
  down: 'M8 3v9.5M4 9l4 4 4-4',
  external: 'M9.5 2.8h3.7v3.7M13 3L7.5 8.5M11.2 9.3v3.9H2.8V4.8h4',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  warn: 'M8 2.5l6 10.8H2zM8 6.5v3.2M8 11.4v.2',
  more: 'M3.5 8h.1M8 8h.1M12.5 8h.1',
  save: 'M3 2.8h8l2.2 2.2v8.2H3zM5 2.8V6h5V2.8M5 13V9.3h6V13',
  refresh: 'M13 3v3.6H9.4M12.6 6.4A5 5 0 1 0 13 9',
  copy: 'M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3',
  plus: 'M8 3v10M3 8h10'
} as const;

export type IconName = keyof typeof PATHS;

export function Icon(props: { name: IconName; filled?: boolean }): JSX.Element {
  return (
    <svg
      className={`nbt-icon${props.filled ? ' nbt-filled' : ''}`}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[props.name]} />
    </svg>
  );
}

export function IconButton(props: {
  icon: IconName;
  label: string;
  onClick: (event: React.MouseEvent) => void;
  pressed?: boolean;
  disabled?: boolean;
  text?: string;
  className?: string;
}): JSX.Element {
  return (
    <button
      type="button"
      className={`nbt-button ${props.text ? 'nbt-with-text' : ''} ${props.className ?? ''}`}
      title={props.label}
      aria-label={props.label}
      aria-pressed={props.pressed}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
      {props.text && <span>{props.text}</span>}
    </button>
  );
}

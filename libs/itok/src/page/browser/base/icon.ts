import { html } from 'htm/preact';
import type { VNode } from 'preact';

const PATHS = {
  failed: 'M4 4l8 8M12 4l-8 8',
  passed: 'M3 8.5l3.4 3.5L13 4.5',
  refused: 'M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8zM4.8 8h6.4',
  open: 'M2 8c1.5-3 3-3 4.5 0s3 3 4.5 0S14 5 14.5 6.5',
  warning: 'M8 2.5L14.5 13.5H1.5zM8 6.5v3.2M8 11.4v.6',
  gap: 'M2 8h3M11 8h3M7 5.5l2 5M9 5.5l-2 5',
  clock: 'M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8zM8 4.6V8l2.4 1.6',
  closed: 'M6 3.5L10.5 8 6 12.5',
  expanded: 'M3.5 6L8 10.5 12.5 6',
  note: 'M3 4h10M3 8h10M3 12h6',
  close: 'M4 4l8 8M12 4l-8 8',
  key: 'M10 2.5a3.5 3.5 0 11-2.6 5.9L3 12.8V14h2.2v-1.6h1.6v-1.6l1.4-1.3A3.5 3.5 0 0110 2.5z',
  sun: 'M8 5a3 3 0 100 6 3 3 0 000-6zM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8L13 13M13 3l-1.2 1.2M4.2 11.8L3 13',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  pause: 'M5 3v10M11 3v10',
  play: 'M4.5 3l8 5-8 5z',
} as const;

export type IconName = keyof typeof PATHS;

/** An icon beside words, or in place of words if it has a label. */
export function icon(name: IconName, label?: string): VNode {
  return html`<svg
    class="icon icon-${name}"
    viewBox="0 0 16 16"
    role=${label === undefined ? undefined : 'img'}
    aria-label=${label}
    aria-hidden=${label === undefined ? 'true' : undefined}
  >
    <path d=${PATHS[name]} />
  </svg>`;
}

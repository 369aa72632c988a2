import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

export type Help = readonly (readonly [keys: string, what: string])[];

export const TRACE_HELP: Help = [
  ['↑ ↓', 'previous, next row'],
  ['← →', 'close or go to the parent; open or go to the first child'],
  ['Home End', 'first, last row'],
  ['Enter', 'details of the span, like a click; Esc closes them'],
  ['e', 'next error'],
  ['c', 'critical path only'],
  ['n', 'log lines on or off'],
  ['/', 'filter; Esc clears it'],
  ['[ ]', 'close all, open all'],
  ['z 0', 'zoom to the span, to all'],
  ['1 2 3', 'tabs'],
  ['t', 'system, light or dark colours'],
];

export const LIVE_HELP: Help = [
  ['j k', 'older, newer request'],
  ['f', 'follow the newest again'],
  ['p', 'pause or resume'],
  ['h', 'health probes on or off'],
];

/** The parts of a bar, as the terminal names them. */
export const SIGNS: readonly (readonly [sign: string, name: string, what: string])[] = [
  ['self', 'own work', 'time not covered by calls within it'],
  ['children', 'waiting for others', 'its calls, its database'],
  ['network', 'on the way', 'between a call and its other side'],
  ['critical', 'critical path', 'what the request waited for'],
  ['open', 'no end', 'what is known so far'],
];

/** The keys and the meaning of the symbols. */
export function HelpOverlay({ help, onClose }: { readonly help: Help; readonly onClose: () => void }): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return html`<dialog class="help" ref=${dialog} aria-labelledby="help-title" onClose=${onClose}>
    <h2 id="help-title">Keys and symbols</h2>
    <div class="help-columns">
      <dl class="keys">
        ${help.map(
          ([keys, what]) =>
            html`<dt>${keys.split(' ').map((key) => html`<kbd>${key}</kbd> `)}</dt>
              <dd>${what}</dd>`,
        )}
      </dl>
      <dl class="signs s0">
        ${SIGNS.map(
          ([sign, name, what]) =>
            html`<dt><span class="sign sign-${sign}"></span></dt>
              <dd>${name}<span class="muted">: ${what}</span></dd>`,
        )}
      </dl>
    </div>
    <form method="dialog"><button>Close</button></form>
  </dialog>`;
}

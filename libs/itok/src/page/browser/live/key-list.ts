import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { KeyReport } from '../../../trace/index.js';
import { fromNow, moment } from '../base/format.js';
import type { Loaded } from './use-loaded.js';

const STATES = ['published', 'active', 'retiring', 'retired'] as const;

const MEANING: Record<KeyReport['state'], string> = {
  published: 'known to services, does not sign yet',
  active: 'signs',
  retiring: 'no longer signs, still accepted',
  retired: 'no longer accepted',
};

/** Columns that are empty for all keys are left out. */
const TIMES = [
  ['Published', 'publishedAt'],
  ['Active from', 'activateAt'],
  ['Retired', 'retiredAt'],
] as const;

/** The signing keys and the state of each. */
export function KeyList({ keys }: { readonly keys: Loaded<readonly KeyReport[]> }): VNode {
  const { value, error } = keys;
  if (error !== undefined) return html`<p class="nothing">${error}</p>`;
  if (value === undefined) return html`<p class="nothing">Loading.</p>`;
  if (value.length === 0) return html`<p class="nothing">This process knows no keys.</p>`;
  const times = TIMES.filter(([, at]) => value.some((key) => key[at] !== undefined));
  return html`<div class="table-scroll keys-view">
    <table>
      <caption>
        Signing keys
      </caption>
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Algorithm</th>
          <th scope="col">State</th>
          ${times.map(([name]) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${value.map(
          ({ keyId, algorithm, state, ...key }) =>
            html`<tr key=${keyId}>
              <th scope="row" class="mono">${keyId}</th>
              <td>${algorithm}</td>
              <td>
                <span class="life"
                  >${STATES.map((each) => html`<i class=${each === state ? 'life-now' : ''} aria-hidden="true"></i>`)}<b
                    >${state}</b
                  ></span
                >
                <span class="muted">${MEANING[state]}</span>
              </td>
              ${times.map(([, time]) => timeCell(key[time]))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function timeCell(at: number | undefined): VNode {
  return html`<td>${at === undefined ? '–' : html`<time title=${moment(at)}>${fromNow(at, Date.now())}</time>`}</td>`;
}

import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { TokenInspection } from '../../../trace/index.js';
import { fromNow, moment } from '../base/format.js';
import { icon } from '../base/icon.js';
import { inspect } from './live-client.js';

/** Claims that are seconds since 1970. */
const TIMES = new Set(['iat', 'exp', 'nbf', 'auth_time']);

/**
 * What a token contains and whether it would be accepted now. The token is stored nowhere: not in the address, not in
 * storage.
 */
export function TokenInspector(): VNode {
  const [token, setToken] = useState('');
  const [answer, setAnswer] = useState<{ readonly inspection?: TokenInspection; readonly error?: string }>({});
  const submit = (event: Event): void => {
    event.preventDefault();
    // Accept the token also when copied with the header's name.
    inspect(token.trim().replace(/^txn-token:\s*/i, '')).then(
      (inspection) => setAnswer({ inspection }),
      (error: unknown) => setAnswer({ error: error instanceof Error ? error.message : String(error) }),
    );
  };
  const clear = (): void => {
    setToken('');
    setAnswer({});
  };
  const { inspection, error } = answer;
  return html`<div class="inspector">
    <form onSubmit=${submit}>
      <label for="token">An internal token, as in the Txn-Token header</label>
      <textarea
        id="token"
        rows="5"
        value=${token}
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        onInput=${(event: Event) => setToken((event.target as HTMLTextAreaElement).value)}
      ></textarea>
      <p class="muted">It is sent to this process and stored nowhere.</p>
      <button type="submit" class="primary" disabled=${token.trim() === ''}>Inspect</button>
      <button type="button" onClick=${clear}>Clear</button>
    </form>
    <div role="status">
      ${error !== undefined && html`<p class="verdict-line refused">${icon('failed')} <b>Not inspected.</b> ${error}</p>`}
      ${inspection && result(inspection)}
    </div>
  </div>`;
}

function result({ valid, code, reason, header, claims, keyState }: TokenInspection): VNode {
  return html`<p class="verdict-line ${valid ? 'accepted' : 'refused'}">
      ${icon(valid ? 'passed' : 'failed')}
      <b>${valid ? 'Valid' : 'Refused'}</b> ${code !== undefined && html`<code>${code}</code>`} ${reason}
    </p>
    ${keyState !== undefined && html`<p>Signed by a key that is <b>${keyState}</b>.</p>`}
    ${valid ? undefined : (header ?? claims) && html`<p class="muted">The content below is decoded, not verified.</p>`}
    ${header && fields('Header', header)} ${claims && fields('Claims', claims)}`;
}

function fields(caption: string, values: Readonly<Record<string, unknown>>): VNode {
  return html`<div class="table-scroll">
    <table class="fields">
      <caption>
        ${caption}
      </caption>
      <tbody>
        ${Object.entries(values).map(
          ([name, value]) =>
            html`<tr>
              <th scope="row" class="mono">${name}</th>
              <td class="mono">${typeof value === 'string' ? value : JSON.stringify(value)}</td>
              <td class="muted">${inWords(name, value)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function inWords(name: string, value: unknown): string {
  if (!TIMES.has(name) || typeof value !== 'number') return '';
  return `${moment(value * 1000)}, ${fromNow(value * 1000, Date.now())}`;
}

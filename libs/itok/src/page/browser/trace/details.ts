import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { ReportedError, ReportedNote, ReportedSpan } from '../../../trace/index.js';
import { CopyButton } from '../base/copy-button.js';
import { milliseconds, percent, tokenAge } from '../base/format.js';
import { icon } from '../base/icon.js';
import { ServiceName, type ServiceColours } from '../base/services.js';
import { Status, statusKind } from '../base/status.js';
import type { TraceState } from './trace-state.js';

type Fact = readonly [name: string, value: string | undefined, copy?: true];

/** Everything known about the selected span. */
export function Details({
  state,
  colours,
}: {
  readonly state: TraceState;
  readonly colours: ServiceColours;
}): VNode | undefined {
  const span = state.tree.span(state.selected?.split('/')[0]);
  if (span === undefined) return undefined;
  return html`<aside class="details" aria-label="Details of ${span.op}">
    <header>
      <h2>${span.op}</h2>
      <button class="quiet" type="button" aria-label="Close the details" onClick=${() => state.setDetailsOpen(false)}>
        ${icon('close')}
      </button>
    </header>
    <p class="details-line">
      <${ServiceName} name=${span.service} colours=${colours} /> <span class="tag">${span.kind}</span>
      <${Status} status=${span.status} failed=${span.failed} open=${span.open} />
    </p>
    ${span.err && failure(span.err, statusKind(span))} ${facts(times(span, state.tree.report.duration))}
    ${facts(about(span))} ${span.token && facts(token(span))}
    ${
      span.notes.length > 0 &&
      html`<h3>Log lines</h3>
        <ol class="details-notes">
          ${span.notes.map(noteItem)}
        </ol>`
    }
  </aside>`;
}

function times({ offset, duration, self, critical, open }: ReportedSpan, whole: number): Fact[] {
  return [
    ['Begins at', `+${milliseconds(offset)}`],
    ['Total', `${open === true ? 'at least ' : ''}${milliseconds(duration)} (${percent(duration / whole)})`],
    ['Own work', `${milliseconds(self)} (${percent(self / whole)})`],
    ['On the critical path', critical > 0 ? `${milliseconds(critical)} (${percent(critical / whole)})` : 'no'],
  ];
}

function about({ peer, route, db, caller, instance, id, parent, missingParent }: ReportedSpan): Fact[] {
  return [
    ['Peer', peer],
    ['Route', route],
    ['Statement', db],
    ['Caller', caller],
    ['Instance', instance],
    ['Span', id, true],
    ['Parent', parent, true],
    ['Missing parent', missingParent, true],
  ];
}

function token({ token: found }: ReportedSpan): Fact[] {
  if (found === undefined) return [];
  const { age, left, kid, verifyMicroseconds } = found;
  return [
    ['Token’s age', tokenAge(age)],
    ['Time left', tokenAge(left)],
    ['Key', kid, true],
    ['Verified in', verifyMicroseconds === undefined ? undefined : `${verifyMicroseconds} µs`],
  ];
}

function facts(list: readonly Fact[]): VNode {
  return html`<dl class="fact-list">
    ${list.map(
      ([name, value, copy]) =>
        value !== undefined &&
        html`<dt>${name}</dt>
          <dd class=${copy ? 'mono' : ''}>${value}${copy && html`<${CopyButton} text=${value} label="Copy" />`}</dd>`,
    )}
  </dl>`;
}

function failure({ type, message, code, status, stack }: ReportedError, kind = 'failed'): VNode {
  return html`<div class="failure is-${kind}" role="group" aria-label="Error">
    <p><b>${type}</b> ${message}</p>
    ${code !== undefined && html`<p class="muted">code ${code}${status !== undefined && `, status ${status}`}</p>`}
    ${
      stack !== undefined &&
      html`<details>
        <summary>Stack</summary>
        <pre tabindex="0">${stack}</pre>
      </details>`
    }
  </div>`;
}

function noteItem({ offset, level, msg, context, err }: ReportedNote): VNode {
  return html`<li class="level-${level}">
    <span class="muted">+${milliseconds(offset)} ${level}${context !== undefined && ` ${context}`}</span>
    <span>${msg}</span>
    ${err && failure(err)}
  </li>`;
}

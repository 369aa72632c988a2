import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { TraceReport } from '../../../trace/index.js';
import { CopyButton } from '../base/copy-button.js';
import { milliseconds, moment, plural } from '../base/format.js';
import { ServiceName, type ServiceColours } from '../base/services.js';
import { Status, statusKind } from '../base/status.js';

/** The request at a glance, and the sentence that says where to look. */
export function TraceHeader({
  report,
  colours,
}: {
  readonly report: TraceReport;
  readonly colours: ServiceColours;
}): VNode {
  const { txn, startedAt, duration, op, service, status, failed, unfinished, tenant, user, verdict, spans, services } =
    report;
  return html`<header class="trace-header is-${statusKind({ status, failed })}">
    <div class="trace-title">
      <${Status} status=${status} failed=${failed} open=${unfinished && status === undefined} />
      <h1 title=${op}>${op}</h1>
      <span class="trace-duration">${milliseconds(duration)}</span>
    </div>
    <p class="verdict">${verdict}</p>
    <dl class="facts">
      <div>
        <dt>Service</dt>
        <dd><${ServiceName} name=${service} colours=${colours} /></dd>
      </div>
      <div>
        <dt>Started</dt>
        <dd><time datetime=${new Date(startedAt).toISOString()}>${moment(startedAt)}</time></dd>
      </div>
      ${
        tenant !== undefined &&
        html`<div>
          <dt>Tenant</dt>
          <dd>${tenant}</dd>
        </div>`
      }
      ${
        user !== undefined &&
        html`<div>
          <dt>User</dt>
          <dd>${user}</dd>
        </div>`
      }
      <div>
        <dt>Spans</dt>
        <dd>${plural(spans.length, 'span')} in ${plural(services.length, 'service')}</dd>
      </div>
      <div>
        <dt>Txn</dt>
        <dd class="mono">${txn}<${CopyButton} text=${txn} label="Copy the id" /></dd>
      </div>
    </dl>
  </header>`;
}

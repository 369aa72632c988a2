import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { ReportedError, ReportedSpan } from '../../../trace/index.js';
import { milliseconds, plural, tokenAge } from '../base/format.js';
import { icon, type IconName } from '../base/icon.js';
import { ServiceName, type ServiceColours } from '../base/services.js';
import { outcomeText, statusKind } from '../base/status.js';
import type { TraceState } from './trace-state.js';

interface NoticesProps {
  readonly state: TraceState;
  readonly colours: ServiceColours;
}

/** What to know before trusting the picture, where it failed, and the token on its way. */
export function Notices({ state, colours }: NoticesProps): VNode {
  return html`<div class="notices">
    <${ErrorChain} state=${state} colours=${colours} />
    ${warnings(state).map(
      ({ sign, text, span }, index) =>
        html`<p class="notice" key=${index}>
          ${icon(sign)} <span>${text}</span>
          ${span !== undefined && html`<button class="link" onClick=${() => state.reveal(span)}>show</button>`}
        </p>`,
    )}
    <${TokenHops} state=${state} colours=${colours} />
  </div>`;
}

function warnings({ tree: { report } }: TraceState): { sign: IconName; text: string; span?: string }[] {
  const open = report.spans.filter((span) => span.open === true);
  return [
    ...report.gaps.map(({ text, span }) => ({ sign: 'gap' as const, text: capital(text), span })),
    ...report.skews.map(({ service, instance, ahead, uncertainty }) => ({
      sign: 'clock' as const,
      text: `Clock of ${service} (${instance}) is ${milliseconds(Math.abs(ahead))} ${ahead < 0 ? 'behind' : 'ahead'}, ± ${milliseconds(uncertainty)}. Its times are corrected by that.`,
    })),
    ...(open.length > 0
      ? [
          {
            sign: 'open' as const,
            text: `${plural(open.length, 'span has', 'spans have')} no end line: crashed, cut off, or still running.`,
            ...(open[0] && { span: open[0].id }),
          },
        ]
      : []),
  ];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** From the outermost failed or refused span to where it began. */
function ErrorChain({ state, colours }: NoticesProps): VNode | undefined {
  const { tree } = state;
  const unhappy = tree.report.errorChain.flatMap((id) => tree.span(id) ?? []);
  // For a call between processes, the side that answered knows more.
  const chain = unhappy.filter(({ id, kind }, index) => {
    const next = unhappy[index + 1];
    return !(kind === 'client' && next?.kind === 'server' && next.parent === id);
  });
  const cause = chain.at(-1);
  if (cause === undefined) return undefined;
  const kind = chain.some(({ failed }) => failed) ? 'failed' : 'refused';
  return html`<nav class="notice error-chain is-${kind}" aria-label="Error chain">
    ${icon(kind)}
    <ol>
      ${chain.map(
        (span) =>
          html`<li key=${span.id} class=${span === cause ? 'cause' : ''}>
            <button class="link" title=${`${span.service} ${span.op}`} onClick=${() => state.reveal(span.id)}>
              <${ServiceName} name=${span.service} colours=${colours} />
              <span class="chain-op">${span.op}</span>
              <span class="word-${statusKind(span)}">${outcomeText(span)}</span>
            </button>
          </li>`,
      )}
    </ol>
    ${cause.err && html`<p class="first-cause"><b>${cause.err.type}</b> ${codeOf(cause.err)} ${cause.err.message}</p>`}
  </nav>`;
}

/** The error code, unless the message contains it. */
function codeOf({ code, message }: ReportedError): VNode | undefined {
  if (code === undefined || message.includes(String(code))) return undefined;
  return html`<code>${code}</code>`;
}

/** The token's age on each arrival; at the gateway it has only just been made. */
function TokenHops({ state, colours }: NoticesProps): VNode | undefined {
  const hops = state.tree.report.spans.filter((span) => span.token !== undefined);
  if (hops.length < 2 && hops.every(({ token }) => (token?.left ?? 0) > 0)) return undefined;
  return html`<div class="notice token-hops">
    ${icon('key')} <span>Token's age</span>
    <ol>
      ${hops.slice(0, MOST_HOPS).map((span) => html`<li key=${span.id}>${hop(span, state, colours)}</li>`)}
    </ol>
    ${hops.length > MOST_HOPS && html`<span class="muted">and at ${plural(hops.length - MOST_HOPS, 'more hop')}</span>`}
  </div>`;
}

const MOST_HOPS = 8;

function hop({ id, service, token }: ReportedSpan, state: TraceState, colours: ServiceColours): VNode {
  const { age, left } = token ?? { age: 0, left: 0 };
  return html`<button
    class="link ${left <= 0 ? 'error-word' : ''}"
    title="${tokenAge(left)} left"
    onClick=${() => state.reveal(id)}
  >
    <${ServiceName} name=${service} colours=${colours} /> ${tokenAge(age)}${left <= 0 && ' (expired)'}
  </button>`;
}

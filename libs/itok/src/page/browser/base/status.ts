import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { Outcome } from '../../../trace/index.js';
import { icon } from './icon.js';

interface StatusProps {
  readonly status?: Outcome | undefined;
  readonly failed: boolean;
  readonly open?: boolean | undefined;
}

export const WORDS = { failed: 'failed', refused: 'refused', open: 'not ended', passed: 'ok' } as const;

/** The outcome as a symbol and a word, never by colour alone. */
export function Status({ status, failed, open }: StatusProps): VNode {
  const kind = statusKind({ status, failed, open });
  return html`<span class="status status-${kind}"
    >${icon(kind, WORDS[kind])}${outcomeText({ status, failed, open })}</span
  >`;
}

/** The status if there is a telling one; otherwise a word. */
export function outcomeText(outcome: StatusProps): string {
  const kind = statusKind(outcome);
  if (typeof outcome.status === 'number') return String(outcome.status);
  return kind === 'open' ? 'open' : WORDS[kind];
}

/** A refused client error is neither a failure nor a success. */
export function statusKind({ status, failed, open }: StatusProps): keyof typeof WORDS {
  if (failed) return 'failed';
  if (status === 'error' || (typeof status === 'number' && status >= 400)) return 'refused';
  return open === true ? 'open' : 'passed';
}

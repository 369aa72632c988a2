import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { Outcome } from '../../../trace/index.js';
import { icon } from './icons.js';

interface StatusProps {
  readonly status?: Outcome | undefined;
  readonly failed: boolean;
  readonly open?: boolean | undefined;
}

export const WORDS = { failed: 'failed', refused: 'refused', open: 'not ended', passed: 'ok' } as const;

/** How it came out: by a sign and a word, never by colour alone. */
export function Status({ status, failed, open }: StatusProps): VNode {
  const kind = statusKind({ status, failed, open });
  return html`<span class="status status-${kind}"
    >${icon(kind, WORDS[kind])}${outcomeText({ status, failed, open })}</span
  >`;
}

/** A status says most; a word where there is none, or none that says how. */
export function outcomeText(outcome: StatusProps): string {
  const kind = statusKind(outcome);
  if (typeof outcome.status === 'number') return String(outcome.status);
  return kind === 'open' ? 'open' : WORDS[kind];
}

/** A client's mistake that was refused as it should be is no failure, and no success either. */
export function statusKind({ status, failed, open }: StatusProps): keyof typeof WORDS {
  if (failed) return 'failed';
  if (status === 'error' || (typeof status === 'number' && status >= 400)) return 'refused';
  return open === true ? 'open' : 'passed';
}

import type { CallingContext } from './calling-context.js';
import type { UndiciRequest } from './undici-request.js';
import { newSpanId } from '../../core/index.js';

/** A field that carries the ticket from a dispatcher to the request; it is removed before the request is written. */
export const TICKET_FIELD = `x-internal-token-context-${newSpanId()}`;

const NOBODY: CallingContext = { store: undefined, exempt: false };

const contexts = new Map<string, CallingContext>();

/** Remembers a context, and returns a name for it that can travel as a field. */
export function issueTicket(context: CallingContext): string {
  const ticket = newSpanId();
  contexts.set(ticket, context);
  return ticket;
}

export function voidTicket(ticket: string): void {
  contexts.delete(ticket);
}

/**
 * Returns the context that the ticket of a request stands for, and removes the field. A ticket whose call is over
 * yields an empty context, since the code that runs by then may belong to another request.
 */
export function takeTicket({ headers }: UndiciRequest): CallingContext | undefined {
  if (typeof headers === 'string') return undefined;
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] !== TICKET_FIELD) continue;
    const [, ticket] = headers.splice(i, 2);
    return contexts.get(String(ticket)) ?? NOBODY;
  }
  return undefined;
}

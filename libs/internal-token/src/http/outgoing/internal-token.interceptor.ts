import type { Dispatcher } from 'undici';
import { callingContext } from './calling-context.js';
import { issueTicket, TICKET_FIELD, voidTicket } from './undici-context.js';

/**
 * An interceptor that keeps the context in which a request is made, for dispatchers that would lose it or share
 * answers between callers: those of another copy of undici (7 or later), and those with `deduplicate()` or `cache()`.
 * fetch and the dispatchers of undici 8 do not need it.
 *
 * ```ts
 * const agent = new Agent({ connections: 10 }).compose(interceptors.deduplicate(), internalTokenInterceptor());
 * ```
 *
 * Put it last, so that it sees a request first.
 */
export function internalTokenInterceptor(): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const ticket = issueTicket(callingContext());
    const headers = withField(options.headers, ticket);
    try {
      return dispatch({ ...options, headers }, new TicketHandler(handler, ticket));
    } catch (error) {
      voidTicket(ticket);
      throw error;
    }
  };
}

type Headers = Dispatcher.DispatchOptions['headers'];

function withField(headers: Headers, ticket: string): NonNullable<Headers> {
  if (headers === undefined || headers === null) return { [TICKET_FIELD]: ticket };
  if (Array.isArray(headers)) return [...headers, TICKET_FIELD, ticket];
  if (Symbol.iterator in headers) return [...headers, [TICKET_FIELD, ticket]];
  return { ...headers, [TICKET_FIELD]: ticket };
}

type Handler = Dispatcher.DispatchHandler;
type Args<Name extends keyof Handler> = Parameters<NonNullable<Handler[Name]>>;

/** Passes everything on. The ticket is void when the call ends; redirects and retries are part of the call. */
class TicketHandler implements Handler {
  constructor(
    private readonly next: Handler,
    private readonly ticket: string,
  ) {}

  onRequestStart(...args: Args<'onRequestStart'>): void {
    this.next.onRequestStart?.(...args);
  }

  onRequestUpgrade(...args: Args<'onRequestUpgrade'>): void {
    voidTicket(this.ticket);
    this.next.onRequestUpgrade?.(...args);
  }

  onBodySent(...args: Args<'onBodySent'>): void {
    this.next.onBodySent?.(...args);
  }

  onRequestSent(...args: Args<'onRequestSent'>): void {
    this.next.onRequestSent?.(...args);
  }

  onResponseStarted(...args: Args<'onResponseStarted'>): void {
    this.next.onResponseStarted?.(...args);
  }

  onResponseStart(...args: Args<'onResponseStart'>): void {
    this.next.onResponseStart?.(...args);
  }

  onResponseData(...args: Args<'onResponseData'>): void {
    this.next.onResponseData?.(...args);
  }

  onResponseEnd(...args: Args<'onResponseEnd'>): void {
    voidTicket(this.ticket);
    this.next.onResponseEnd?.(...args);
  }

  onResponseError(...args: Args<'onResponseError'>): void {
    voidTicket(this.ticket);
    this.next.onResponseError?.(...args);
  }
}

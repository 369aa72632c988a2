import type { CaptureReport, KeyReport, RequestSummary, TokenInspection, TraceReport } from '../../../trace/index.js';

/** Where this page is served; all endpoints are below it. */
const BASE = (): string => location.pathname.replace(/\/$/, '');

export const trace = (txn: string): Promise<TraceReport> =>
  get(`/requests/${encodeURIComponent(txn)}`, undefined, FORGOTTEN);
export const capture = (): Promise<CaptureReport> => get('/capture');
export const keys = (): Promise<readonly KeyReport[]> => get('/keys');

/** In the body, so that the token appears in no address and no access log. */
export function inspect(token: string): Promise<TokenInspection> {
  return get('/inspect', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
}

const FORGOTTEN = 'This gateway does not know this request: it keeps only the most recent ones.';

async function get<T>(path: string, init?: RequestInit, missing?: string): Promise<T> {
  const response = await fetch(BASE() + path, { ...init, cache: 'no-store', redirect: 'error' }).catch(() => {
    throw new Error('The gateway does not answer.');
  });
  if (response.status === 404 && missing !== undefined) throw new Error(missing);
  if (!response.ok) throw new Error(`${path} answers ${response.status}.`);
  return (await response.json()) as T;
}

interface RequestEvents {
  readonly all: (requests: readonly RequestSummary[]) => void;
  readonly ended: (request: RequestSummary) => void;
  readonly connected: (connected: boolean) => void;
}

/** Requests as they end. The browser reconnects automatically after the server restarts. */
export function follow({ all, ended, connected }: RequestEvents): () => void {
  const source = new EventSource(`${BASE()}/requests`);
  source.addEventListener('open', () => connected(true));
  source.addEventListener('error', () => connected(false));
  source.addEventListener('requests', ({ data }) => all(JSON.parse(String(data)) as RequestSummary[]));
  source.addEventListener('request', ({ data }) => ended(JSON.parse(String(data)) as RequestSummary));
  return () => source.close();
}

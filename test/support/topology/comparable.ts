import type { Operation } from '../../../libs/itok/src/trace/index.js';
import type { Answer } from '../http-client.js';

/** An answer without what differs between any two requests. */
export interface ComparableAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly via: string | undefined;
}

/** What happened according to the logs, wherever it happened. */
export interface Operations {
  /** `orders POST /orders ok` */
  readonly operation: string;
  /** Ordinary lines written within it. */
  readonly lines: readonly string[];
  readonly calls: readonly Operations[];
}

/** Headers of the connection or of the moment; `via` has a test of its own. */
const NOT_COMPARED = new Set(['date', 'connection', 'keep-alive', 'via']);

/** @param ids names given to generated ids so far: an id has the same name in all answers of a visit */
export function comparable({ status, headers, text }: Answer, ids: Map<string, string>): ComparableAnswer {
  const txn = String(headers['x-request-id']);
  const plain = (value: string): string =>
    value
      .replaceAll(txn, '<txn>')
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => nameOf(id, ids))
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
      .replace(/"(issuedAt|expiresAt)":\d{10}/g, '"$1":"<seconds>"');
  const compared = Object.entries(headers).filter(([name]) => !NOT_COMPARED.has(name));
  return {
    status,
    headers: Object.fromEntries(
      compared.map(([name, value]) => [name, typeof value === 'string' ? plain(value) : value]),
    ),
    body: parsed(plain(text)),
    via: headers.via,
  };
}

export function comparableOperations({ span, notes, children }: Operation): Operations {
  const { service, op, status } = span;
  return {
    operation: `${service} ${op} ${outcomeOf(status)}`,
    lines: notes.map(({ level, msg }) => `${level}: ${msg}`),
    calls: children.map(comparableOperations),
  };
}

/** In process an operation succeeds or fails; over HTTP it has a status, and a refusal is a failure in both. */
function outcomeOf(status: unknown): string {
  if (typeof status !== 'number') return String(status);
  return status >= 400 ? 'error' : 'ok';
}

function nameOf(id: string, ids: Map<string, string>): string {
  // Seeded ids are the same everywhere.
  if (id.startsWith('0197a000-0000-7000-8000-')) return id;
  const known = ids.get(id) ?? `<id ${ids.size + 1}>`;
  ids.set(id, known);
  return known;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

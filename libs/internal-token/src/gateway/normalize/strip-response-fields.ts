import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';

const TOKEN = 'txn-token';
const CORS_LISTS = ['access-control-allow-headers', 'access-control-expose-headers'] as const;

type WriteHead = (status: number, ...rest: unknown[]) => ServerResponse;

/**
 * Keeps the internal token out of every response to a client: no `Txn-Token` field, and no CORS list that names it.
 * All heads pass through `writeHead`, implicit ones too, so wrapping that one function is enough.
 */
export function stripResponseFields(response: ServerResponse): void {
  const writeHead = response.writeHead.bind(response) as WriteHead;
  const guarded: WriteHead = (status, ...rest) => {
    response.removeHeader(TOKEN);
    for (const name of CORS_LISTS) {
      const list = response.getHeader(name);
      if (list !== undefined) setList(response, name, withoutToken(list));
    }
    return writeHead(status, ...rest.map((part) => (isHeaders(part) ? clean(part) : part)));
  };
  response.writeHead = guarded as ServerResponse['writeHead'];
}

function setList(response: ServerResponse, name: string, list: string): void {
  if (list === '') response.removeHeader(name);
  else response.setHeader(name, list);
}

function isHeaders(part: unknown): part is OutgoingHttpHeaders | OutgoingHttpHeader[] {
  return typeof part === 'object' && part !== null;
}

function clean(headers: OutgoingHttpHeaders | OutgoingHttpHeader[]): OutgoingHttpHeaders | OutgoingHttpHeader[] {
  if (!Array.isArray(headers)) return fromEntries(headers);
  const pairs = (headers as readonly unknown[]).every(Array.isArray)
    ? (headers as unknown as [string, OutgoingHttpHeader][])
    : Array.from({ length: headers.length / 2 }, (_, pair): [string, OutgoingHttpHeader] => [
        String(headers[2 * pair]),
        headers[2 * pair + 1] ?? '',
      ]);
  return pairs
    .filter(([name]) => name.toLowerCase() !== TOKEN)
    .flatMap(([name, value]) => [name, isCorsList(name) ? withoutToken(value) : value]) as OutgoingHttpHeader[];
}

function fromEntries(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  for (const name of Object.keys(headers)) {
    if (name.length === TOKEN.length && name.toLowerCase() === TOKEN) {
      const { [name]: _dropped, ...kept } = headers;
      return fromEntries(kept);
    }
    const value = headers[name];
    if (isCorsList(name) && value !== undefined) {
      const list = withoutToken(value);
      if (list !== String(value)) headers = { ...headers, [name]: list };
    }
  }
  return headers;
}

/** True for the fields that tell a browser which header fields it may send or read. */
export function isCorsList(name: string): boolean {
  return name.length >= 28 && (CORS_LISTS as readonly string[]).includes(name.toLowerCase());
}

/** Such a list without the internal token's name. */
export function withoutToken(list: OutgoingHttpHeader): string {
  return String(list)
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name.toLowerCase() !== TOKEN)
    .join(', ');
}

import { connect } from 'node:net';

export interface RawResponse {
  readonly status: number;
  readonly head: string;
  /** By lower-case name; several headers of one name are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawExchange {
  readonly responses: readonly RawResponse[];
  /** The server closed the connection. */
  readonly closed: boolean;
}

/** Header lines, each ended by CRLF, and the empty line after them. */
export function head(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/**
 * Writes bytes to a socket exactly as they are and reads answers: until `count` are complete or, without a count,
 * until the server closes the connection.
 */
export function exchange(port: number, bytes: string | readonly string[], count?: number): Promise<RawExchange> {
  return new Promise((resolve, reject) => {
    let received = '';
    let done = false;
    const socket = connect(port, '127.0.0.1');
    const finish = (closed: boolean): void => {
      if (done) return;
      done = true;
      socket.destroy();
      resolve({ responses: parse(received), closed });
    };
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (count !== undefined && parse(received).length >= count) finish(false);
    });
    socket.on('end', () => finish(true));
    socket.on('close', () => finish(true));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') finish(true);
      else reject(error);
    });
    for (const part of typeof bytes === 'string' ? [bytes] : bytes) socket.write(part, 'latin1');
  });
}

/** One request, one answer. */
export async function ask(port: number, bytes: string | readonly string[]): Promise<RawResponse> {
  const { responses } = await exchange(port, bytes, 1);
  const [response] = responses;
  if (response === undefined) throw new Error('the connection was closed without an answer');
  return response;
}

function parse(text: string): RawResponse[] {
  const responses: RawResponse[] = [];
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) return responses;
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n');
    const status = Number(statusLine.split(' ')[1]);
    const headers = fieldsOf(lines);
    const body = bodyOf(rest.slice(end + 4), status, headers);
    if (body === undefined) return responses;
    if (status >= 200) responses.push({ status, head: rest.slice(0, end), headers, body: body.text });
    rest = rest.slice(end + 4 + body.length);
  }
}

function fieldsOf(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}

function bodyOf(
  rest: string,
  status: number,
  headers: Readonly<Record<string, string>>,
): { text: string; length: number } | undefined {
  if (status < 200 || status === 204 || status === 304) return { text: '', length: 0 };
  if (headers['transfer-encoding'] === 'chunked') {
    const end = rest.indexOf('0\r\n\r\n');
    return end === -1 ? undefined : { text: rest.slice(0, end), length: end + 5 };
  }
  const length = Number(headers['content-length'] ?? rest.length);
  return rest.length < length ? undefined : { text: rest.slice(0, length), length };
}

// Loads a server over loopback: prepared bytes on raw sockets, because the driver shares its core with other processes,
// and a client that costs more than the server would leave it waiting.
import { once } from 'node:events';
import { connect } from 'node:net';

const HEAD_END = '\r\n\r\n';
/** The end of a chunked body, which our servers send without trailers. */
const LAST_CHUNK = `0${HEAD_END}`;

/** The bytes of a request without its body. */
export function head(method, path, fields) {
  const lines = Object.entries({ host: 'bench', ...fields }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
}

export class Load {
  /** Opened before measuring, so that no slice pays for the connections. */
  static async open(port, connections) {
    return new Load(await Promise.all(Array.from({ length: connections }, () => Connection.open(port))));
  }

  #connections;

  constructor(connections) {
    this.#connections = connections;
  }

  /**
   * Keeps a request on every connection, until there are no more or the time is over.
   *
   * @param next gives the head of the next request, or undefined
   * @param body `{ chunk, bytes }`, sent with every request
   * @returns the number of requests; each was answered with status 200
   */
  async run(next, { seconds = Infinity, body } = {}) {
    const until = performance.now() + seconds * 1000;
    let requests = 0;
    const drive = async (connection) => {
      for (let bytes; performance.now() < until && (bytes = next()) !== undefined; requests += 1) {
        const status = await connection.ask(bytes, body);
        if (status !== 200) throw new Error(`answered with ${status}`);
      }
    };
    await Promise.all(this.#connections.map(drive));
    return requests;
  }

  close() {
    for (const connection of this.#connections) connection.close();
  }
}

class Connection {
  static async open(port) {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new Connection(socket);
  }

  #socket;
  #answered;
  #failed;
  #status;
  /** Bytes that are missing; Infinity while a chunked body lasts, undefined before the end of the head. */
  #left;
  /** What came of the head; then the last bytes of a chunked body. */
  #kept = Buffer.alloc(0);

  constructor(socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => this.#read(bytes));
    socket.on('error', (error) => this.#failed?.(error));
    socket.on('close', () => this.#failed?.(new Error('the server closed the connection')));
  }

  /** @returns the status, when the answer is complete */
  ask(bytes, body) {
    this.#left = undefined;
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket.write(bytes);
      if (body !== undefined) this.#send(body.chunk, body.bytes / body.chunk.length);
    });
  }

  close() {
    this.#failed = undefined;
    this.#socket.destroy();
  }

  #send(chunk, times) {
    for (let left = times; left > 0; left -= 1) {
      if (this.#socket.write(chunk)) continue;
      this.#socket.once('drain', () => this.#send(chunk, left - 1));
      return;
    }
  }

  #read(bytes) {
    let rest = bytes;
    if (this.#left === undefined) {
      const all = this.#kept.length === 0 ? bytes : Buffer.concat([this.#kept, bytes]);
      const end = all.indexOf(HEAD_END);
      if (end < 0) {
        this.#kept = all;
        return;
      }
      const fields = all.latin1Slice(0, end).toLowerCase();
      this.#status = Number(fields.slice(9, 12));
      const length = /\r\ncontent-length: *(\d+)/.exec(fields)?.[1];
      const chunked = fields.includes('\r\ntransfer-encoding: chunked');
      this.#left = chunked ? Infinity : Number(length ?? 0);
      this.#kept = Buffer.alloc(0);
      rest = all.subarray(end + HEAD_END.length);
    }
    this.#left -= rest.length;
    if (this.#left === Infinity) {
      this.#kept = Buffer.concat([this.#kept, rest.subarray(-LAST_CHUNK.length)]).subarray(-LAST_CHUNK.length);
      if (this.#kept.latin1Slice() !== LAST_CHUNK) return;
      this.#kept = Buffer.alloc(0);
    } else if (this.#left > 0) return;
    this.#answered(this.#status);
  }
}

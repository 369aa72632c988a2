import { Logger } from '@nestjs/common';
import { createRequire } from 'node:module';
import { getCallSites } from 'node:util';
import { queuesInContext, type Undici } from './queues-in-context.js';
import type { UndiciRequest } from './undici-request.js';

const logger = new Logger('InternalTokenHttp');

const known = new WeakMap<object, boolean>();
/** Copies of undici that had a request answered without announcing its head. */
const silent = new WeakSet<object>();

/** True for every known copy of undici from version 5 on: `undici:client:sendHeaders` is documented. */
export function announcesHeads(request: UndiciRequest): boolean {
  return !silent.has(request.constructor);
}

/** Gives no more tokens to the copy of undici that made this request, and logs that once. */
export function distrust(request: UndiciRequest): void {
  if (silent.has(request.constructor)) return;
  silent.add(request.constructor);
  logger.warn(
    'A copy of undici sent a request without announcing it (undici:client:sendHeaders), so it gets no more tokens until ' +
      'this process restarts. Use fetch or undici 8, or remove what disables its diagnostics channels.',
  );
}

/**
 * True for the copies of undici that announce a request in the context in which it was made, even if it had to wait for
 * a connection: Node's own, whose dispatcher never makes one wait, and the one that this library depends on. Any other
 * copy may announce it in the context of the request that freed the connection, which may be another user's.
 */
export function keepsContext(request: UndiciRequest): boolean {
  const made = request.constructor;
  let answer = known.get(made);
  if (answer === undefined) {
    answer = made === ownRequest() || isNodes();
    known.set(made, answer);
  }
  return answer;
}

/** The request class of the undici that this library depends on; undefined if that release does not keep contexts. */
function ownRequest(): unknown {
  try {
    const own = createRequire(import.meta.url);
    const request: unknown = own('undici/lib/core/request.js');
    // Not by its index, which would replace the dispatcher of Node's fetch.
    const [Client, Pool] = ['client', 'pool'].map((name): unknown => own(`undici/lib/dispatcher/${name}.js`));
    return queuesInContext({ Client, Pool } as Undici) ? request : undefined;
  } catch {
    return undefined;
  }
}

/** True if Node's own undici called `publish()`: the file of the calling constructor tells. */
function isNodes(): boolean {
  const files = getCallSites(30).map(({ scriptName }) => scriptName);
  const maker = files[files.indexOf('node:diagnostics_channel') + 1];
  return maker?.startsWith('node:internal/deps/undici/') ?? false;
}

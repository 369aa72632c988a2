import { Logger } from '@nestjs/common';
import { createRequire } from 'node:module';
import { getCallSites } from 'node:util';
import { queuesInContext, type Undici } from './queues-in-context.js';
import type { UndiciRequest } from './undici-request.js';

const logger = new Logger('InternalTokenHttp');

const known = new WeakMap<object, boolean>();
/** Copies that have had a request answered whose head they never announced. */
const silent = new WeakSet<object>();

/** True for every copy of undici from version 5 on, as far as is known: `undici:client:sendHeaders` is documented. */
export function announcesHeads(request: UndiciRequest): boolean {
  return !silent.has(request.constructor);
}

/** From now on the copy of undici that made this request gets no token; the first time, a line says so. */
export function distrust(request: UndiciRequest): void {
  if (silent.has(request.constructor)) return;
  silent.add(request.constructor);
  logger.warn(
    'A copy of undici was answered a request that it had not announced (undici:client:sendHeaders): it gets no further ' +
      'token until this process starts anew. Use fetch or undici 8, or remove what takes its diagnostics channels away.',
  );
}

/**
 * True for the copies of undici that announce a request in the context of its maker, even if it had to wait for a free
 * connection: Node's own, whose dispatcher never lets one wait, and the one that this library depends on. Any other
 * copy may announce it in the context of whoever gave the connection back: another user's.
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

/** Undefined for a release that is built otherwise, or has forgotten what this one was chosen for. */
function ownRequest(): unknown {
  try {
    const own = createRequire(import.meta.url);
    const request: unknown = own('undici/lib/core/request.js');
    // Not by its index, which would make its dispatcher the one of Node's fetch.
    const [Client, Pool] = ['client', 'pool'].map((name): unknown => own(`undici/lib/dispatcher/${name}.js`));
    return queuesInContext({ Client, Pool } as Undici) ? request : undefined;
  } catch {
    return undefined;
  }
}

/** Who called `publish()`: the constructor of the request, and its file says whose it is. */
function isNodes(): boolean {
  const files = getCallSites(30).map(({ scriptName }) => scriptName);
  const maker = files[files.indexOf('node:diagnostics_channel') + 1];
  return maker?.startsWith('node:internal/deps/undici/') ?? false;
}

import { EventEmitter } from 'node:events';
import { Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { RequestRecord } from '../context/request-record.js';

/**
 * Runs `fn` as the handling of a request that never reaches the server's listeners, because it is forwarded or refused
 * before. Tracing agents patch `emit` of Node's servers to see requests; they see this one too, once. Without an agent
 * nothing is emitted.
 */
export function emitRequestEvent<T>(request: Pick<RequestRecord, 'raw' | 'response' | 'announced'>, fn: () => T): T {
  const { raw, response } = request;
  const { prototype } = (raw.socket as Partial<TLSSocket> | undefined)?.encrypted ? TlsServer : Server;
  if (request.announced || prototype.emit === EventEmitter.prototype.emit) return fn();
  request.announced = true;
  let result: { readonly value: T } | undefined;
  const stage = new EventEmitter().once('request', () => (result = { value: fn() }));
  Reflect.apply(prototype.emit, stage, ['request', raw, response]);
  // An agent that swallows the event must not swallow the request.
  return result === undefined ? fn() : result.value;
}

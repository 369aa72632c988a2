import { EventEmitter } from 'node:events';
import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';

const announced = new WeakSet<IncomingMessage>();

/**
 * Runs `fn` as the handling of a request that never reaches the server's listeners, because it is forwarded or refused
 * before. Tracing agents patch `emit` of Node's servers to see requests; they see this one too, once. Without an agent
 * it is an event that nobody else hears.
 */
export function emitRequestEvent<T>(raw: IncomingMessage, response: ServerResponse, fn: () => T): T {
  if (announced.has(raw)) return fn();
  announced.add(raw);
  let result: { readonly value: T } | undefined;
  const stage = new EventEmitter().once('request', () => (result = { value: fn() }));
  const { prototype } = (raw.socket as Partial<TLSSocket>).encrypted ? TlsServer : Server;
  Reflect.apply(prototype.emit, stage, ['request', raw, response]);
  // An agent that swallows the event must not swallow the request.
  return result === undefined ? fn() : result.value;
}

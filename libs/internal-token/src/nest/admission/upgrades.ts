import { Injectable } from '@nestjs/common';
import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { InternalTokenError } from '../../core/index.js';
import { endLingeringly } from './end-lingeringly.js';
import { WebSocketGateways } from './websocket-gateways.js';

/** Node asks it before it hands out a connection, from 22.21 and 24.9 on. */
type Asking = Server & { shouldUpgradeCallback?: (request: IncomingMessage) => boolean };

/**
 * Decides which requests leave HTTP: WebSocket handshakes with gateway classes that need no internal token. Every other
 * one stays a request, so that it is answered, in its turn, like any other.
 */
@Injectable()
export class Upgrades {
  /** By request: that it may go on, or why not; null: nobody takes it. */
  readonly #verdicts = new WeakMap<IncomingMessage, 'open' | InternalTokenError | null>();
  #prepare: (request: IncomingMessage) => void = () => undefined;

  constructor(private readonly gateways: WebSocketGateways) {}

  /**
   * Takes the decision for a server. Without listeners for `upgrade` nothing changes.
   * @param prepare called once with a handshake that an open gateway class would answer; refuses by what it throws
   */
  decideFor(server: Server, prepare: (request: IncomingMessage) => void): void {
    this.#prepare = prepare;
    const asking = server as Asking;
    const listens = asking.shouldUpgradeCallback;
    if (typeof listens !== 'function') return;
    asking.shouldUpgradeCallback = (request) =>
      isHandshake(request) && listens.call(server, request) && this.#opens(request);
  }

  /** Whether a request was a handshake that must be told no. */
  isRefused(request: IncomingMessage): boolean {
    const verdict = this.#verdicts.get(request);
    return verdict !== undefined && verdict !== 'open';
  }

  /** Why a handshake with an open gateway class is refused. Undefined for all others. */
  refusalOf(request: IncomingMessage): InternalTokenError | undefined {
    const verdict = this.#verdicts.get(request);
    return verdict instanceof InternalTokenError ? verdict : undefined;
  }

  /**
   * For connections that Node hands out without asking: older versions of it, and Fastify's further servers for
   * `localhost`. Undefined where the upgrade goes on, otherwise the response by which to refuse it.
   */
  receive(request: IncomingMessage, socket: Duplex): ServerResponse | undefined {
    // Node has let go of the connection: an error that nobody hears ends the process.
    socket.on('error', () => socket.destroy());
    if (this.#opens(request)) return undefined;
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.once('finish', () => endLingeringly(socket));
    try {
      response.assignSocket(request.socket);
    } catch {
      // The answer to an earlier request is under way: two at once would mix.
      socket.destroy();
    }
    return response;
  }

  #opens(request: IncomingMessage): boolean {
    let verdict = this.#verdicts.get(request);
    if (verdict === undefined) {
      verdict = isHandshake(request) && this.gateways.opens(request) ? this.#prepared(request) : null;
      this.#verdicts.set(request, verdict);
    }
    return verdict === 'open';
  }

  #prepared(request: IncomingMessage): 'open' | InternalTokenError {
    try {
      this.#prepare(request);
      return 'open';
    } catch (error) {
      return error instanceof InternalTokenError
        ? error
        : new InternalTokenError('txn_no_context', undefined, { cause: error });
    }
  }
}

function isHandshake({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase().includes('websocket') === true;
}

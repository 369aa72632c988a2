import { Injectable } from '@nestjs/common';
import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketGateways } from './websocket-gateways.js';

/** Node asks it before it hands out a connection, from 22.21 and 24.9 on. */
type Asking = Server & { shouldUpgradeCallback?: (request: IncomingMessage) => boolean };

/**
 * Decides which requests leave HTTP: WebSocket handshakes with gateway classes that need no internal token. Every other
 * one stays a request, so that it is answered, in its turn, like any other.
 */
@Injectable()
export class Upgrades {
  readonly #refused = new WeakSet<IncomingMessage>();

  constructor(private readonly gateways: WebSocketGateways) {}

  /** Takes the decision for a server. Without listeners for `upgrade` nothing changes. */
  decideFor(server: Server): void {
    const asking = server as Asking;
    const listens = asking.shouldUpgradeCallback;
    if (typeof listens !== 'function') return;
    asking.shouldUpgradeCallback = (request) => {
      if (!isHandshake(request) || !listens.call(server, request)) return false;
      if (this.gateways.opens(request)) return true;
      this.#refused.add(request);
      return false;
    };
  }

  /** Whether a request was a handshake that must be told no. */
  isRefused(request: IncomingMessage): boolean {
    return this.#refused.has(request);
  }

  /**
   * For connections that Node hands out without asking: older versions of it, and Fastify's further servers for
   * `localhost`. Undefined where the upgrade goes on, otherwise the response by which to refuse it.
   */
  receive(request: IncomingMessage, socket: Duplex): ServerResponse | undefined {
    // Node has let go of the connection: an error that nobody hears ends the process.
    socket.on('error', () => socket.destroy());
    if (isHandshake(request) && this.gateways.opens(request)) return undefined;
    this.#refused.add(request);
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.once('finish', () => socket.end());
    try {
      response.assignSocket(request.socket);
    } catch {
      // The answer to an earlier request is under way: two at once would mix.
      socket.destroy();
    }
    return response;
  }
}

function isHandshake({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase().includes('websocket') === true;
}

import { portController, remotePort } from '@app/ports';
import { HttpModule } from '@nestjs/axios';
import type { INestApplication, LoggerService } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { InternalTokenContext, InternalTokenModule } from 'nestjs-internal-token';
import { InternalTokenHttpModule, InternalTokenProblemFilter } from 'nestjs-internal-token/http';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { freePorts } from '../../scripts/lib/free-ports.mjs';
import { Ledger, LedgerApi, ledgerPort } from './ledger-port.js';

const AT = '2026-11-01T12:00:00.000Z';
const [behind = 0, before = 0, nobody = 0] = await freePorts(3);
const origin = (port: number): string => `http://127.0.0.1:${port}`;

/** Stands between the two processes and drops connections on demand. */
class Wire {
  /** How many of the next connections break after the service has answered and before the answer gets through. */
  losing = 0;
  /** What answers in the service's place, if anything. */
  instead: string | undefined;
  connections = 0;
  readonly #clients = new Set<Socket>();
  readonly #server: Server = createServer((client) => this.#carry(client));

  listen(port: number): Promise<void> {
    return new Promise((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Breaks the existing connections as soon as they are used. */
  breakKept(): void {
    for (const client of this.#clients) client.once('data', () => client.resetAndDestroy());
  }

  #carry(client: Socket): void {
    this.connections++;
    this.#clients.add(client);
    client.on('close', () => this.#clients.delete(client));
    client.on('error', () => undefined);
    if (this.instead !== undefined) {
      const { instead } = this;
      client.once('data', () => client.end(instead));
      return;
    }
    const service = connect(behind, '127.0.0.1');
    service.on('error', () => client.destroy());
    client.on('close', () => service.destroy());
    service.on('close', () => client.destroy());
    client.pipe(service);
    service.on('data', (chunk) => {
      if (this.losing > 0) {
        this.losing--;
        client.resetAndDestroy();
      } else client.write(chunk);
    });
  }
}

describe('a port call whose connection is lost', () => {
  const issuer = new TestTokenIssuer();
  const wire = new Wire();
  let service: INestApplication;
  let caller: INestApplication;
  let ledger: Ledger;

  const application = async (
    listen: number | undefined,
    metadata: Parameters<typeof Test.createTestingModule>[0],
  ): Promise<INestApplication> => {
    const testing = await Test.createTestingModule({
      ...metadata,
      imports: [
        InternalTokenModule.forRoot({ service: 'test', trustDomain: 'test', keys: issuer.keys }),
        InternalTokenHttpModule.forRoot({ internalOrigins: [before, nobody].map(origin) }),
        HttpModule.register({}),
      ],
    })
      .setLogger(false as unknown as LoggerService)
      .compile();
    const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
    await (listen === undefined ? app.init() : app.listen(listen, '127.0.0.1'));
    return app;
  };

  beforeAll(async () => {
    await wire.listen(before);
    service = await application(behind, {
      controllers: [portController(ledgerPort, Ledger)],
      providers: [Ledger, { provide: APP_FILTER, useClass: InternalTokenProblemFilter }],
    });
    caller = await application(undefined, { providers: [remotePort(ledgerPort, origin(before))] });
    ledger = service.get(Ledger);
  });

  afterAll(async () => {
    await caller.close();
    await service.close();
    await wire.close();
  });

  beforeEach(() => {
    ledger.seen.length = 0;
    wire.losing = 0;
    wire.instead = undefined;
  });

  const call = <T>(work: (port: LedgerApi) => Promise<T>, app = caller): Promise<T> =>
    app.get(InternalTokenContext).run(issuer.claims({ scope: 'ledger.write' }), () => work(app.get(LedgerApi)));

  it('is retried once if it may be, and the caller notices nothing', async () => {
    wire.losing = 1;
    await expect(call((port) => port.echo({ value: 1 }))).resolves.toEqual({ value: 1 });
    expect(ledger.seen).toEqual([1, 1]);
  });

  it('is retried on a new connection when every kept one is broken', async () => {
    await Promise.all([1, 2, 3].map((value) => call((port) => port.echo({ value }))));
    wire.breakKept();
    await expect(call((port) => port.echo({ value: 4 }))).resolves.toEqual({ value: 4 });
  });

  it('fails after the second loss', async () => {
    wire.losing = 2;
    await expect(call((port) => port.echo({ value: 1 }))).rejects.toMatchObject({ code: 'port_interrupted' });
    expect(ledger.seen).toHaveLength(2);
  });

  it('is not retried once it was answered, whatever the answer says about other connections', async () => {
    const body = JSON.stringify({ code: 'port_unreachable', detail: 'stock.count cannot be reached.' });
    wire.instead =
      `HTTP/1.1 502 Bad Gateway\r\nContent-Type: application/problem+json\r\nContent-Length: ${body.length}\r\n` +
      `Connection: close\r\n\r\n${body}`;
    const connections = wire.connections;
    await expect(call((port) => port.echo({ value: 1 }))).rejects.toMatchObject({ code: 'port_unreachable' });
    expect(wire.connections).toBe(connections + 1);
  });

  it('is never retried if it must not be, even though it was executed', async () => {
    wire.losing = 1;
    const posting = call((port) => port.post({ account: 'a', amount: 1, at: AT, tags: [] }));
    await expect(posting).rejects.toMatchObject({ code: 'port_interrupted' });
    expect(ledger.seen).toHaveLength(1);
  });

  it('fails as unreachable when nobody listens, and when something else answers', async () => {
    const lonely = await application(undefined, { providers: [remotePort(ledgerPort, origin(nobody))] });
    await expect(call((port) => port.echo({ value: 1 }), lonely)).rejects.toMatchObject({ code: 'port_unreachable' });
    await lonely.close();

    const fresh = await application(undefined, { providers: [remotePort(ledgerPort, origin(before))] });
    for (const answer of [
      'HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 5\r\nconnection: close\r\n\r\n<html',
      'HTTP/1.1 302 Found\r\nlocation: http://example.com/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
    ]) {
      wire.instead = answer;
      await expect(call((port) => port.echo({ value: 1 }), fresh)).rejects.toMatchObject({ code: 'port_unreachable' });
    }
    await fresh.close();
  });

  it('stops reading an endless answer', async () => {
    wire.instead = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"${'x'.repeat(11_000_000)}"`;
    const fresh = await application(undefined, { providers: [remotePort(ledgerPort, origin(before))] });
    await expect(call((port) => port.echo({ value: 1 }), fresh)).rejects.toMatchObject({ status: 502 });
    await fresh.close();
  });

  it('waits for a restarting service, even if it must not be retried', async () => {
    await wire.close();
    // First, because a start opens sockets of its own.
    const fresh = await application(undefined, { providers: [remotePort(ledgerPort, origin(before))] });
    const refused = new Promise((resolve) => {
      const watch = (message: unknown): void => {
        unsubscribe('net.client.socket', watch);
        (message as { socket: Socket }).socket.once('error', resolve);
      };
      subscribe('net.client.socket', watch);
    });
    const posted = call((port) => port.post({ account: 'a', amount: 1, at: AT, tags: [] }), fresh);
    await refused;
    await wire.listen(before);
    await expect(posted).resolves.toBeDefined();
    expect(ledger.seen).toHaveLength(1);
    await fresh.close();
  });
});

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type AgentOptions, type ClientRequest, createServer, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refusalOf, useCallerWithPeers } from './support/outgoing.js';

describe('a node:http agent that connects elsewhere', () => {
  const world = useCallerWithPeers();
  const answerTo = (sent: ClientRequest) => {
    sent.end();
    return once(sent, 'response');
  };

  it('R91: is refused before the first byte when it connects to another port', async () => {
    const { caller, inside, outside } = world;
    const received: Buffer[] = [];
    outside.on('connection', (socket: import('node:net').Socket) => socket.on('data', (data) => received.push(data)));
    class Astray extends Agent {
      override createConnection(_options: unknown) {
        return connect(outside.port, '127.0.0.1');
      }
    }
    const agent = new Astray({} satisfies AgentOptions);
    const call = caller.as('ada', () => answerTo(request(inside.origin, { agent })));
    expect(await refusalOf(call)).toBe('internal_call_unsafe');
    expect(outside.received).toEqual([]);
    expect(received).toEqual([]);
  });

  it('R91: is refused when the default port is redefined', async () => {
    const { outside } = world;
    const unlucky = await import('./support/outgoing.js').then(({ startCaller }) =>
      startCaller({ internalOrigins: ['http://127.0.0.1'] }),
    );
    const options = { host: '127.0.0.1', defaultPort: outside.port, port: outside.port };
    const outcome = await refusalOf(unlucky.as('ada', () => answerTo(request(options))));
    expect(outcome).toBe('internal_call_unsafe');
    for (const { tokens } of outside.received) expect(tokens).toEqual([]);
    expect(unlucky.propagation).toMatchObject({ attached: 0, refused: 1 });
    await unlucky.close();
  });

  it('R91: gets no token when its options name another host', async () => {
    const { caller, inside } = world;
    const elsewhere = createServer((_req, res) => res.end()).listen(inside.port, '127.0.0.2');
    await once(elsewhere, 'listening');
    const arrived = once(elsewhere, 'request') as Promise<[IncomingMessage]>;
    const agent = new Agent({ host: '127.0.0.2' } as AgentOptions);
    await caller.as('ada', () => answerTo(request(inside.origin, { agent, headers: { 'Txn-Token': 'eyJ.mine' } })));
    const [{ headers }] = await arrived;
    expect(headers).not.toHaveProperty('txn-token');
    expect(headers).not.toHaveProperty('traceparent');
    elsewhere.close();
  });

  it.each([
    ["the agent's options name it", (path: string) => new Agent({ socketPath: path } as AgentOptions)],
    [
      'the agent connects there by itself',
      (path: string) =>
        new (class extends Agent {
          override createConnection = () => connect(path);
        })(),
    ],
  ])('R91: sends no token to a unix socket when %s', async (_how, make) => {
    const { caller, inside } = world;
    const folder = mkdtempSync(join(tmpdir(), 'socket-'));
    const received: string[] = [];
    const elsewhere = createServer((_req, res) => res.end()).listen(join(folder, 's'));
    elsewhere.on('connection', (socket: Socket) => socket.on('data', (data) => received.push(data.toString())));
    await once(elsewhere, 'listening');
    const agent = make(join(folder, 's'));
    await caller.as('ada', () => answerTo(request(inside.origin, { agent }))).catch(() => undefined);
    expect(received.join('')).not.toMatch(/txn-token|traceparent/i);
    agent.destroy();
    elsewhere.close();
    rmSync(folder, { recursive: true });
  });

  it('R91: gets no token for a unix socket, whatever host is named', async () => {
    const { caller, inside } = world;
    const call = caller.as('ada', () =>
      answerTo(request({ socketPath: '/tmp/nobody-listens-here.sock', host: '127.0.0.1', port: inside.port })),
    );
    expect(await refusalOf(call)).toMatch(/^another error: Error: connect ENOENT/);
  });

  it('reuses kept connections to the internal origin as usual', async () => {
    const { caller, inside } = world;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 3; i++) {
      const [response] = (await caller.as('ada', () => answerTo(request(inside.origin, { agent })))) as [
        NodeJS.ReadableStream,
      ];
      response.resume();
      await once(response, 'end');
    }
    expect(inside.received.map(({ tokens }) => tokens.length)).toEqual([1, 1, 1]);
    agent.destroy();
  });
});

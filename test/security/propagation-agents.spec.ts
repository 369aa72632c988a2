import { once } from 'node:events';
import { Agent, type AgentOptions, type ClientRequest, request } from 'node:http';
import { connect } from 'node:net';
import { refusalOf, useCallerWithPeers } from './support/outgoing.js';

describe('An agent of node:http that leads elsewhere', () => {
  const world = useCallerWithPeers();
  const answerTo = (sent: ClientRequest) => {
    sent.end();
    return once(sent, 'response');
  };

  it('R91: is found out before the first byte, where it connects to another port', async () => {
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

  it('R91: is found out where the default port is redefined', async () => {
    const { caller, outside } = world;
    const unlucky = await import('./support/outgoing.js').then(({ startCaller }) =>
      startCaller({ internalOrigins: ['http://127.0.0.1'] }),
    );
    const options = { host: '127.0.0.1', defaultPort: outside.port, port: outside.port };
    const outcome = await refusalOf(unlucky.as('ada', () => answerTo(request(options))));
    expect(outcome).toBe('internal_call_unsafe');
    for (const { tokens } of outside.received) expect(tokens).toEqual([]);
    await unlucky.close();
    expect(caller.propagation.attached).toBeGreaterThan(0);
  });

  it('R91: a unix socket is no internal origin, whatever host is named', async () => {
    const { caller, inside } = world;
    const call = caller.as('ada', () =>
      answerTo(request({ socketPath: '/tmp/nobody-listens-here.sock', host: '127.0.0.1', port: inside.port })),
    );
    expect(await refusalOf(call)).toMatch(/^another error: Error: connect ENOENT/);
  });

  it('reuses kept connections for the internal origin as ever', async () => {
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

import { once } from 'node:events';
import { createServer } from 'node:http';
import { DrainingServer } from './draining-server.js';

/** Node's own timer, which holds a reference to the server and so to all of its listeners. */
const CHECKING = 'http.server.connectionsCheckingInterval';

describe('DrainingServer', () => {
  it('R163: leaves no timer behind that would keep the server and its application in memory', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const symbol = Object.getOwnPropertySymbols(server).find(({ description }) => description === CHECKING);
    const checking = Reflect.get(server, symbol!) as { readonly _destroyed: boolean };
    expect(checking._destroyed).toBe(false);
    await new DrainingServer(server).closeWithin(60_000);
    expect(checking._destroyed).toBe(true);
  });
});

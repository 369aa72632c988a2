// Keeps test servers from closing idle connections. Node closes them after five seconds by default; on a machine that
// stalls for that long, the client's next request would already be on its way and be lost.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll } from '@jest/globals';

const CHANNEL = 'http.server.request.start';
const NODE_DEFAULT_MS = 5_000;

const keep = ({ server }) => {
  if (server.keepAliveTimeout === NODE_DEFAULT_MS) server.keepAliveTimeout = 0;
};

subscribe(CHANNEL, keep);
afterAll(() => void unsubscribe(CHANNEL, keep));

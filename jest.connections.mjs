// A server of a test never gives up an idle connection by itself. By default Node's does after five seconds, and on a
// machine that stands still for as long a client's next request would be on its way just then, and be lost.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll } from '@jest/globals';

const CHANNEL = 'http.server.request.start';
const NODE_DEFAULT_MS = 5_000;

const keep = ({ server }) => {
  if (server.keepAliveTimeout === NODE_DEFAULT_MS) server.keepAliveTimeout = 0;
};

subscribe(CHANNEL, keep);
afterAll(() => void unsubscribe(CHANNEL, keep));

import type { INestApplication, LoggerService, Type } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { NoInternalToken } from 'nestjs-internal-token';
import { ADAPTERS, start } from './support/adapters.js';

const [express] = ADAPTERS;

@WebSocketGateway({ path: 'chat' })
class Chat {}

@WebSocketGateway({ path: '/chat/', namespace: 'admin' })
@NoInternalToken()
class OpenChat {}

@WebSocketGateway({ path: '/other' })
@NoInternalToken()
class OpenOther {}

@WebSocketGateway({ path: '/chat/rooms' })
@NoInternalToken()
class OpenRooms {}

class Listening implements LoggerService {
  readonly lines: string[] = [];
  readonly log = (line: unknown) => void this.lines.push(String(line));
  readonly warn = this.log;
  readonly error = this.log;
}

const ws = (app: INestApplication) => void app.useWebSocketAdapter(new WsAdapter(app));
const socketIo = (app: INestApplication) => void app.useWebSocketAdapter(new IoAdapter(app));

/** The error of a failed start, or what was logged. */
async function started(providers: Type[], prepare: (app: INestApplication) => void): Promise<unknown> {
  const logger = new Listening();
  let built: INestApplication | undefined;
  const keep = (app: INestApplication) => prepare((built = app));
  try {
    await start(express, { providers, prepare: keep, logger });
    return logger.lines.filter((line) => line.startsWith('WebSocket gateways'));
  } catch (error) {
    return error;
  } finally {
    await built?.close();
  }
}

const stopped = (...names: RegExp[]) =>
  expect.objectContaining({
    code: 'configuration_invalid',
    message: expect.stringMatching(
      new RegExp([...names, /@NoInternalToken\(\)/].map(({ source }) => source).join('.*')),
    ),
  });

describe('WebSocket gateways at the start', () => {
  it('R159: are listed if they need no internal token', async () => {
    expect(await started([Chat, OpenOther], ws)).toEqual([
      'WebSocket gateways that need no internal token: OpenOther (/other)',
    ]);
    expect(await started([Chat], ws)).toEqual([]);
  });

  it('R159: stop the start if the path does not distinguish an open gateway from another', async () => {
    class OpenNamesake extends Chat {}
    NoInternalToken()(OpenNamesake);
    expect(await started([Chat, OpenNamesake], ws)).toEqual(stopped(/Chat/, /OpenNamesake/, /\/chat/));
    expect(await started([Chat, OpenChat], socketIo)).toEqual(stopped(/Chat/, /OpenChat/, /\/chat/));
    // socket.io accepts every path that begins with its own; ws does not.
    expect(await started([Chat, OpenRooms], socketIo)).toEqual(stopped(/Chat/, /OpenRooms/));
    expect(await started([Chat, OpenRooms], ws)).toEqual([expect.stringContaining('OpenRooms (/chat/rooms)')]);
  });

  it('R158: stop the start on a port of their own, before it is opened, unless they need no internal token', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');

    class Apart {}
    WebSocketGateway(port, { path: '/apart' })(Apart);
    class OpenApart extends Apart {}
    NoInternalToken()(OpenApart);
    expect(await started([Apart], ws)).toEqual(stopped(/Apart/, new RegExp(`port ${port}`)));
    // The port was not opened, so it is still free.
    expect(await started([OpenApart], ws)).toEqual([expect.stringContaining('OpenApart (/apart)')]);
  });

  it('R158: stop the start if their adapter has another server than the application', async () => {
    const apart = (app: INestApplication) => void app.useWebSocketAdapter(new IoAdapter());
    expect(await started([Chat], apart)).toEqual(stopped(/Chat/, /another server/));
  });
});

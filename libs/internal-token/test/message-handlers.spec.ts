import {
  Controller,
  type INestApplication,
  type INestMicroservice,
  type LoggerService,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientTCP, EventPattern, MessagePattern, type TcpOptions, Transport } from '@nestjs/microservices';
import type { AddressInfo, Server } from 'node:net';
import { lastValueFrom } from 'rxjs';
import { InternalTokenModule, NoInternalToken } from 'nestjs-internal-token';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { MessageHandlers } from '../src/nest/guard/message-handlers.js';
import { ADAPTERS, start } from './support/adapters.js';

const [express] = ADAPTERS;
const ran: string[] = [];

@Controller()
class Orders {
  @MessagePattern('count')
  count(_order: unknown): number {
    return ran.push('count');
  }

  @EventPattern('paid')
  paid(_order: unknown): void {
    ran.push('paid');
  }

  @EventPattern('opened')
  @NoInternalToken()
  opened(_order: unknown): void {
    ran.push('opened');
  }
}

@Controller()
@NoInternalToken()
class OpenOrders {
  @MessagePattern('count')
  count(_order: unknown): number {
    return ran.push('count');
  }
}

class Listening implements LoggerService {
  readonly lines: string[] = [];
  readonly log = (line: unknown) => void this.lines.push(String(line));
  readonly warn = this.log;
  readonly error = this.log;
}

const tcp: TcpOptions = { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } };

function portOf(microservice: INestMicroservice): number {
  return (microservice.unwrap<Server>().address() as AddressInfo).port;
}

/** Sends events, and then a request for a count on the same connection. */
async function talk(port: number, ...events: string[]): Promise<unknown> {
  const client = new ClientTCP({ host: '127.0.0.1', port });
  try {
    for (const event of events) await lastValueFrom(client.emit(event, {}), { defaultValue: undefined });
    return await lastValueFrom(client.send('count', {})).catch((error: unknown) => error);
  } finally {
    client.close();
  }
}

const stopped = expect.objectContaining({
  code: 'configuration_invalid',
  message: expect.stringMatching(/Orders\.count, Orders\.paid:.*inheritAppConfig: true.*@NoInternalToken\(\)/),
});

beforeEach(() => void ran.splice(0));

describe('Message handlers of a hybrid application', () => {
  const hybrid = async (
    controller: Type,
    connect: (app: INestApplication, options: TcpOptions) => void,
    late: boolean,
  ) => {
    const logger = new Listening();
    const prepare = (app: INestApplication) => connect(app, tcp);
    const { app } = await start(express, { controllers: [controller], logger, ...(!late && { prepare }) });
    try {
      if (late) connect(app, tcp);
      await app.startAllMicroservices();
    } catch (error) {
      await app.close();
      throw error;
    }
    return { app, logger, port: portOf(app.getMicroservices()[0] as INestMicroservice) };
  };

  it.each([
    ['before', false],
    ['after', true],
  ])('R160: stop the start if no guard would run, connected %s init()', async (_when, late) => {
    for (const given of [undefined, {}, { inheritAppConfig: false }, { deferInitialization: true }]) {
      const error = await hybrid(Orders, (app, to) => void app.connectMicroservice(to, given), late).then(
        ({ app }) => app.close(),
        (thrown: unknown) => thrown,
      );
      expect(error).toEqual(stopped);
    }
  });

  it.each([
    ['before', false],
    ['after', true],
  ])('R160: are refused, logged and counted where the guard runs (connected %s init())', async (_, late) => {
    const inherit = { inheritAppConfig: true };
    const { app, logger, port } = await hybrid(Orders, (app, to) => void app.connectMicroservice(to, inherit), late);
    expect(await talk(port, 'paid', 'opened')).toBeInstanceOf(Object);
    await app.close();
    expect(ran).toEqual(['opened']);
    const told = logger.lines.filter((line) => /refused/.test(line));
    expect(told).toEqual([
      expect.stringMatching(/^refused: Orders\.paid \(rpc\).*txn_no_context/),
      expect.stringMatching(/^refused: Orders\.count \(rpc\).*txn_no_context/),
    ]);
    expect(app.get(MessageHandlers, { strict: false }).refused).toBe(2);
    expect(logger.lines).toContainEqual(expect.stringMatching(/Handlers of messages that need no .*: Orders\.opened$/));
    expect(logger.lines.filter((line) => /inheritAppConfig/.test(line))).toEqual([]);
  });

  it('R160: run without a guard if they are marked @NoInternalToken()', async () => {
    const { app, logger, port } = await hybrid(OpenOrders, (app, to) => void app.connectMicroservice(to), false);
    expect(await talk(port)).toBe(1);
    await app.close();
    expect(logger.lines).toContainEqual(expect.stringContaining('OpenOrders.count'));
  });

  it('an application without the module may connect in any way', async () => {
    class Bare {}
    const root = { module: Bare, controllers: [Orders] };
    const app = await NestFactory.create(root, express.createAdapter(), { logger: false, abortOnError: false });
    expect(() => app.connectMicroservice({ transport: Transport.TCP })).not.toThrow();
    await app.close();
  });
});

it('R160: message handlers of an application without HTTP are refused, without a warning at the start', async () => {
  class Root {}
  const logger = new Listening();
  const keys = new TestTokenIssuer().keys;
  const app = await NestFactory.createMicroservice<TcpOptions>(
    {
      module: Root,
      imports: [InternalTokenModule.forRoot({ service: 'test', trustDomain: 'test', keys })],
      controllers: [Orders],
    },
    { ...tcp, logger, abortOnError: false },
  );
  await app.listen();
  expect(logger.lines.filter((line) => /inheritAppConfig/.test(line))).toEqual([]);
  await talk(portOf(app), 'paid');
  await app.close();
  expect(ran).toEqual([]);
  expect(logger.lines.filter((line) => /^refused: Orders\.(paid|count)/.test(line))).toHaveLength(2);
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonWebKey } from 'node:crypto';
import { DOMAINS } from '../../../scripts/lib/topology.mjs';
import { DrillShop } from '../../support/drills/drill-shop.js';
import { drillSize } from '../../support/drills/drill-size.js';
import { OperatedKeys } from '../../support/drills/operated-keys.js';
import { Load } from '../../support/drills/load.js';
import { until } from '../../support/drills/until.js';
import { type Answer, JwksServer } from '../../support/jwks-server.js';

const WORKERS = 2;
const LIFETIME_SECONDS = 300;
const HUGE = 4 * 1024 * 1024;
const LATE = 'inventory';
const RUNNING = DOMAINS.filter((name) => name !== LATE);

const body =
  (text: string | Buffer, status = 200): Answer =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/jwk-set+json' }).end(text);

/** One byte at a time, for ever. */
const dripping: Answer = (response) => {
  const timer = setInterval(() => response.write(' '), 50);
  response.on('close', () => clearInterval(timer)).on('error', () => undefined);
  response.write('{"keys":[');
};

describe('R106: the key source fails while the shop is open', () => {
  let keys: OperatedKeys;
  let source: JwksServer;
  let drill: DrillShop;
  let thief: Server;
  let followed = 0;
  let token: string;

  beforeAll(async () => {
    keys = await OperatedKeys.create({ refreshIntervalSeconds: 0.5 }, LIFETIME_SECONDS);
    source = await JwksServer.start((await keys.command<{ keys: JsonWebKey[] }>('jwks')).keys);
    thief = createServer((_request, response) => {
      followed += 1;
      response.end(JSON.stringify({ keys: source.keys }));
    });
    await new Promise<void>((resolve) => thief.listen(0, '127.0.0.1', resolve));
    drill = await DrillShop.open({ gatewaySettings: keys.settings, jwksUri: () => source.jwksUri });
    token = await drill.stolenToken();
  });

  afterAll(async () => {
    await drill?.close();
    await source?.goDown();
    thief?.close();
    await keys?.remove();
  });

  const everyFailure: readonly [string, () => Answer][] = [
    ['never answers', () => () => undefined],
    ['answers a byte at a time', () => dripping],
    ['answers 503', () => body('{}', 503)],
    ['is huge', () => body(JSON.stringify({ keys: source.keys, x: 'x'.repeat(HUGE) }))],
    ['answers HTML', () => body('<!doctype html><title>Sign in</title>')],
    ['answers garbage', () => body(Buffer.from([0xff, 0xfe, 0x00, 0x7b, 0x80]))],
    ['answers nothing', () => body('')],
    ['has an empty set', () => body('{"keys":[]}')],
    [
      'publishes private members',
      () => body(JSON.stringify({ keys: source.keys.map((key) => ({ ...key, d: 'AA' })) })),
    ],
    [
      'redirects',
      () => (response) => {
        const location = `http://127.0.0.1:${(thief.address() as AddressInfo).port}/`;
        response.writeHead(302, { location }).end();
      },
    ],
    ['hangs up', () => (response) => void response.destroy()],
  ];
  /** No answer, a wrong status, a wrong body, a redirect, no connection. */
  const ofEachKind = ['never answers', 'answers 503', 'answers garbage', 'redirects', 'hangs up'];
  const failures = drillSize({ ci: everyFailure.filter(([name]) => ofEachKind.includes(name)), full: everyFailure });

  /** Each loads again, even if one attempt takes five seconds. */
  const failedAgain = async (processes: readonly string[]): Promise<void> => {
    const from = drill.lines().length;
    await until('another failure everywhere', () => {
      const failed = drill.lines(from).filter(({ msg }) => msg?.startsWith('No keys from'));
      return processes.every((name) => failed.some(({ process }) => process === name));
    });
  };

  describe('running services', () => {
    it.each(failures)('keep verifying with known keys when it %s', async (_name, answer) => {
      source.misbehave = answer();
      await failedAgain(DOMAINS);
      const load = new Load(drill.visits()).start(WORKERS);
      await load.more(20);
      await load.stop();
      source.misbehave = undefined;
      expect(load.refusals).toEqual([]);
      expect(await Promise.all(DOMAINS.map((name) => drill.readiness(name)))).toEqual([200, 200, 200]);
    });

    it('keep verifying with known keys when it is down, and see a new key once it is back', async () => {
      await source.goDown();
      await failedAgain(DOMAINS);
      const load = new Load(drill.visits()).start(WORKERS);
      await load.more(20);
      const { keyId } = await keys.command<{ keyId: string }>('new');
      source.keys = (await keys.command<{ keys: JsonWebKey[] }>('jwks')).keys;
      await source.comeBack();
      await until('the new key everywhere', () => DOMAINS.every((name) => drill.hasLearnt(name, keyId)));
      await load.stop();
      expect(load.refusals).toEqual([]);
    });
  });

  describe('a service that starts during the failure', () => {
    beforeAll(async () => {
      token = await drill.stolenToken();
      source.misbehave = body('{}', 503);
      await drill.shop.kill(LATE);
      const from = drill.lines().length;
      drill.shop.launch(LATE);
      await until('its first failure', () =>
        drill.lines(from).some(({ process, msg }) => process === LATE && msg?.startsWith('No keys')),
      );
      await until('its listener', async () => (await drill.readiness(LATE)) !== undefined);
    });

    it.each(failures.filter(([name]) => !name.startsWith('answers a byte')))(
      'R88, R105: is not ready and admits nobody when it %s',
      async (_name, answer) => {
        source.misbehave = answer();
        await failedAgain([LATE]);
        const [nobody, thiefs, good] = await Promise.all([
          drill.directly(LATE),
          drill.directly(LATE, `${token.slice(0, -4)}AAAA`),
          drill.directly(LATE, token),
        ]);
        expect([nobody.status, thiefs.code, good.status, good.code]).toEqual([
          401,
          'txn_keys_not_ready',
          503,
          'txn_keys_not_ready',
        ]);
        expect([await drill.readiness(LATE), followed]).toEqual([503, 0]);
        for (const name of RUNNING) expect((await drill.directly(name, token)).status).toBe(200);
      },
    );

    it('R105: becomes ready by itself when the source is back', async () => {
      source.misbehave = undefined;
      await drill.shop.untilReady(LATE);
      expect((await drill.directly(LATE, token)).status).toBe(200);
      const load = new Load(drill.visits()).start(WORKERS);
      await load.more(20);
      await load.stop();
      expect(load.refusals).toEqual([]);
    });
  });
});

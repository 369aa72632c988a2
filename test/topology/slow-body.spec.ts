import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Shop } from '../../scripts/lib/shop.mjs';
import { signIn } from '../../scripts/lib/sign-in.mjs';
import { openShopDatabase, type ShopDatabase } from '../support/topology/shop-database.js';

const ROPE = '0197a000-0000-7000-8000-00000000ac02';
const LIFE_MS = 1_000;
/** Well below the idle time after which a gateway gives up on a client. */
const PIECE_EVERY_MS = 100;

describe.each([
  ['nothing', []],
  ['orders', ['orders']],
  ['orders and catalog', ['orders', 'catalog']],
])('a body that outlasts its internal token, with %s extracted', (_name, extracted) => {
  let database: ShopDatabase;
  let shop: Shop;

  beforeAll(async () => {
    database = await openShopDatabase();
    shop = await Shop.start({
      extracted,
      settings: database.settings,
      gatewaySettings: { INTERNAL_TOKEN_TTL_SECONDS: String(LIFE_MS / 1000) },
    });
  });

  afterAll(async () => {
    await shop?.stop();
    await database?.drop();
  });

  it("R8a, R59, R87: answers with a time-out and does not blame the caller's valid credentials", async () => {
    const { accessToken } = await signIn({ login: 'alice', issuer: shop.issuer });
    let answer: string;
    do {
      answer = await sendSlowly(new URL(shop.url), accessToken, { lines: [{ itemId: ROPE, quantity: 1 }] });
      // On a machine that stalled meanwhile, the gateway gives up on the client, which is another test.
    } while (answer.startsWith('HTTP/1.1 408 '));
    expect(answer).toMatch(/^HTTP\/1\.1 504 /);
    expect(answer).toMatch(/^content-type: application\/problem\+json/im);
    expect(answer).not.toMatch(/^www-authenticate:/im);
    expect(answer).toContain('"code":"upstream_timeout"');
    expect(answer).not.toContain('txn_expired');
  });
});

/** Spaces before the JSON, a few at a time, until the token has certainly expired. */
function sendSlowly(url: URL, accessToken: string, body: object): Promise<string> {
  const json = JSON.stringify(body);
  const pieces = Math.ceil((LIFE_MS + 500) / PIECE_EVERY_MS);
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(url.port), url.hostname);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => (answer += text));
    // The server may answer and close while the client still sends.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    socket.write(
      `POST /orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer ${accessToken}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${pieces + Buffer.byteLength(json)}\r\n\r\n`,
    );
    void (async () => {
      for (let piece = 0; piece < pieces; piece++) {
        socket.write(' ');
        await delay(PIECE_EVERY_MS);
      }
      socket.write(json);
    })();
  });
}

import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSigner, type Signer } from '../token/signer.js';
import type { JsonWebKeySet, KeySource } from './key-source.js';
import { KeyStore } from './key-store.js';
import type { KeyStoreEvent } from './key-store-event.js';

const DAY_MS = 24 * 60 * 60 * 1000;

describe('A seed file', () => {
  let directory: string;
  let seedFile: string;
  let signer: Signer;
  const events: KeyStoreEvent[] = [];
  const stores: KeyStore[] = [];
  const working = (set: JsonWebKeySet): KeySource => ({ description: 'desk', load: async () => set });
  const away: KeySource = { description: 'desk', load: () => Promise.reject(new Error('away')) };
  const started = async (source: KeySource, path = seedFile) => {
    const store = new KeyStore({ source, seedFile: path, onEvent: (event) => events.push(event) });
    stores.push(store);
    await store.start();
    return store;
  };
  const written = async () => {
    while (readdirSync(directory).join() !== 'keys.json') await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const content = () => JSON.parse(readFileSync(seedFile, 'utf8')) as { fetchedAt: string; keys: object[] };
  const rewrite = (changes: object, mode = 0o600) => {
    writeFileSync(seedFile, JSON.stringify({ ...content(), ...changes }));
    chmodSync(seedFile, mode);
  };

  beforeAll(async () => {
    signer = await createSigner({ key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, keyId: 'a' });
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'key-seed-'));
    seedFile = join(directory, 'keys.json');
    events.length = 0;
  });
  afterEach(() => {
    for (const store of stores.splice(0)) store.close();
    rmSync(directory, { recursive: true });
  });

  it('R106: a seed file lets a service start while the source is unavailable, and the start is reported', async () => {
    await started(working({ keys: [signer.publicJwk] }));
    await written();
    const restarted = await started(away);
    expect(restarted.ready).toBe(true);
    expect(restarted.find('a')?.keyId).toBe('a');
    expect(restarted.ageSeconds).toBeLessThan(60);
    expect(events.at(-1)).toMatchObject({ type: 'seed_loaded', keyIds: ['a'] });
  });

  it('R111: a seed file is readable by its owner only and contains public keys only', async () => {
    const set = { keys: [{ ...signer.publicJwk, x5t: 'extra' }] };
    await started(working(set));
    await written();
    expect(statSync(seedFile).mode & 0o777).toBe(0o600);
    const { kty, crv, x, y, kid, alg, use } = signer.publicJwk;
    expect(content().keys).toEqual([{ kty, crv, x, y, kid, alg, use }]);
  });

  it('without a seed file, a service whose source is unavailable is not ready', async () => {
    const store = new KeyStore({ source: away });
    stores.push(store);
    await store.start();
    expect(store.ready).toBe(false);
  });

  it.each<[string, () => void, RegExp]>([
    [
      'is a day old',
      () => rewrite({ fetchedAt: new Date(Date.now() - DAY_MS - 1000).toISOString() }),
      /older than 86400 seconds/,
    ],
    [
      'was fetched in the future',
      () => rewrite({ fetchedAt: new Date(Date.now() + DAY_MS / 24).toISOString() }),
      /a time in the future/,
    ],
    ['does not say when it was fetched', () => rewrite({ fetchedAt: undefined }), /does not say when/],
    ['comes from another source', () => rewrite({ source: 'https://other.test/jwks.json' }), /not those of desk/],
    ['everybody can write', () => rewrite({}, 0o666), /everybody can write it: chmod o-w/],
    ['contains private members', () => rewrite({ keys: [{ ...signer.publicJwk, d: 'AA' }] }), /no usable key/],
    ['is truncated', () => writeFileSync(seedFile, '{"keys":[', { mode: 0o600 }), /not JSON/],
    ['is empty', () => writeFileSync(seedFile, '', { mode: 0o600 }), /not JSON/],
    ['is too large', () => rewrite({ more: 'x'.repeat(300_000) }), /more than 262144 bytes/],
    ['is missing', () => rmSync(seedFile), /ENOENT/],
  ])('R88: refuses a seed file that %s: the service is not ready', async (_name, spoil, reason) => {
    await started(working({ keys: [signer.publicJwk] }));
    await written();
    spoil();
    const store = await started(away);
    expect(store.ready).toBe(false);
    expect(events.at(-1)).toEqual({ type: 'seed_failed', action: 'read', reason: expect.stringMatching(reason) });
  });

  it('reports a seed file that cannot be written once, and keeps serving', async () => {
    const store = await started(working({ keys: [signer.publicJwk] }), join(directory, 'no', 'such', 'place'));
    await store.reload();
    while (!events.some(({ type }) => type === 'seed_failed')) await new Promise(setImmediate);
    await store.reload();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(store.ready).toBe(true);
    expect(events.filter(({ type }) => type === 'seed_failed')).toHaveLength(1);
    expect(readdirSync(directory)).toEqual([]);
  });
});

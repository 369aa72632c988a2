import { jest } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSigner, encodedToken, newTransactionId, TokenMinter } from '../../core/index.js';
import { KeyDirectory } from './key-directory.js';
import { keyFileName } from './key-file.js';
import { generateSigningKey } from './key-generator.js';
import { KeyRing, type KeyRingEvent } from './key-ring.js';
import { KeyRotation } from './key-rotation.js';
import { safeRotationPolicy } from './rotation-policy.js';
import type { SigningKey, SigningKeyProvider } from './signing-key-provider.js';

const START = Date.parse('2026-03-01T14:00:00Z');

function fileIn(folder: string): string {
  writeFileSync(join(folder, 'file'), '');
  return join(folder, 'file');
}

describe('A key ring', () => {
  let folder: string;
  let now: number;
  let rotation: KeyRotation;
  let rings: KeyRing[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ring-'));
    now = START;
    rings = [];
    rotation = new KeyRotation(new KeyDirectory(folder), safeRotationPolicy({}, 60), {}, () => now);
  });
  afterEach(async () => {
    await Promise.all(rings.map((ring) => ring.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (onEvent: (event: KeyRingEvent) => void = () => undefined): Promise<KeyRing> => {
    const ring = await KeyRing.open({ directory: folder, now: () => now, onEvent });
    rings.push(ring);
    return ring;
  };
  const published = (ring: KeyRing) => ring.publicJwks().keys.map((jwk) => jwk['kid']);

  it('signs with the key that is active at each mint, and publishes its neighbours', async () => {
    const first = await rotation.create();
    const ring = await open();
    const minter = new TokenMinter({ trustDomain: 'shop', issuer: 'i', workload: 'w', signer: () => ring.active });
    const kidOfToken = async () => {
      const claims = minter.mint({
        tokenId: newTransactionId(),
        userId: 'ada',
        permissions: [],
        scope: 's',
        authenticated: true,
      });
      const [header = ''] = (await encodedToken(claims)).split('.');
      return (JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }).kid;
    };
    expect(await kidOfToken()).toBe(first);
    const { keyId } = await rotation.rotate();
    await ring.reload();
    expect(published(ring)).toEqual([first, keyId]);
    expect(await kidOfToken()).toBe(first);
    now += 345_000;
    expect(await kidOfToken()).toBe(keyId);
    expect(published(ring)).toEqual([keyId, first]);
  });

  it('R104: does not wait for ever for a provider that hangs, and asks it again', async () => {
    const signer = await createSigner({ key: await generateSigningKey({}) });
    const give = async (): Promise<readonly SigningKey[]> => [{ key: signer, state: 'active' }];
    let load = give;
    const provider: SigningKeyProvider = { description: 'a KMS', pollSeconds: 0, load: () => load() };
    const events: KeyRingEvent[] = [];
    const ring = await KeyRing.open({ provider, onEvent: (event) => events.push(event) });
    rings.push(ring);
    jest.useFakeTimers({ now });
    try {
      load = () => new Promise(() => undefined);
      const reload = ring.reload();
      jest.advanceTimersByTime(10_000);
      await expect(reload).rejects.toThrow('did not answer in time');
    } finally {
      jest.useRealTimers();
    }
    expect(events).toMatchObject([{ type: 'reload_failed' }]);
    expect(ring.active).toBe(signer);
    load = give;
    await ring.reload();
  });

  it('notices a change of the directory without a restart', async () => {
    await rotation.create();
    const ring = await open();
    const changed = new Promise<void>((resolve) => ring.onChange(resolve));
    const added = await rotation.create();
    await changed;
    expect(published(ring)).toContain(added);
  });

  it('reports a planned activation when its time has come', async () => {
    jest.useFakeTimers({ now: START, doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    try {
      const keys: SigningKey[] = [
        { key: await createSigner({ key: await generateSigningKey({}) }), state: 'active' },
        {
          key: await createSigner({ key: await generateSigningKey({}) }),
          state: 'published',
          activateAt: START + 1000,
        },
      ];
      const ring = await KeyRing.open({ provider: { description: 'test', pollSeconds: 0, load: async () => keys } });
      const told: string[] = [];
      ring.onChange(() => told.push(ring.active.keyId));
      jest.advanceTimersByTime(999);
      expect(told).toEqual([]);
      jest.advanceTimersByTime(10);
      expect(told).toEqual([keys[1]?.key.publicJwk.kid]);
      await ring.close();
    } finally {
      jest.useRealTimers();
    }
  });

  it('keeps its keys when the directory is gone, emptied or full of rubbish, and reports it once', async () => {
    const keyId = await rotation.create();
    const events: KeyRingEvent[] = [];
    const ring = await open((event) => events.push(event));
    writeFileSync(join(folder, keyFileName(keyId)), 'rubbish');
    await ring.reload();
    unlinkSync(join(folder, keyFileName(keyId)));
    await expect(ring.reload()).rejects.toThrow('none of its 0 keys');
    rmSync(folder, { recursive: true });
    await expect(ring.reload()).rejects.toThrow('ENOENT');
    await expect(ring.reload()).rejects.toThrow('ENOENT');
    expect([ring.active.keyId, published(ring)]).toEqual([keyId, [keyId]]);
    expect(events.map(({ type }) => type)).toEqual(['key_problem', 'reload_failed', 'reload_failed']);
  });

  it('survives listeners that throw', async () => {
    await rotation.create();
    const ring = await open(() => {
      throw new Error('listener');
    });
    ring.onChange(() => {
      throw new Error('listener');
    });
    const { keyId } = await rotation.rotate(true);
    now += 10;
    await ring.reload();
    expect(ring.active.keyId).toBe(keyId);
  });

  it('a reload during another one sees the keys at the time of its call', async () => {
    await rotation.create();
    const ring = await open();
    const running = ring.reload();
    const added = await rotation.create();
    await Promise.all([running, ring.reload()]);
    expect(published(ring)).toContain(added);
  });

  it('returns the same object until the keys change, so that its ETag can be kept', async () => {
    await rotation.create();
    const ring = await open();
    const before = ring.publicJwks();
    await ring.reload();
    expect(ring.publicJwks()).toBe(before);
    await rotation.create();
    await ring.reload();
    expect(ring.publicJwks()).not.toBe(before);
  });

  it('R48: replicas see the same keys and change over at the same time', async () => {
    await rotation.create();
    const [a, b] = [await open(), await open()];
    const { keyId, activateAt } = await rotation.rotate();
    await Promise.all([a.reload(), b.reload()]);
    expect(published(a)).toEqual(published(b));
    now = activateAt - 1;
    expect([a.active.keyId, b.active.keyId]).not.toContain(keyId);
    now = activateAt;
    expect([a.active.keyId, b.active.keyId]).toEqual([keyId, keyId]);
  });

  it('closes its provider once', async () => {
    const key = await createSigner({ key: await generateSigningKey({}) });
    let closed = 0;
    const provider: SigningKeyProvider = {
      description: 'test',
      load: async () => [{ key, state: 'active' }],
      close: () => void (closed += 1),
    };
    const ring = await KeyRing.open({ provider });
    await Promise.all([ring.close(), ring.onApplicationShutdown()]);
    expect(closed).toBe(1);
  });

  it.each([
    ['no source', {}, 'has no source of keys'],
    ['two sources', { directory: '/tmp/none', keys: '{}' }, 'has "directory" and "keys"'],
    ['an empty directory', () => ({ directory: folder }), 'none of its 0 keys'],
    [
      'a policy for keys that cannot change',
      async () => ({ keys: { keys: [await generateSigningKey({})] }, rotation: { rotateEverySeconds: 86_400 } }),
      'needs a "directory"',
    ],
    [
      'a directory that a policy cannot write to',
      () => ({ directory: join(fileIn(folder), 'keys'), rotation: {} }),
      'ENOTDIR',
    ],
    [
      'a policy that is too fast',
      () => ({ directory: folder, rotation: { rotateEverySeconds: 10 } }),
      '"rotation.rotateEverySeconds" is 10',
    ],
    [
      'a provider that fails',
      { provider: { description: 'Vault', load: () => Promise.reject(new Error('sealed')) } },
      'Vault: sealed',
    ],
  ])('refuses to start with %s', async (_name, given, said) => {
    const options = (typeof given === 'function' ? await given() : given) as never;
    await expect(KeyRing.open(options)).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: expect.stringContaining(said) as string,
    });
  });

  it('R101, R104: after any sequence of changes, one key is active and nothing private is published', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 500 }) }),
      fc.record({ do: fc.constantFrom('create', 'rotate', 'rotate now', 'advance', 'reload a', 'reload b') }),
      fc.record({ do: fc.constant('retire' as const), which: fc.nat(9), force: fc.boolean() }),
      fc.record({ do: fc.constant('lose a file' as const), which: fc.nat(9) }),
    );
    const run = async (steps: readonly { do: string; seconds?: number; which?: number; force?: boolean }[]) => {
      const path = mkdtempSync(join(folder, 'run-'));
      const clock = () => now;
      const policy = { rotateEverySeconds: 1000 };
      const changes = new KeyRotation(new KeyDirectory(path), safeRotationPolicy(policy, 60), {}, clock);
      // Without polling: only the steps of the test decide what is done and when.
      const provider = (): SigningKeyProvider => Object.assign(new KeyDirectory(path), { pollSeconds: 0 });
      const replicas = await Promise.all(
        ['a', 'b'].map(() => KeyRing.open({ provider: provider(), rotation: policy, now: clock })),
      );
      const [a, b] = replicas as [KeyRing, KeyRing];
      try {
        for (const { do: what, seconds = 0, which = 0, force } of steps) {
          const ids = (await changes.keys()).map(({ keyId }) => keyId);
          const keyId = ids[which % ids.length] ?? '';
          now += seconds * 1000;
          if (what === 'create') await changes.create();
          else if (what === 'rotate' || what === 'rotate now')
            await changes.rotate(what !== 'rotate').catch(() => undefined);
          else if (what === 'advance') await changes.advance();
          else if (what === 'retire') await changes.retire(keyId, force).catch(() => undefined);
          else if (what === 'lose a file' && ids.length > 1) unlinkSync(join(path, keyFileName(keyId)));
          if (what === 'reload a') await a.reload().catch(() => undefined);
          if (what === 'reload b') await b.reload().catch(() => undefined);
          for (const ring of replicas) {
            expect(ring.keys.filter(({ state }) => state === 'active')).toHaveLength(1);
            expect(published(ring)[0]).toBe(ring.active.keyId);
            const members = new Set(ring.publicJwks().keys.flatMap((jwk) => Object.keys(jwk)));
            expect([...members].toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
          }
        }
        const reloaded = await Promise.allSettled([a.reload(), b.reload()]);
        if (reloaded.every(({ status }) => status === 'fulfilled')) expect(published(a)).toEqual(published(b));
        expect(readdirSync(path).filter((name) => !name.endsWith('.json'))).toEqual([]);
      } finally {
        await Promise.all(replicas.map((ring) => ring.close()));
      }
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25 }), run), { numRuns: 30 });
  });
});

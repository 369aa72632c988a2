import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyDirectory } from './key-directory.js';
import { keyFileName } from './key-file.js';
import { generateSigningKey } from './key-generator.js';
import { KeyRotation } from './key-rotation.js';
import { type RotationPolicy, safeRotationPolicy } from './rotation-policy.js';
import { UnsafeKeyChange } from './unsafe-key-change.js';

const START = Date.parse('2026-03-01T14:00:00Z');

describe('The rotation of keys', () => {
  let folder: string;
  let now: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rotation-'));
    now = START;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const rotationWith = (policy: RotationPolicy = {}) =>
    new KeyRotation(new KeyDirectory(folder), safeRotationPolicy(policy, 60), {}, () => now);
  const wait = (seconds: number) => (now += seconds * 1000);
  const states = async (rotation: KeyRotation) =>
    Object.fromEntries((await rotation.keys()).map(({ keyId, state }) => [keyId, state]));

  it('the first key signs at once, since verifiers know no other', async () => {
    const rotation = rotationWith();
    const first = await rotation.create();
    const second = await rotation.create();
    expect(await states(rotation)).toEqual({ [first]: 'active', [second]: 'published' });
  });

  it('R104: a new key signs once verifiers have it, and the old one is removed once its tokens have expired', async () => {
    const rotation = rotationWith();
    const old = await rotation.create();
    wait(1000);
    const { keyId, activateAt } = await rotation.rotate();
    expect(activateAt).toBe(now + 345_000);
    wait(344.999);
    expect(await states(rotation)).toEqual({ [old]: 'active', [keyId]: 'published' });
    wait(0.001);
    expect(await states(rotation)).toEqual({ [keyId]: 'active', [old]: 'retiring' });
    wait(74.999);
    await expect(rotation.retire(old)).rejects.toMatchObject({ notBefore: now + 1 });
    wait(0.001);
    await rotation.retire(old);
    expect(await states(rotation)).toEqual({ [keyId]: 'active', [old]: 'retired' });
  });

  it('keeps the algorithm of the active key, since gateways and verifiers may accept no other', async () => {
    const policy = safeRotationPolicy({}, 60);
    const stolen = await new KeyRotation(new KeyDirectory(folder), policy, { algorithm: 'EdDSA' }, () => now).create();
    const rotation = rotationWith();
    await rotation.create();
    await rotation.rotate();
    await rotation.retire(stolen, true);
    const [active] = await rotation.keys();
    await rotation.retire(active?.keyId ?? '', true);
    expect((await rotation.keys()).map(({ algorithm }) => algorithm)).toEqual(['EdDSA', 'EdDSA', 'EdDSA']);
  });

  it('activates the key that has waited longest, even at once', async () => {
    const rotation = rotationWith();
    await rotation.create();
    const second = await rotation.create();
    wait(346);
    await rotation.create();
    expect(await rotation.rotate()).toEqual({ keyId: second, activateAt: now, changed: true });
  });

  it('plans once, however often it is called', async () => {
    const rotation = rotationWith();
    await rotation.create();
    const plan = await rotation.rotate();
    expect(await Promise.all([rotation.rotate(), rotationWith().rotate()])).toEqual([
      { ...plan, changed: false },
      { ...plan, changed: false },
    ]);
    expect(await rotation.keys()).toHaveLength(2);
  });

  it('R108: removes a stolen key at once, and activates another one', async () => {
    const rotation = rotationWith();
    const stolen = await rotation.create();
    await expect(rotation.retire(stolen)).rejects.toThrow(UnsafeKeyChange);
    await rotation.retire(stolen, true);
    const keys = await rotation.keys();
    expect(keys.map(({ state }) => state)).toEqual(['active', 'retired']);
    expect(readFileSync(join(folder, keyFileName(stolen)), 'utf8')).not.toContain('"d"');
  });

  it('prefers a key that verifiers may already know as the successor of a stolen one', async () => {
    const rotation = rotationWith();
    const stolen = await rotation.create();
    const waiting = await rotation.create();
    await rotation.retire(stolen, true);
    expect(await states(rotation)).toEqual({ [waiting]: 'active', [stolen]: 'retired' });
  });

  it('retires a key that has never signed, but not one that is about to', async () => {
    const rotation = rotationWith();
    await rotation.create();
    const { keyId } = await rotation.rotate();
    wait(335);
    await expect(rotation.retire(keyId)).rejects.toThrow('about to become the active key');
    const unplanned = await rotation.create();
    await rotation.retire(unplanned);
    expect((await states(rotation))[unplanned]).toBe('retired');
  });

  it('changes over at once if told to, however recent the last change was', async () => {
    const rotation = rotationWith();
    const old = await rotation.create();
    const { keyId } = await rotation.rotate(true);
    wait(1);
    expect(await states(rotation)).toEqual({ [keyId]: 'active', [old]: 'retiring' });
  });

  it('names the key that does not exist, and says if the first one is missing', async () => {
    const rotation = rotationWith();
    await expect(rotation.rotate()).rejects.toThrow('nestjs-internal-token keys new');
    await expect(rotation.retire('unheard-of')).rejects.toThrow('unheard-of');
  });

  describe('by policy', () => {
    const daily = { rotateEverySeconds: 86_400 };

    it('creates the first key, publishes the next one ahead of time, and removes old ones', async () => {
      const rotation = rotationWith(daily);
      await rotation.start();
      const [first] = await rotation.keys();
      wait(86_400 - 346);
      expect(await rotation.advance()).toBe(false);
      wait(1);
      expect(await rotation.advance()).toBe(true);
      const next = (await rotation.keys()).find(({ state }) => state === 'published');
      expect(next?.activateAt).toBe(START + 86_400_000);
      wait(345 + 75);
      expect(await rotation.advance()).toBe(true);
      expect(await states(rotation)).toEqual({ [next?.keyId ?? '']: 'active', [first?.keyId ?? '']: 'retired' });
    });

    it('R104: publishes a key before it signs, even after a long standstill', async () => {
      const rotation = rotationWith(daily);
      await rotation.start();
      wait(10 * 86_400);
      await rotation.advance();
      expect((await rotation.keys()).find(({ state }) => state === 'published')?.activateAt).toBe(now + 345_000);
    });

    it('R104: does not replace a key that it cannot read, since others may be signing with it', async () => {
      const rotation = rotationWith(daily);
      const active = await rotation.create();
      const path = join(folder, keyFileName(active));
      const text = readFileSync(path, 'utf8');
      writeFileSync(path, text.slice(0, 40));
      const finding = expect.stringContaining(`${keyFileName(active)} may be one`);
      const refused = { code: 'configuration_invalid', detail: finding };
      await expect(rotationWith(daily).start()).rejects.toMatchObject(refused);
      await expect(rotationWith().create()).rejects.toMatchObject(refused);
      await expect(rotationWith().rotate()).rejects.toMatchObject(refused);
      expect(readdirSync(folder)).toEqual([keyFileName(active)]);
      writeFileSync(path, text);
      await rotationWith(daily).start();
      expect(await states(rotationWith())).toEqual({ [active]: 'active' });
    });

    it('R48: replicas that act at the same time create only one key', async () => {
      await Promise.all([rotationWith(daily).start(), rotationWith(daily).start(), rotationWith(daily).start()]);
      expect(await rotationWith().keys()).toHaveLength(1);
      wait(86_400);
      await Promise.all(Array.from({ length: 4 }, () => rotationWith(daily).advance()));
      expect(await rotationWith().keys()).toHaveLength(2);
    });

    it('forgets a key a month after it was retired', async () => {
      const rotation = rotationWith(daily);
      const stolen = await rotation.create();
      await rotation.retire(stolen, true);
      wait(31 * 86_400);
      await rotation.advance();
      expect(Object.keys(await states(rotation))).not.toContain(stolen);
    });

    it('remembers only the last hundred retired keys, however fast keys change', async () => {
      const rotation = rotationWith(daily);
      const active = await rotation.create();
      const directory = new KeyDirectory(folder);
      const retired: string[] = [];
      for (let age = 103; age > 0; age--) {
        const { d: _private, ...jwk } = await generateSigningKey({});
        await directory.write({ publishedAt: now - 1000, retiredAt: now - age, jwk });
        retired.push(String(jwk['kid']));
      }
      expect(await rotation.advance()).toBe(true);
      expect(new Set(Object.keys(await states(rotation)))).toEqual(new Set([active, ...retired.slice(3)]));
      expect(await rotation.advance()).toBe(false);
    });

    it('without a rotation interval, creates no key but removes old ones', async () => {
      const rotation = rotationWith({ refreshIntervalSeconds: 300 });
      const old = await rotation.create();
      const { keyId } = await rotation.rotate();
      wait(345 + 75);
      await rotation.advance();
      wait(10 * 86_400);
      expect(await rotation.advance()).toBe(false);
      expect(await states(rotation)).toEqual({ [keyId]: 'active', [old]: 'retired' });
    });
  });
});

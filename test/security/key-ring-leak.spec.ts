import { Logger, type LoggerService } from '@nestjs/common';
import { ModuleRef, ModulesContainer, NestFactory } from '@nestjs/core';
import { type JsonWebKey, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  InternalTokenIssuer,
  InternalTokenIssuingModule,
  KeyRing,
  type KeyRingEvent,
  type RotationPolicy,
} from 'nestjs-internal-token/gateway';
import { KeyDirectory, KeyRotation, safeRotationPolicy } from '../../libs/internal-token/src/gateway/key-ring/index.js';

/** The ways in which somebody might innocently print an object. */
function shownBy(thing: unknown): string {
  const printed = inspect(thing, {
    depth: 9,
    showHidden: true,
    maxStringLength: null,
    maxArrayLength: null,
    getters: true,
  });
  return `${printed}${String(thing)}${asJson(thing)}`;
}

function asJson(thing: unknown): string {
  const seen = new WeakSet<object>();
  return (
    JSON.stringify(thing, (_name, value: unknown) => {
      if (typeof value !== 'object' || value === null) return value;
      if (seen.has(value)) return undefined;
      seen.add(value);
      return value;
    }) ?? ''
  );
}

describe('R111, R116: nothing that shows a key ring shows a private key', () => {
  let directory: string;
  let secrets: string[];
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'leak-'));
    const rotation = new KeyRotation(new KeyDirectory(directory), safeRotationPolicy({}, 60));
    await rotation.create();
    await rotation.rotate();
    secrets = readdirSync(directory).map(
      (name) => (JSON.parse(readFileSync(join(directory, name), 'utf8')) as { key: { d: string } }).key.d,
    );
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const expectNoSecret = (text: string): void => {
    for (const secret of secrets) expect(text.includes(secret)).toBe(false);
    expect(text).not.toMatch(/PRIVATE KEY|"d":/);
  };

  it('the check finds a private key that is present', () => {
    expect(secrets.every((secret) => secret.length === 43)).toBe(true);
    expect(() => expectNoSecret(shownBy({ key: secrets[0] }))).toThrow();
  });

  it('the ring, its keys, its events, the directory and the rotation show none', async () => {
    const events: KeyRingEvent[] = [];
    const ring = await KeyRing.open({ directory, rotation: {}, onEvent: (event) => events.push(event) });
    const files = new KeyDirectory(directory);
    const rotation = new KeyRotation(files, safeRotationPolicy({}, 60));
    await rotation.create();
    await ring.reload();
    expect(events.length).toBeGreaterThan(0);
    const loaded = await files.load();
    expectNoSecret(shownBy([ring, ring.keys, ring.active, ring.publicJwks(), events, files, loaded, rotation]));
    await ring.close();
  });

  it('the application, its modules and its log show none, at any level', async () => {
    const lines: unknown[] = [];
    const write = (...line: unknown[]): void => void lines.push(line);
    const logger: LoggerService = { log: write, warn: write, error: write, debug: write, verbose: write, fatal: write };
    const keys = readFileSync(join(directory, readdirSync(directory)[0] ?? ''), 'utf8');
    const { key } = JSON.parse(keys) as { key: object };
    for (const ring of [{ directory }, { keys: JSON.stringify({ keys: [key] }) }]) {
      class Root {}
      const module = InternalTokenIssuingModule.forIssuing({ trustDomain: 'shop', signing: { ring } });
      const app = await NestFactory.createApplicationContext({ module: Root, imports: [module] }, { logger });
      const opened = app.get(KeyRing, { strict: false });
      writeFileSync(join(directory, 'broken.json'), keys.slice(0, -20), { mode: 0o600 });
      await opened.reload();
      expectNoSecret(shownBy([module, opened, app.get(InternalTokenIssuer, { strict: false })]));
      // What the module holds, its options included; ModuleRef would lead to all of Nest.
      const issuing = [...app.get(ModulesContainer).values()].find(({ name }) => name === 'InternalTokenIssuingModule');
      const providers = [...(issuing?.providers.values() ?? [])].filter(({ token }) => token !== ModuleRef);
      for (const { instance } of providers) expectNoSecret(shownBy(instance));
      expect(providers.some(({ instance }) => instance === opened)).toBe(true);
      await app.close();
    }
    Logger.overrideLogger(false);
    expect(lines.length).toBeGreaterThan(0);
    expectNoSecret(shownBy(lines));
  });

  it('errors about broken files and key sets show none', async () => {
    const [name = ''] = readdirSync(directory);
    const text = readFileSync(join(directory, name), 'utf8');
    const { key } = JSON.parse(text) as { key: Record<string, string> };
    for (let cut = 0; cut < text.length; cut += 7) {
      writeFileSync(join(directory, name), text.slice(0, cut));
      const problems: string[] = [];
      await new KeyDirectory(directory).load(undefined, (problem) => problems.push(problem));
      expect(problems.length).toBeGreaterThan(0);
      expectNoSecret(shownBy(problems));
    }
    const broken = [
      { ...key, d: `${key['d']}A` },
      { ...key, x: randomBytes(32).toString('base64url') },
      { ...key, alg: 'HS256' },
      { ...key, kty: 'oct', k: key['d'] },
      { ...key, kid: key['d']?.repeat(4) },
    ];
    for (const jwk of broken) {
      const refusal: unknown = await KeyRing.open({ keys: { keys: [jwk as JsonWebKey] } }).catch(
        (error: unknown) => error,
      );
      expect(refusal).toMatchObject({ code: 'configuration_invalid' });
      expectNoSecret(shownBy(refusal));
    }
  });

  it('refusals by policies and sources show none', async () => {
    const policy = { rotateEverySeconds: 1 } satisfies RotationPolicy;
    const refusals = await Promise.all(
      [
        { directory, rotation: policy },
        { directory, keys: JSON.stringify({ keys: secrets }) },
      ].map((options) => KeyRing.open(options as never).catch((error: unknown) => error)),
    );
    expectNoSecret(shownBy(refusals));
  });
});

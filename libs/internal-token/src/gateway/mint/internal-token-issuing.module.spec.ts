import type { DynamicModule } from '@nestjs/common';
import { ModuleRef, NestFactory } from '@nestjs/core';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createSigner, encodedToken, keyIdOf, KeyStore, newTransactionId, type Signer } from '../../core/index.js';
import { InternalTokenIssuer } from './internal-token-issuer.js';
import { MODULE_OPTIONS_TOKEN } from './internal-token-issuing.options.js';
import { InternalTokenIssuingModule } from './internal-token-issuing.module.js';
import { KeyRing, type SigningKey } from '../key-ring/index.js';

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const given = { trustDomain: 'shop' };
const input = { userId: 'ada', permissions: [], scope: 'orders.read', authenticated: true };

async function contextOf(module: DynamicModule) {
  class Root {}
  return NestFactory.createApplicationContext(
    { module: Root, imports: [module] },
    { logger: false, abortOnError: false },
  );
}

describe('InternalTokenIssuingModule', () => {
  it('R8a, R19: provides an issuer that mints once and signs only when the token leaves the process', async () => {
    const app = await contextOf(InternalTokenIssuingModule.forIssuing({ ...given, signing: { key } }));
    const issuer = app.get(InternalTokenIssuer, { strict: false });
    const claims = issuer.mint({ tokenId: newTransactionId(), ...input });
    expect(claims).toMatchObject({ issuer: 'api_gateway', requestedBy: 'gateway', userId: 'ada' });
    expect([issuer.minted, issuer.signed]).toEqual([1, 0]);
    expect(await encodedToken(claims)).toBe(await encodedToken(claims));
    expect([issuer.minted, issuer.signed]).toEqual([1, 1]);
    await app.close();
  });

  it.each([InternalTokenIssuer, KeyRing])('R49: a module that does not import it cannot inject %p', async (secret) => {
    class DomainModule {}
    const domain: DynamicModule = {
      module: DomainModule,
      providers: [{ provide: 'SERVICE', inject: [secret], useFactory: (found: unknown) => found }],
    };
    class GatewayModule {}
    const issuing = InternalTokenIssuingModule.forIssuing({ ...given, signing: { key } });
    const gateway = { module: GatewayModule, imports: [issuing, domain] };
    await expect(contextOf(gateway)).rejects.toThrow(/can't resolve dependencies of the SERVICE/);
    // A process is one trust zone: code that searches for the provider on purpose finds it.
    const app = await contextOf({ ...gateway, imports: [issuing] });
    expect(app.get(ModuleRef).get(secret, { strict: false })).toBeInstanceOf(secret);
    await app.close();
  });

  it('R101: publishes nothing private', async () => {
    const app = await contextOf(InternalTokenIssuingModule.forIssuing({ ...given, signing: { key } }));
    const [jwk] = app.get(InternalTokenIssuer, { strict: false }).publicJwks().keys;
    expect(Object.keys(jwk ?? {}).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    await app.close();
  });

  it('accepts its options from a factory', async () => {
    const module = InternalTokenIssuingModule.forIssuingAsync({
      useFactory: async () => ({ ...given, signing: { key } }),
    });
    const app = await contextOf(module);
    expect(app.get(InternalTokenIssuer, { strict: false }).asynchronous).toBe(false);
    await app.close();
  });

  it('R104, R108: follows changes of the ring at run time, as does the verifier of the same process', async () => {
    const [first, second] = await Promise.all([createSigner({ key }), createSigner({ key: otherKey })]);
    let keys: SigningKey[] = [{ key: first, state: 'active' }];
    const ring = await KeyRing.open({ provider: { description: 'test', pollSeconds: 0, load: async () => keys } });
    const app = await contextOf(InternalTokenIssuingModule.forIssuing({ ...given, signing: { ring } }));
    const issuer = app.get(InternalTokenIssuer, { strict: false });
    const store = new KeyStore(issuer.keys);
    await store.start();
    expect(keyIdOf(issuer.mint({ tokenId: newTransactionId(), ...input }))).toBe(first.keyId);
    keys = [{ key: second, state: 'active' }];
    await ring.reload();
    expect(keyIdOf(issuer.mint({ tokenId: newTransactionId(), ...input }))).toBe(second.keyId);
    await new Promise((resolve) => setImmediate(resolve));
    expect([store.find(first.keyId), store.find(second.keyId)?.keyId]).toEqual([undefined, second.keyId]);
    store.close();
    await app.close();
  });

  it('R104: refuses a ring whose policy was checked for a shorter token lifetime', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ring-'));
    const ring = await KeyRing.open({ directory: folder, rotation: { rotateEverySeconds: 86_400 } }, 60);
    const forTokensOf = (lifetimeSeconds: number) =>
      contextOf(InternalTokenIssuingModule.forIssuing({ ...given, signing: { ring }, lifetimeSeconds }));
    await expect(forTokensOf(300)).rejects.toThrow('"lifetimeSeconds" is 300');
    await (await forTokensOf(60)).close();
    rmSync(folder, { recursive: true });
  });

  it('accepts a custom signer, even an asynchronous one', async () => {
    const local = await createSigner({ key });
    const { algorithm, keyId, publicJwk } = local;
    const remote: Signer = {
      algorithm,
      keyId,
      publicJwk,
      asynchronous: true,
      sign: async (bytes) => local.sign(bytes),
    };
    const app = await contextOf(InternalTokenIssuingModule.forIssuing({ ...given, signing: { signer: remote } }));
    const issuer = app.get(InternalTokenIssuer, { strict: false });
    expect(issuer.asynchronous).toBe(true);
    expect((await encodedToken(issuer.mint({ tokenId: newTransactionId(), ...input }))).split('.')).toHaveLength(3);
    await app.close();
  });

  it.each([
    ['R153: no key', { signing: {} }],
    ['a ring without keys', { signing: { ring: { keys: '{"keys":[]}' } } }],
    [
      'R104: a policy that does not match the lifetime',
      { signing: { ring: { directory: '/tmp', rotation: { retireAfterSeconds: 60 } } } },
    ],
    ['two keys', { signing: { key, jwt: { privateKey: key } } }],
    ['R112: a lifetime of more than 300 s', { signing: { key }, lifetimeSeconds: 301 }],
    ['R16: a comma in the name of the workload', { signing: { key }, service: 'a,b' }],
    ['R5: a symmetric algorithm', { signing: { key, algorithm: 'HS256' } }],
    ['R5: a shared secret of @nestjs/jwt', { signing: { jwt: { secret: 's' } } }],
  ])('refuses to start with %s', async (_name, options) => {
    const module = InternalTokenIssuingModule.forIssuing({ ...given, ...options } as never);
    await expect(contextOf(module)).rejects.toMatchObject({ code: 'configuration_invalid' });
  });

  it('R111: printing the module, its options or the issuer shows no private key', async () => {
    const sync = InternalTokenIssuingModule.forIssuing({ ...given, signing: { key } });
    const async = InternalTokenIssuingModule.forIssuingAsync({ useFactory: () => ({ ...given, signing: { key } }) });
    for (const module of [sync, async]) {
      const app = await contextOf(module);
      const issuer = app.get(InternalTokenIssuer, { strict: false });
      const options: unknown = app.get(MODULE_OPTIONS_TOKEN, { strict: false });
      const printed = inspect([module, options, issuer], { depth: 9, showHidden: true, maxStringLength: null });
      expect(printed).toContain('InternalTokenIssuer');
      expect(printed).not.toContain('PRIVATE KEY');
      expect(printed).not.toContain(key.split('\n')[1]);
      await app.close();
    }
  });
});

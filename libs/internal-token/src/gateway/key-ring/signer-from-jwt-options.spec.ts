import { type JwtModuleOptions, JwtService } from '@nestjs/jwt';
import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  encodedToken,
  InternalTokenVerifier,
  KeyStore,
  newTransactionId,
  type SigningAlgorithm,
  staticSource,
} from '../../core/index.js';
import { InternalTokenIssuer } from '../mint/internal-token-issuer.js';
import { signerFromJwtOptions } from './signer-from-jwt-options.js';
import { KeyRing } from './index.js';

/** The options of the package itself, all of which the bridge accepts. */
type Options = JwtModuleOptions;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: KeyObject) =>
  key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }).toString();

async function issuerFrom(jwt: Options): Promise<InternalTokenIssuer> {
  const signer = await signerFromJwtOptions(jwt);
  return new InternalTokenIssuer(KeyRing.of(signer), {
    trustDomain: 'shop',
    issuer: 'api_gateway',
    workload: 'gateway',
  });
}

async function verifierOf(issuer: InternalTokenIssuer, algorithm: SigningAlgorithm): Promise<InternalTokenVerifier> {
  const keys = new KeyStore({ source: staticSource(issuer.publicJwks()) });
  await keys.start();
  return new InternalTokenVerifier({ trustDomain: 'shop', issuer: 'api_gateway', algorithms: [algorithm], keys });
}

const input = {
  tokenId: newTransactionId(),
  userId: 'ada',
  permissions: ['orders:write'],
  scope: 'orders.write',
  authenticated: true,
};

describe.each([
  ['RS256', rsa],
  ['PS256', rsa],
  ['ES256', ec],
] as const)('A key set-up of @nestjs/jwt with %s', (algorithm, { privateKey, publicKey }) => {
  const options: Options = {
    privateKey: pem(privateKey),
    publicKey: pem(publicKey),
    signOptions: { algorithm, keyid: 'team-key' },
    verifyOptions: { algorithms: [algorithm] },
  };

  it('signs tokens that JwtService and our verifier accept', async () => {
    const issuer = await issuerFrom(options);
    const token = await encodedToken(issuer.mint(input));
    expect(await new JwtService(options).verifyAsync<object>(token)).toMatchObject({ sub: 'ada', aud: 'shop' });
    expect((await verifierOf(issuer, algorithm)).verify(token)).toMatchObject({ userId: 'ada' });
    expect(issuer.publicJwks().keys).toEqual([
      expect.objectContaining({ kid: 'team-key', alg: algorithm, use: 'sig' }),
    ]);
  });

  it('verifies tokens that JwtService has signed', async () => {
    const payload = {
      txn: newTransactionId(),
      scope: 'orders.write',
      req_wl: 'gateway',
      tctx: { permissions: [], authenticated: true },
      rctx: {},
    };
    const header = { alg: algorithm, typ: 'txntoken+jwt' };
    const claims = { subject: 'ada', audience: 'shop', issuer: 'api_gateway', expiresIn: 60 };
    const token = await new JwtService(options).signAsync(payload, { ...claims, header, keyid: 'team-key' });
    const verifier = await verifierOf(await issuerFrom(options), algorithm);
    expect(verifier.verify(token)).toMatchObject({ userId: 'ada', tokenId: payload.txn });
  });

  it('takes the key from secretOrKeyProvider, which is called once, for signing', async () => {
    const asked: number[] = [];
    const issuer = await issuerFrom({
      ...options,
      privateKey: undefined,
      publicKey: undefined,
      secretOrKeyProvider: async (type: number) => {
        asked.push(type);
        return pem(privateKey);
      },
    } as unknown as Options);
    await encodedToken(issuer.mint(input));
    await encodedToken(issuer.mint({ ...input, tokenId: newTransactionId() }));
    expect(asked).toEqual([0]);
  });
});

describe('A key set-up of @nestjs/jwt', () => {
  it('accepts a KeyObject, and defaults to ES256 and the thumbprint as key id', async () => {
    const signer = await signerFromJwtOptions({ privateKey: ec.privateKey } as unknown as Options);
    expect(signer.algorithm).toBe('ES256');
    expect(signer.keyId).toMatch(/^[\w-]{43}$/);
  });

  it('accepts an encrypted PEM with its passphrase', async () => {
    const key = ec.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open' });
    const signer = await signerFromJwtOptions({ privateKey: { key, passphrase: 'open' } });
    expect(signer.algorithm).toBe('ES256');
  });

  const secret = 'a-shared-secret-that-nobody-may-see';
  const refused: [string, Options][] = [
    ['a secret', { secret }],
    ['a secret beside a private key', { secret, privateKey: pem(ec.privateKey) }],
    ['the old name of a secret', { secretOrPrivateKey: secret }],
    ['a secret instead of the private key', { privateKey: secret }],
    ['a secret from the provider', { secretOrKeyProvider: () => secret }],
    ['a secret KeyObject', { privateKey: createSecretKey(Buffer.from(secret)) } as unknown as Options],
    ['HS256', { privateKey: pem(rsa.privateKey), signOptions: { algorithm: 'HS256' } }],
    ['none', { privateKey: pem(rsa.privateKey), signOptions: { algorithm: 'none' } }],
    ['an algorithm that does not fit the key', { privateKey: pem(ec.privateKey), signOptions: { algorithm: 'RS256' } }],
    ['a public key of another pair', { privateKey: pem(ec.privateKey), publicKey: pem(rsa.publicKey) }],
    ['an invalid public key', { privateKey: pem(ec.privateKey), publicKey: secret }],
    ['a public key instead of the private one', { privateKey: pem(ec.publicKey) }],
    ['no key', {}],
  ];

  it.each(refused)('R5, R6, R111: refuses to start with %s, and shows no secret', async (_name, options) => {
    const error = await signerFromJwtOptions(options).then(
      () => new Error('It started'),
      (reason: unknown) => reason as Error,
    );
    expect(error).toMatchObject({ code: 'configuration_invalid' });
    expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain(secret);
  });
});

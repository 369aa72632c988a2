import { readFileSync } from 'node:fs';
import {
  InternalTokenVerifier,
  type JsonWebKeySet,
  KeyStore,
  type SigningAlgorithm,
  staticSource,
} from '../../libs/internal-token/src/core/index.js';

interface Settings {
  readonly description: string;
  now: number;
  trustDomain: string;
  issuer: string;
  algorithms: SigningAlgorithm[];
  leewaySeconds: number;
  maxLifetimeSeconds: number;
  jwks: JsonWebKeySet;
}
interface Vector {
  name: string;
  rules: string[];
  token: string;
}

const read = <T>(name: string) => JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8')) as T;
const settings = read<Settings>('verifier.json');
const valid = read<(Vector & { claims: object })[]>('valid.json');
const invalid = read<(Vector & { code: string })[]>('invalid.json');
const titled = <T extends Vector>(vectors: T[]) => vectors.map((one) => [one.rules.join(', '), one.name, one] as const);

describe('token vectors', () => {
  let verifier: InternalTokenVerifier;
  beforeAll(async () => {
    const { description: _, jwks, now, ...options } = settings;
    const keys = new KeyStore({ source: staticSource(jwks) });
    await keys.start();
    verifier = new InternalTokenVerifier({ ...options, keys, now: () => now * 1000 });
  });

  it('there are enough test vectors', () => {
    expect(valid.length).toBeGreaterThan(15);
    expect(invalid.length).toBeGreaterThan(100);
  });

  it.each(titled(valid))('%s: accepts %s', async (_rules, _name, vector) => {
    expect(await verifier.verify(vector.token)).toEqual(vector.claims);
  });

  it.each(titled(invalid))('%s: refuses %s', async (_rules, _name, vector) => {
    await expect((async () => verifier.verify(vector.token))()).rejects.toMatchObject({ code: vector.code });
  });
});

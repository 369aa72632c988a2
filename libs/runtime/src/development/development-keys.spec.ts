import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { developmentSigningKey, publishDevelopmentKeys } from './development-keys.js';

describe('The development key', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'keys-'))));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('is generated once, even by processes that start together, and is readable by its owner only', async () => {
    const keys = await Promise.all([1, 2, 3].map(() => developmentSigningKey(directory, 'ES256')));
    expect(new Set(keys).size).toBe(1);
    expect(await developmentSigningKey(directory, 'ES256')).toBe(keys[0]);
    expect(statSync(join(directory, 'signing-key.es256.pem')).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['ES384', 'ec'],
    ['EdDSA', 'ed25519'],
    ['PS256', 'rsa'],
  ])('fits %s', async (algorithm, type) => {
    expect(createPrivateKey(await developmentSigningKey(directory, algorithm)).asymmetricKeyType).toBe(type);
  });

  it('is refused for an algorithm that no token may use', async () => {
    await expect(developmentSigningKey(directory, 'HS256')).rejects.toThrow('INTERNAL_TOKEN_SIGNING_KEY_FILE');
  });

  it('is published atomically', async () => {
    await publishDevelopmentKeys(directory, { keys: [] });
    expect(readdirSync(directory)).toEqual(['jwks.json']);
    expect(JSON.parse(readFileSync(join(directory, 'jwks.json'), 'utf8'))).toEqual({ keys: [] });
  });
});

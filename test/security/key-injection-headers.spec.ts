import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { base64url, Forge, signBytes } from './support/forge.js';

describe('keys supplied in the token header', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const attackersKey = privateKey.export({ format: 'jwk' });
  const attackersPublicJwk = publicKey.export({ format: 'jwk' });

  it('R70: refuses jwk, jku, x5u and x5c, and fetches nothing', async () => {
    const forge = await Forge.create();
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.end(JSON.stringify({ keys: [{ ...attackersPublicJwk, kid: forge.key.kid, alg: 'ES256' }] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
    try {
      const members = [
        { jwk: attackersPublicJwk },
        { jku: url },
        { x5u: url },
        { x5c: [base64url('certificate')] },
        { jwk: attackersPublicJwk, jku: url, x5u: url },
        { jku: null },
      ];
      for (const member of members) {
        for (const kid of [forge.key.kid, 'attacker', url]) {
          const input = `${base64url(forge.header({ ...member, kid }))}.${base64url(forge.payload())}`;
          const token = `${input}.${base64url(signBytes(input, attackersKey))}`;
          expect(await forge.refusal(token)).toBe('txn_malformed');
        }
      }
      expect(asked).toBe(0);
    } finally {
      server.close();
    }
  });

  it('R70: refuses them even with a valid signature', async () => {
    const forge = await Forge.create();
    expect(await forge.refusal(forge.token({}, { jku: 'https://gateway.example/jwks.json' }))).toBe('txn_malformed');
  });

  it("R61: refuses the gateway's kid with an attacker's key", async () => {
    const forge = await Forge.create();
    const input = `${base64url(forge.header())}.${base64url(forge.payload({ sub: 'admin' }))}`;
    expect(await forge.refusal(`${input}.${base64url(signBytes(input, attackersKey))}`)).toBe('txn_signature');
  });
});

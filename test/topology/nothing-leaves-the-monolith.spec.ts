import { InternalTokenVerifier } from 'nestjs-internal-token';
import { InternalTokenIssuer } from 'nestjs-internal-token/gateway';
import { HttpClient, inParallel } from '../support/http-client.js';
import { InProcessMonolith } from '../support/in-process-monolith.js';

const ROPE = '0197a000-0000-7000-8000-00000000ac02';

describe('the internal token within the monolith', () => {
  let monolith: InProcessMonolith;
  let client: HttpClient;

  beforeAll(async () => {
    monolith = await InProcessMonolith.start();
    client = new HttpClient(monolith.url, 8);
  });

  afterAll(async () => {
    client?.close();
    await monolith?.stop();
  });

  it('R8a, R41: takes one mint per request and no signature or verification, even across three modules', async () => {
    const alice = client.as(await monolith.accessToken('alice'));
    const answers: number[] = [];
    await inParallel(200, 8, async (index) => {
      const answer =
        index % 4 === 0
          ? await alice('/orders', { method: 'POST', body: { lines: [{ itemId: ROPE, quantity: 1 }] } })
          : await alice(['/me', '/catalog/items', '/orders/me'][index % 3] ?? '/me');
      answers.push(answer.status);
    });
    const anonymous = await client.call('/catalog/items');
    expect(anonymous.status).toBe(200);
    // Refused before the mint: no token.
    expect((await client.call('/orders')).status).toBe(401);

    expect(answers.filter((status) => status >= 500)).toEqual([]);
    const issuer = monolith.app.get(InternalTokenIssuer, { strict: false });
    const verifier = monolith.app.get(InternalTokenVerifier, { strict: false });
    expect({ minted: issuer.minted, signed: issuer.signed, verified: verifier.verified }).toEqual({
      minted: 201,
      signed: 0,
      verified: 0,
    });
  });
});

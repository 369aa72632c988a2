import { HttpClient } from '../support/http-client.js';
import { tokensOf, txnOf } from '../support/topology/wire-tokens.js';
import type { Seen } from '../support/topology/witness/witness.controller.js';
import { WitnessChain } from '../support/topology/witness/witness-chain.js';

describe('the internal token on the wires of a chain of services', () => {
  let chain: WitnessChain;
  let client: HttpClient;

  beforeAll(async () => {
    chain = await WitnessChain.start({
      calls: { w_a: ['w_b', 'w_c', 'w_d'], w_b: ['w_c'], w_c: ['w_d'], w_d: [] },
    });
    client = new HttpClient(chain.gateway.url, 4);
  });

  afterAll(async () => {
    client?.close();
    await chain?.stop();
  });

  it('R41, R89, R90: is minted and signed once, and arrives unchanged at every hop, four deep and fanned out', async () => {
    const before = chain.gateway.counts;
    const call = client.as(chain.issuer.token('alice', 'acme'));
    const answer = await call('/w_a/visits', { method: 'POST' });
    expect(answer.status).toBe(201);
    const seen = answer.json<Seen[]>().map(({ service }) => service);
    expect(seen).toEqual(['w_a', 'w_b', 'w_c', 'w_d', 'w_c', 'w_d', 'w_d']);

    const onWires = [...chain.taps].map(([wire, tap]) => [wire, tokensOf(tap.heads)] as const);
    const counts = Object.fromEntries(onWires.map(([wire, tokens]) => [wire, tokens.length]));
    expect(counts).toMatchObject({
      'gateway → w_a': 1,
      'w_a → w_b': 1,
      'w_a → w_c': 1,
      'w_a → w_d': 1,
      'w_b → w_c': 1,
      'w_c → w_d': 2,
    });
    const tokens = new Set(onWires.flatMap(([, hop]) => hop));
    expect(tokens.size).toBe(1);
    expect([...tokens].map(txnOf)).toEqual([answer.headers['x-request-id']]);
    const { minted, signed } = chain.gateway.counts;
    expect({ minted: minted - before.minted, signed: signed - before.signed }).toEqual({ minted: 1, signed: 1 });
  });

  it('R39, R90: is sent in no other header, and the access token in none', () => {
    const heads = [...chain.taps.values()].flatMap((tap) => tap.heads);
    expect(heads.length).toBeGreaterThan(6);
    for (const head of heads) {
      expect(head.all('authorization')).toEqual([]);
      expect(head.all('cookie')).toEqual([]);
      expect(head.target).not.toContain('eyJ');
    }
  });

  it('R13, R41: differs from request to request', async () => {
    const call = client.as(chain.issuer.token('alice', 'acme'));
    const answers = await Promise.all(Array.from({ length: 20 }, () => call('/w_c/visits', { method: 'POST' })));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    const fromGateway = tokensOf(chain.taps.get('gateway → w_c')?.heads ?? []);
    expect(new Set(fromGateway).size).toBe(20);
    expect(new Set(fromGateway.map(txnOf))).toEqual(new Set(answers.map(({ headers }) => headers['x-request-id'])));
  });
});

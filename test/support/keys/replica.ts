// Run as a process of its own by key-ring-replicas.spec.ts: a gateway's ring on a shared directory. Says each change;
// answers each line with a token and the set it publishes.
import 'reflect-metadata';
import { createInterface } from 'node:readline';
import { KeyRing } from 'nestjs-internal-token/issuing';
import { encodedToken, newTransactionId, TokenMinter } from '../../../libs/internal-token/src/core/index.js';

const [directory = '', policy = '{}', lifetime = '1'] = process.argv.slice(2);
const say = (what: object): unknown => process.stdout.write(`${JSON.stringify(what)}\n`);

const ring = await KeyRing.open(
  { directory, rotation: JSON.parse(policy) as object, onEvent: (event) => say({ event }) },
  Number(lifetime),
);
const minter = new TokenMinter({
  trustDomain: 'shop',
  issuer: 'api_gateway',
  workload: 'gateway',
  lifetimeSeconds: Number(lifetime),
  signer: () => ring.active,
});
say({ event: { type: 'changed', active: ring.active.keyId, keys: ring.keys } });

for await (const _ of createInterface(process.stdin)) {
  const principal = { userId: 'ada', permissions: [], scope: 'orders.read', authenticated: true };
  const claims = minter.mint({ tokenId: newTransactionId(), ...principal });
  say({ token: await encodedToken(claims), published: ring.publicJwks() });
}
await ring.close();

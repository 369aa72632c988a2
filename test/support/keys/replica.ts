// Run as its own process by key-ring-replicas.spec.ts: a gateway's key ring on a shared directory. Reports each change;
// a line with a new time sets its clock; "token" is answered with a token and the set it publishes.
import 'reflect-metadata';
import { createInterface } from 'node:readline';
import { KeyRing } from 'nestjs-internal-token/gateway';
import { encodedToken, newTransactionId, TokenMinter } from '../../../libs/internal-token/src/core/index.js';

const [directory = '', policy = '{}', start = '0'] = process.argv.slice(2);
let time = Number(start);
const now = (): number => time;
const say = (what: object): unknown => process.stdout.write(`${JSON.stringify(what)}\n`);

const ring = await KeyRing.open({
  directory,
  rotation: JSON.parse(policy) as object,
  onEvent: (event) => say({ event }),
  now,
});
const minter = new TokenMinter({
  trustDomain: 'shop',
  issuer: 'api_gateway',
  workload: 'gateway',
  signer: () => ring.active,
  now,
});
say({ event: { type: 'changed', active: ring.active.keyId, keys: ring.keys } });

for await (const line of createInterface(process.stdin)) {
  if (line !== 'token') {
    time = Number(line);
    continue;
  }
  const principal = { userId: 'ada', permissions: [], scope: 'orders.read', authenticated: true };
  const claims = minter.mint({ tokenId: newTransactionId(), ...principal });
  say({ token: await encodedToken(claims), published: ring.publicJwks() });
}
await ring.close();

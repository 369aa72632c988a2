import { generateKeyPairSync } from 'node:crypto';
import type { JsonWebKeySet, KeySource } from '../../src/core/keys/key-source.js';
import { TokenMinter } from '../../src/core/token/minter.js';
import { createSigner, type Signer } from '../../src/core/token/signer.js';
import { newTransactionId } from '../../src/core/token/transaction-id.js';
import { encodedToken } from '../../src/core/token/verified-claims.js';
import type { ManualClock } from './manual-clock.js';

export const newSigner = (keyId: string) =>
  createSigner({ key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, keyId });
export const setOf = (...signers: Signer[]): JsonWebKeySet => ({ keys: signers.map(({ publicJwk }) => publicJwk) });
export const mint = (signer: Signer, now: number) =>
  encodedToken(
    new TokenMinter({ trustDomain: 'shop', issuer: 'api_gateway', workload: 'gateway', signer, now: () => now }).mint({
      tokenId: newTransactionId(),
      userId: 'user-7',
      permissions: [],
      scope: 'orders.read',
      authenticated: true,
    }),
  ) as string;

/** A source that the test can switch off, change and make hang. */
export class Desk implements KeySource {
  readonly description = 'desk';
  readonly askedAt: number[] = [];
  answer: () => Promise<JsonWebKeySet>;
  constructor(
    private readonly clock: ManualClock,
    set: JsonWebKeySet,
  ) {
    this.answer = async () => set;
  }
  load(): Promise<JsonWebKeySet> {
    this.askedAt.push(this.clock.now());
    return this.answer();
  }
  give(set: JsonWebKeySet): void {
    this.answer = async () => set;
  }
  fail(reason = 'away'): void {
    this.answer = () => Promise.reject(new Error(reason));
  }
}

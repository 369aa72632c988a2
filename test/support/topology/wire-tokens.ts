import type { WireHead } from './wire-tap.js';

/** The one token on each of these requests; fails if any of them carries none or several. */
export function tokensOf(heads: readonly WireHead[]): string[] {
  return heads.map((head) => {
    const tokens = head.all('txn-token');
    expect([head.target, tokens.length]).toEqual([head.target, 1]);
    return tokens[0] ?? '';
  });
}

export function txnOf(token: string): unknown {
  return (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { txn: unknown }).txn;
}

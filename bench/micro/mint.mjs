// Measures the cost of minting beyond the raw signature: `node bench/micro/mint.mjs`
import { sign } from 'node:crypto';
import { judge } from '../lib/judge.mjs';
import { compare, report } from './compare.mjs';
import { core, input, minter, newTokens, privateKey } from './fixture.mjs';

const PER = 200;
const [token] = newTokens(1);
const bytes = Buffer.from(token.slice(0, token.lastIndexOf('.')));
const inputs = Array.from({ length: PER }, input);

const results = compare('raw signature', {
  'raw signature': { run: () => sign('sha256', bytes, privateKey), per: PER },
  mint: { run: (i) => minter.mint(inputs[i]), per: PER },
  'mint and sign': { run: (i) => core.encodedToken(minter.mint(inputs[i])), per: PER },
});
report(`mint, ES256, ${token.length} bytes`, results);
judge('mint and sign beside the raw signature', results['mint and sign'].beside, 5, 8);

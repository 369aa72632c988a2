// Measures the cost of verifying beyond the raw signature check: `node bench/micro/verify.mjs`
import { verify } from 'node:crypto';
import { judge } from '../lib/judge.mjs';
import { compare, report } from './compare.mjs';
import { fresh, newTokens, newVerifier, publicKey } from './fixture.mjs';

const PER = 200;
const tokens = newTokens(PER);
const size = tokens[0].length;

// The raw check: bytes and DER are prepared, nothing is parsed.
const parts = tokens.map((token) => {
  const dot = token.lastIndexOf('.');
  return { bytes: Buffer.from(token.slice(0, dot)), der: der(Buffer.from(token.slice(dot + 1), 'base64url')) };
});
function der(raw) {
  const integer = (bytes) => {
    let at = 0;
    while (bytes[at] === 0) at += 1;
    const body = bytes[at] > 127 ? [0, ...bytes.subarray(at)] : [...bytes.subarray(at)];
    return [2, body.length, ...body];
  };
  const content = [...integer(raw.subarray(0, 32)), ...integer(raw.subarray(32))];
  return Buffer.from([0x30, content.length, ...content]);
}

const verifier = await newVerifier({ tokenCache: false });
const caching = await newVerifier({ tokenCache: { maxEntries: 1000 } });
for (const token of tokens) caching.verify(token);

const results = compare('raw', {
  raw: { run: (i) => verify('sha256', parts[i].bytes, publicKey, parts[i].der), per: PER },
  verify: { run: (i) => verifier.verify(fresh(tokens[i])), per: PER },
});
report(`verify, ES256, ${size} bytes`, results);
judge('verify beside the raw check', results.verify.beside, 8, 12);

const per = 50 * PER;
const hits = compare('fresh string', {
  'fresh string': { run: (i) => fresh(tokens[i % PER]), per },
  'fresh string and hit': { run: (i) => caching.verify(fresh(tokens[i % PER])), per },
});
report('the same tokens again', hits);
judge('a hit', hits['fresh string and hit'].beside, 1.5, 3);

import type { KeySource } from '../../core/index.js';

/**
 * Says for RSA keys published without `alg`, which RFC 7517 leaves optional, what they are for: RS256 if this issuer
 * may use it, else PS256. One key then still serves one algorithm only.
 */
export function withAlgorithm(source: KeySource, algorithms: ReadonlySet<string>): KeySource {
  const alg = algorithms.has('RS256') ? 'RS256' : 'PS256';
  return {
    ...source,
    async load(signal) {
      const { keys } = await source.load(signal);
      return { keys: keys.map((key) => (key?.kty === 'RSA' && key['alg'] === undefined ? { ...key, alg } : key)) };
    },
  };
}

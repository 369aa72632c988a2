import type { KeySource } from '../../core/index.js';

/**
 * Adds an `alg` to RSA keys published without one, which RFC 7517 allows: RS256 if this issuer may use it, else PS256.
 * So each key still serves only one algorithm.
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

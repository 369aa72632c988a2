import type { SigningKey, SigningKeyProvider } from './signing-key-provider.js';

const LOAD_TIMEOUT_MS = 10_000;

/** Loads the keys within a time limit, even if the provider ignores its signal, as a network file system does. */
export async function loadKeys(
  provider: SigningKeyProvider,
  report: (problem: string) => void,
): Promise<readonly SigningKey[]> {
  const overdue = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    overdue.abort();
    late.reject(new Error('it did not answer in time'));
  }, LOAD_TIMEOUT_MS);
  try {
    return await Promise.race([provider.load(overdue.signal, report), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

import type { SigningKey, SigningKeyProvider } from './signing-key-provider.js';

const LOAD_TIMEOUT_MS = 10_000;

/** What the provider gives, or a rejection when its time is over: it may ignore its signal, a network file system does. */
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

import type { Provider } from '@nestjs/common';

/** Holds options that contain a private key, so that printing a module or its container does not print the key. */
export class SecretOptions<T> {
  readonly #options: T;

  constructor(options: T) {
    this.#options = options;
  }

  open(): T {
    return this.#options;
  }
}

/**
 * Wraps the value of a provider in {@link SecretOptions}.
 * @param check gets the value first
 */
export function withSecretValue(provider: Provider, check = (options: unknown): unknown => options): Provider {
  if (typeof provider === 'object' && 'useValue' in provider) {
    const { provide, useValue } = provider;
    return { provide, useFactory: () => new SecretOptions<unknown>(check(useValue)) };
  }
  if (typeof provider === 'object' && 'useFactory' in provider) {
    const { useFactory } = provider;
    return { ...provider, useFactory: async (...args) => new SecretOptions<unknown>(check(await useFactory(...args))) };
  }
  return provider;
}

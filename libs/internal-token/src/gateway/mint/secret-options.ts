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

/** Wraps the value of a provider in {@link SecretOptions}. */
export function withSecretValue(provider: Provider): Provider {
  if (typeof provider === 'object' && 'useValue' in provider) {
    return { provide: provider.provide, useValue: new SecretOptions<unknown>(provider.useValue) };
  }
  if (typeof provider === 'object' && 'useFactory' in provider) {
    const { useFactory } = provider;
    return { ...provider, useFactory: async (...args) => new SecretOptions<unknown>(await useFactory(...args)) };
  }
  return provider;
}

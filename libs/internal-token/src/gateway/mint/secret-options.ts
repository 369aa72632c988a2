import type { Provider } from '@nestjs/common';

/** Holds options with a private key in them, so that printing a module or its container prints no key. */
export class SecretOptions<T> {
  readonly #options: T;

  constructor(options: T) {
    this.#options = options;
  }

  open(): T {
    return this.#options;
  }
}

/** The same provider, giving its value sealed. */
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

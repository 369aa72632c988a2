import { types } from 'node:util';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { isTokenField } from './reserved-fields.js';

/** The part of @nestjs/axios' HttpService that is used here; an application without it does not have its types. */
interface HttpServiceLike {
  readonly axiosRef: {
    readonly interceptors: {
      readonly request: {
        use(onFulfilled: (config: AxiosConfigLike) => AxiosConfigLike): number;
        eject(id: number): void;
      };
    };
  };
}

interface AxiosConfigLike {
  readonly headers: { delete(name: string): unknown };
}

/**
 * Removes tokens from the request configuration of every HttpService. On the wire they would be replaced anyway, but an
 * AxiosError keeps the configuration, so logging the error would log the token.
 */
@Injectable()
export class AxiosConfigScrubber implements OnModuleInit, OnApplicationShutdown {
  readonly #release: (() => void)[] = [];

  constructor(private readonly discovery: DiscoveryService) {}

  onModuleInit(): void {
    const seen = new Set<unknown>();
    for (const { instance } of this.discovery.getProviders()) {
      if (!isHttpService(instance) || seen.has(instance.axiosRef)) continue;
      seen.add(instance.axiosRef);
      const { request } = instance.axiosRef.interceptors;
      const id = request.use(withoutToken);
      this.#release.push(() => request.eject(id));
    }
  }

  onApplicationShutdown(): void {
    for (const release of this.#release.splice(0)) release();
  }
}

function withoutToken(config: AxiosConfigLike): AxiosConfigLike {
  for (const name of Object.keys(config.headers)) if (isTokenField(name)) config.headers.delete(name);
  return config;
}

function isHttpService(instance: unknown): instance is HttpServiceLike {
  // Proxy providers of nestjs-cls stand for request-scoped values and throw when read outside a request.
  if (typeof instance !== 'object' || instance === null || types.isProxy(instance)) return false;
  const { axiosRef } = instance as { axiosRef?: Partial<HttpServiceLike['axiosRef']> };
  return typeof axiosRef?.interceptors?.request?.use === 'function';
}

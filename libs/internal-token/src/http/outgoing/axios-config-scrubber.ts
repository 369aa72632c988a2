import { types } from 'node:util';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { isTokenField } from './reserved-fields.js';

/** What is needed of @nestjs/axios' HttpService; an application without it has no types of it. */
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
 * Takes a token out of the configuration of every HttpService's requests. On the wire it would be replaced
 * anyway; but an AxiosError keeps the configuration, and whoever logs the error would log a token.
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
  // Proxy providers of nestjs-cls stand for something of a request, and throw when looked at outside of one.
  if (typeof instance !== 'object' || instance === null || types.isProxy(instance)) return false;
  const { axiosRef } = instance as { axiosRef?: Partial<HttpServiceLike['axiosRef']> };
  return typeof axiosRef?.interceptors?.request?.use === 'function';
}

import { types } from 'node:util';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type * as Axios from 'axios';
import { OutgoingPropagation } from '../outgoing/outgoing-propagation.js';
import { isTokenField } from '../outgoing/reserved-fields.js';
import { PeerPools } from './peer-pools.js';
import { undiciAdapter } from './undici-adapter.js';

/**
 * Sets up the axios instance of every HttpService of @nestjs/axios: internal calls go over undici, and its configuration
 * keeps no tokens.
 */
@Injectable()
export class HttpServiceSetup implements OnModuleInit, OnApplicationShutdown {
  readonly #undo: (() => void)[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly propagation: OutgoingPropagation,
  ) {}

  async onModuleInit(): Promise<void> {
    const instances = this.#instances();
    if (instances.size === 0) return;
    for (const instance of instances) this.#scrubConfigs(instance);
    // Optional: an application that has no HttpService need not have it.
    const axios = await import('axios').catch(() => undefined);
    if (axios === undefined) return;
    const pools = new PeerPools((origin) => this.propagation.concerns({ origin, method: 'GET', path: '/' }));
    this.#undo.push(() => pools.close());
    for (const instance of instances) this.#useUndici(instance, axios, pools);
  }

  onApplicationShutdown(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }

  #instances(): Set<Axios.AxiosInstance> {
    const services = this.discovery.getProviders().map(({ instance }) => instance as unknown);
    return new Set(services.filter(isHttpService).map(({ axiosRef }) => axiosRef));
  }

  /** On the wire a token is replaced anyway, but an AxiosError keeps the configuration, and logging it would log it. */
  #scrubConfigs({ interceptors: { request } }: Axios.AxiosInstance): void {
    const id = request.use(withoutToken, null, { synchronous: true });
    this.#undo.push(() => request.eject(id));
  }

  /** Leaves an instance alone whose adapter somebody has chosen, and one of another copy of axios. */
  #useUndici({ defaults, interceptors }: Axios.AxiosInstance, axios: typeof Axios, pools: PeerPools): void {
    const { adapter: given } = defaults;
    if (!Array.isArray(given) || interceptors.request.constructor !== axios.default.interceptors.request.constructor)
      return;
    const ours = undiciAdapter(axios, pools, axios.getAdapter(given));
    defaults.adapter = ours;
    this.#undo.push(() => {
      if (defaults.adapter === ours) defaults.adapter = given;
    });
  }
}

function withoutToken(config: Axios.InternalAxiosRequestConfig): Axios.InternalAxiosRequestConfig {
  for (const name of Object.keys(config.headers)) if (isTokenField(name)) config.headers.delete(name);
  return config;
}

function isHttpService(instance: unknown): instance is { readonly axiosRef: Axios.AxiosInstance } {
  // Proxy providers of nestjs-cls stand for request-scoped values and throw when read outside a request.
  if (typeof instance !== 'object' || instance === null || types.isProxy(instance)) return false;
  const { axiosRef } = instance as { axiosRef?: Partial<Axios.AxiosInstance> };
  return typeof axiosRef?.interceptors?.request?.use === 'function';
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { InternalTokenError } from '../core/index.js';
import { CallerCredentials } from '../nest/index.js';
import { InternalTokenIssuer } from './mint/internal-token-issuer.js';
import { EdgePolicies } from './authorize/edge-policies.js';
import { EdgePolicy } from './authorize/edge-policy.js';
import { PermissionEnricher } from './authorize/enrichment.js';
import { Forwarder } from './dispatch/forwarder.js';
import { HttpForwarder } from './dispatch/index.js';
import { IssuanceSink } from './mint/issuance-sink.js';

type Kind<T> = abstract new (...args: never[]) => T;

/** The providers of the application that take part at the edge, found by their base class in whatever module. */
@Injectable()
export class EdgeCollaborators implements OnModuleInit {
  #issuer: InternalTokenIssuer | undefined;
  #forwarder: Forwarder;
  policies = new EdgePolicies([]);
  enricher: PermissionEnricher | undefined;
  sink: IssuanceSink | undefined;
  credentials: CallerCredentials | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    http: HttpForwarder,
  ) {
    this.#forwarder = http;
  }

  onModuleInit(): void {
    this.policies = new EdgePolicies(this.#all(EdgePolicy));
    this.enricher = this.#atMostOne(PermissionEnricher);
    // The built-in one is a provider too; another takes its place.
    this.#forwarder = this.#atMostOne(Forwarder, this.#forwarder) ?? this.#forwarder;
    this.sink = this.#atMostOne(IssuanceSink);
    this.credentials = this.#atMostOne(CallerCredentials);
    this.#issuer = this.#atMostOne(InternalTokenIssuer);
    if (!this.#issuer) {
      throw invalid('EdgeModule mints internal tokens: import InternalTokenIssuingModule.forIssuing({ … }) as well.');
    }
  }

  get issuer(): InternalTokenIssuer {
    if (!this.#issuer) throw invalid('A request arrived before the application was initialised: await app.init().');
    return this.#issuer;
  }

  /** Another process is reached through it. */
  get forwarder(): Forwarder {
    return this.#forwarder;
  }

  #atMostOne<T extends object>(kind: Kind<T>, except?: T): T | undefined {
    const [one, another] = this.#all(kind).filter((found) => found !== except);
    if (another) {
      throw invalid(`There are two providers of ${kind.name}, and only one can answer. Remove one.`);
    }
    return one;
  }

  #all<T extends object>(kind: Kind<T>): T[] {
    const found = new Set<T>();
    for (const wrapper of this.discovery.getProviders()) {
      const { metatype } = wrapper;
      const fits = typeof metatype === 'function' && (metatype.prototype as unknown) instanceof kind;
      if (fits && !wrapper.isDependencyTreeStatic()) {
        throw invalid(
          `${wrapper.name} is request-scoped: the edge comes before Nest's request scope. Make it a singleton.`,
        );
      }
      if (wrapper.instance instanceof kind) found.add(wrapper.instance as T);
    }
    return [...found];
  }
}

function invalid(detail: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', detail);
}

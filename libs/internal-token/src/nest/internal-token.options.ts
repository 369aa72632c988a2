import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { CustomClaimsSchema, JwksUriOptions, KeySource, PemKey, SigningAlgorithm } from '../core/index.js';

/** Where the public keys come from: a URL, a file, PEM text, or a source of your own. Never a private key. */
export type InternalTokenKeys =
  | ({ readonly jwksUri: string } & JwksUriOptions)
  | { readonly jwksFile: string }
  | PemKey
  | readonly PemKey[]
  | KeySource;

/** Options of `InternalTokenModule.forRoot()`. */
export interface InternalTokenOptions {
  /** This process' name on log lines and spans, such as `orders`. */
  readonly service: string;
  /** `aud` that a token must be for: the name shared by every service behind one gateway. No default. */
  readonly trustDomain: string;
  /** `iss` that a token must come from. Default `api_gateway`. */
  readonly issuer?: string;
  readonly keys: InternalTokenKeys;
  /** Accepted algorithms, all asymmetric. Default `['ES256']`. */
  readonly algorithms?: readonly SigningAlgorithm[];
  /** Seconds by which clocks may differ, 0 to 60. Default 5. */
  readonly leewaySeconds?: number;
  /** Longest accepted `exp - iat` in seconds, 1 to 300. Default 300. */
  readonly maxLifetimeSeconds?: number;
  /** A synchronous Standard Schema (zod, valibot, arktype) that the application's own claims must satisfy. */
  readonly customClaims?: CustomClaimsSchema;
  /** Stop the start if a handler has neither `@RequireScope()` nor `@AnyScope()`. Default false. */
  readonly requireScopePolicy?: boolean;
}

/** Validated options with every default filled in, frozen. */
export interface ResolvedOptions {
  readonly service: string;
  readonly trustDomain: string;
  readonly issuer: string;
  readonly keys: KeySource;
  readonly algorithms: readonly SigningAlgorithm[];
  readonly leewaySeconds: number;
  readonly maxLifetimeSeconds: number;
  readonly customClaims?: CustomClaimsSchema;
  readonly requireScopePolicy: boolean;
}

/** Injection token of {@link ResolvedOptions}. */
export const RESOLVED_OPTIONS = Symbol('InternalTokenResolvedOptions');

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<InternalTokenOptions>({
  moduleName: 'InternalToken',
})
  .setClassMethodName('forRoot')
  .setExtras({}, (definition) => ({ ...definition, global: true }))
  .build();

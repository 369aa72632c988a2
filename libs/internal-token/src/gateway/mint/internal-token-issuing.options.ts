import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { Signer, SignerOptions, TokenMinterOptions } from '../../core/index.js';
import type { JwtKeySetup } from '../key-ring/jwt-key-setup.js';
import type { KeyRing, KeyRingOptions } from '../key-ring/index.js';
import { withSecretValue } from './secret-options.js';

/** What signs: a ring of keys, or one key for good: a signer, a private key, what a team has set up for `@nestjs/jwt`. */
export type InternalTokenSigningKey =
  /** Keys that change while the gateway runs; an opened one, or what to open at the start. */
  | { readonly ring: KeyRing | KeyRingOptions }
  | { readonly signer: Signer }
  | SignerOptions
  | {
      /** `JwtModuleOptions`: `privateKey`, `publicKey`, `secretOrKeyProvider`, `signOptions.algorithm` and `.keyid` count. */
      readonly jwt: JwtKeySetup;
    };

/** Options of `InternalTokenIssuingModule.forIssuing()`. */
export type InternalTokenIssuingOptions = Omit<TokenMinterOptions, 'signer' | 'issuer' | 'now'> & {
  /** `iss` of every token. Default `api_gateway`. */
  readonly issuer?: string;
} & InternalTokenSigningKey;

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<InternalTokenIssuingOptions>({ moduleName: 'InternalTokenIssuing' })
    .setClassMethodName('forIssuing')
    .setExtras({}, (definition) => ({ ...definition, providers: (definition.providers ?? []).map(withSecretValue) }))
    .build();

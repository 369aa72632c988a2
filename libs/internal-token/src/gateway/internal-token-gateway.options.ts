import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { InternalTokenOptions } from '../nest/index.js';
import type { EdgeOptions } from './edge.options.js';
import type { InternalListenerOptions } from './listeners/internal-listener.js';
import type { InternalTokenIssuingOptions, InternalTokenSigningKey } from './mint/internal-token-issuing.options.js';
import { withSecretValue } from './mint/secret-options.js';

type IssuingOptions = Pick<InternalTokenIssuingOptions, 'trustDomain' | 'issuer' | 'lifetimeSeconds' | 'customClaims'>;

/** Options of `InternalTokenGatewayModule.forRoot()`: those of `EdgeModule`, and these. */
export interface InternalTokenGatewayOptions extends EdgeOptions, IssuingOptions {
  /** This process' name: on log lines, and in its tokens as `req_wl`. Default `gateway`. */
  readonly service?: string;
  /** What signs: `{ key }`, `{ ring }`, `{ signer }` or `{ jwt }`, as for `InternalTokenIssuingModule`. */
  readonly signing: InternalTokenSigningKey;
  /** Opens the internal listener when the application starts. Default: none; call `openInternalListener()`. */
  readonly internalListener?: InternalListenerOptions;
  /** How tokens are verified that come back on the internal listener. Default: the key ring of this process. */
  readonly verifying?: Omit<InternalTokenOptions, 'service' | 'trustDomain' | 'issuer' | 'keys'>;
}

/** Injection token of the options, sealed. */
export const GATEWAY_OPTIONS = Symbol('InternalTokenGatewayOptions');

export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<InternalTokenGatewayOptions>({
  moduleName: 'InternalTokenGateway',
  optionsInjectionToken: GATEWAY_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setExtras({}, (definition) => ({
    ...definition,
    providers: (definition.providers ?? []).map(withSecretValue),
    exports: [GATEWAY_OPTIONS],
  }))
  .build();

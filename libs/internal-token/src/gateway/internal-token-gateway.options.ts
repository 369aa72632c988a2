import { ConfigurableModuleBuilder } from '@nestjs/common';
import { option, OptionPath } from '../core/index.js';
import { checkEnforcement, INTERNAL_TOKEN_CHECKS, type InternalTokenOptions } from '../nest/index.js';
import { checkDomains } from './dispatch/forwarding.options.js';
import { EDGE_CHECKS, type EdgeOptions } from './edge.options.js';
import { internalListenerOptions, type InternalListenerOptions } from './listeners/internal-listener.options.js';
import { type InternalTokenIssuingOptions, ISSUING_MODULE_CHECKS } from './mint/internal-token-issuing.options.js';
import { withSecretValue } from './mint/secret-options.js';

type SharedOption = 'service' | 'trustDomain' | 'issuer' | 'customClaims';

/** Options of `InternalTokenGatewayModule.forRoot()`: those of `InternalTokenIssuingModule` and `EdgeModule`, and these. */
export interface InternalTokenGatewayOptions extends InternalTokenIssuingOptions, EdgeOptions {
  /** Opens the internal listener when the application starts. Default: none; call `openInternalListener()`. */
  readonly internalListener?: InternalListenerOptions;
  /** How tokens are verified that come back on the internal listener: by the key ring of this process, and so. */
  readonly verifying?: Omit<InternalTokenOptions, SharedOption | 'keys'>;
}

const {
  service: _service,
  trustDomain: _trustDomain,
  issuer: _issuer,
  customClaims: _customClaims,
  keys: _keys,
  ...verifying
} = INTERNAL_TOKEN_CHECKS;

const checkOptions = option.group({
  ...ISSUING_MODULE_CHECKS,
  ...EDGE_CHECKS,
  internalListener: option.optional(internalListenerOptions),
  verifying: option.optionalGroup(verifying),
} satisfies option.ChecksOf<InternalTokenGatewayOptions>);

/**
 * The options as they were given: the modules that get them complete them.
 * @throws InternalTokenError `configuration_invalid`, naming the option, what was given and what is allowed
 */
function checked(options: unknown): InternalTokenGatewayOptions {
  const at = new OptionPath('InternalTokenGatewayModule');
  const { forwarding, routes, verifying: own } = checkOptions(options, at);
  checkDomains(forwarding, routes.table, at.member('forwarding'));
  checkEnforcement(own.mode, own.allowUnverifiedUntil, at.member('verifying'));
  return options as InternalTokenGatewayOptions;
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
    providers: (definition.providers ?? []).map((provider) => withSecretValue(provider, checked)),
    exports: [GATEWAY_OPTIONS],
  }))
  .build();

import { Module } from '@nestjs/common';
import { TokenMinter } from '../../core/index.js';
import {
  ConfigurableModuleClass,
  type InternalTokenIssuingOptions,
  MODULE_OPTIONS_TOKEN,
} from './internal-token-issuing.options.js';
import { InternalTokenIssuer } from './internal-token-issuer.js';
import { logKeyRing } from '../key-ring/log-key-ring.js';
import { openRing } from './open-ring.js';
import { KeyRing } from '../key-ring/index.js';
import type { SecretOptions } from './secret-options.js';

/**
 * Issues internal tokens; for the gateway only:
 *
 * ```ts
 * InternalTokenIssuingModule.forIssuing({ trustDomain: 'shop.example', workload: 'gateway', key: privateKeyPem })
 * ```
 *
 * It is not global: only modules that import it can inject {@link InternalTokenIssuer} and {@link KeyRing}.
 */
@Module({
  providers: [
    { provide: KeyRing, inject: [MODULE_OPTIONS_TOKEN], useFactory: createRing },
    { provide: InternalTokenIssuer, inject: [MODULE_OPTIONS_TOKEN, KeyRing], useFactory: createIssuer },
  ],
  exports: [InternalTokenIssuer, KeyRing],
})
export class InternalTokenIssuingModule extends ConfigurableModuleClass {}

/** @throws InternalTokenError `configuration_invalid`: the application does not start */
function createRing(options: SecretOptions<InternalTokenIssuingOptions>): Promise<KeyRing> {
  const given = options.open();
  return openRing(given, given.lifetimeSeconds, logKeyRing);
}

/** @throws InternalTokenError `configuration_invalid`: the application does not start */
function createIssuer(options: SecretOptions<InternalTokenIssuingOptions>, ring: KeyRing): InternalTokenIssuer {
  const { trustDomain, issuer = 'api_gateway', workload, lifetimeSeconds, customClaims } = options.open();
  const minter = new TokenMinter({
    trustDomain,
    issuer,
    workload,
    ...(lifetimeSeconds !== undefined && { lifetimeSeconds }),
    ...(customClaims !== undefined && { customClaims }),
    signer: () => ring.active,
  });
  return new InternalTokenIssuer(minter, ring);
}

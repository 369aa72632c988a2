import { Module } from '@nestjs/common';
import {
  ConfigurableModuleClass,
  type InternalTokenIssuingOptions,
  MODULE_OPTIONS_TOKEN,
  resolveIssuingOptions,
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
 * InternalTokenIssuingModule.forIssuing({ trustDomain: 'shop.example', signing: { key: privateKeyPem } })
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

type Options = SecretOptions<InternalTokenIssuingOptions>;

/** @throws InternalTokenError `configuration_invalid`: the application does not start */
function createRing(options: Options): Promise<KeyRing> {
  const { signing, lifetimeSeconds } = resolveIssuingOptions(options.open());
  return openRing(signing, lifetimeSeconds, logKeyRing);
}

/** @throws InternalTokenError `configuration_invalid`: the application does not start */
function createIssuer(options: Options, ring: KeyRing): InternalTokenIssuer {
  const { trustDomain, issuer, service, lifetimeSeconds, customClaims } = resolveIssuingOptions(options.open());
  return new InternalTokenIssuer(ring, {
    trustDomain,
    issuer,
    workload: service,
    lifetimeSeconds,
    ...(customClaims !== undefined && { customClaims }),
  });
}

import { Module } from '@nestjs/common';
import { TokenMinter } from '../core/index.js';
import {
  ConfigurableModuleClass,
  type InternalTokenIssuingOptions,
  MODULE_OPTIONS_TOKEN,
} from './internal-token-issuing.options.js';
import { InternalTokenIssuer } from './internal-token.issuer.js';
import { resolveSigner } from './resolve-signer.js';
import type { SealedOptions } from './sealed-options.js';

/**
 * The issuing half, for the gateway alone:
 *
 * ```ts
 * InternalTokenIssuingModule.forIssuing({ trustDomain: 'shop.example', workload: 'gateway', key: privateKeyPem })
 * ```
 *
 * It is not global: only a module that imports it can inject {@link InternalTokenIssuer}.
 */
@Module({
  providers: [{ provide: InternalTokenIssuer, inject: [MODULE_OPTIONS_TOKEN], useFactory: createIssuer }],
  exports: [InternalTokenIssuer],
})
export class InternalTokenIssuingModule extends ConfigurableModuleClass {}

/** @throws InternalTokenError `configuration_invalid`: the application does not start */
async function createIssuer(options: SealedOptions<InternalTokenIssuingOptions>): Promise<InternalTokenIssuer> {
  const { trustDomain, issuer = 'api_gateway', workload, lifetimeSeconds, customClaims, ...key } = options.open();
  const signer = await resolveSigner(key);
  const minter = new TokenMinter({
    trustDomain,
    issuer,
    workload,
    ...(lifetimeSeconds !== undefined && { lifetimeSeconds }),
    ...(customClaims !== undefined && { customClaims }),
    signer,
  });
  return new InternalTokenIssuer(minter, signer);
}

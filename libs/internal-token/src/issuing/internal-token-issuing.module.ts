import { Module } from '@nestjs/common';
import { TokenMinter } from '../core/index.js';
import {
  ConfigurableModuleClass,
  type InternalTokenIssuingOptions,
  MODULE_OPTIONS_TOKEN,
} from './internal-token-issuing.options.js';
import { InternalTokenIssuer } from './internal-token.issuer.js';
import { resolveSigner } from './resolve-signer.js';

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
  providers: [
    {
      provide: InternalTokenIssuer,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: async (options: InternalTokenIssuingOptions) => {
        const { issuer = 'api_gateway' } = options;
        const signer = await resolveSigner(options);
        return new InternalTokenIssuer(new TokenMinter({ ...options, issuer, signer }), signer);
      },
    },
  ],
  exports: [InternalTokenIssuer],
})
export class InternalTokenIssuingModule extends ConfigurableModuleClass {}

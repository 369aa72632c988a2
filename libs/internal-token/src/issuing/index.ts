export { InternalTokenIssuer } from './internal-token.issuer.js';
export { JwksController } from './jwks.controller.js';
export { InternalTokenIssuingModule } from './internal-token-issuing.module.js';
export type { InternalTokenIssuingOptions } from './internal-token-issuing.options.js';
export { createSigner, type MintInput, type Signer } from '../core/index.js';

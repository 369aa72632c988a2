export { type TestTokenInput, TestTokenIssuer, type TestTokenIssuerOptions } from './test-token-issuer.js';
export { overrideInternalToken } from './override-internal-token.js';

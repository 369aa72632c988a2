export { type TestTokenInput, TestTokenIssuer, type TestTokenIssuerOptions } from './test-token-issuer.js';

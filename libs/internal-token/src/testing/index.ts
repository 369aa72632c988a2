export { TestTokenIssuer, type TestTokenInput, type TestTokenIssuerOptions } from './test-token.issuer.js';

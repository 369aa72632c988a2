export { CallerAuthenticator, type CallerRequest } from '../nest/index.js';
export { MtlsCallerAuthenticator, type MtlsCallerOptions } from './mtls.caller-authenticator.js';

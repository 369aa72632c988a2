export { CallerAuthenticator, CallerCredentials, type CallerRequest, type CallToProve } from '../nest/index.js';
export { MtlsCallerAuthenticator, type MtlsCallerOptions } from './mtls-caller-authenticator.js';
export { WimseCallerAuthenticator, type WimseCallerOptions } from './wimse/wimse-caller-authenticator.js';
export { WimseCredentials, type WimseCredentialsOptions, type WorkloadIdentity } from './wimse/wimse-credentials.js';

export { startDevelopmentIdentityProvider } from './development-identity-provider.js';
export type {
  DevelopmentIdentityProvider,
  DevelopmentIdentityProviderOptions,
} from './development-identity-provider.js';

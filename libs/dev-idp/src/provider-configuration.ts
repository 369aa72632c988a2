import { randomBytes } from 'node:crypto';

import { errors, interactionPolicy } from 'oidc-provider';
import type { Configuration, Grant, KoaContextWithOIDC } from 'oidc-provider';

import { accountOf } from './accounts.js';
import { errorPage } from './error-page.js';
import { createMemoryAdapter } from './create-memory-adapter.js';
import { developmentClients, INTROSPECTION_CLIENT_ID, OPAQUE_CLIENT_ID } from './provider-clients.js';
import type { ProviderSecrets } from './provider-secrets.js';

/** The scopes a client may request; what the person may do is in the `permissions` claim. */
const API_SCOPES = [
  'catalog.read',
  'catalog.write',
  'inventory.read',
  'inventory.write',
  'orders.read',
  'orders.write',
] as const;

const MINUTE = 60;
const HOUR = 60 * MINUTE;

export function interactionPath(uid: string): string {
  return `/interaction/${uid}`;
}

export function providerConfiguration(
  audience: string,
  secrets: ProviderSecrets,
  allowedRedirects: readonly string[],
): Configuration {
  const policy = interactionPolicy.base();
  policy.remove('consent');

  return {
    adapter: createMemoryAdapter(),
    clients: developmentClients(secrets.introspectionSecret, allowedRedirects),
    jwks: { keys: [secrets.signingKey] },
    // Cookies last for one sign-in, so their key need not outlive the process.
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    scopes: ['openid', 'profile'],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'] },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      // Every access token is for the API, so none is valid for userinfo.
      userinfo: { enabled: false },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client) => client.clientId === INTROSPECTION_CLIENT_ID,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource, client) => {
          if (resource !== audience) throw new errors.InvalidTarget(`the only resource is ${audience}`);
          return {
            audience,
            scope: API_SCOPES.join(' '),
            accessTokenFormat: client.clientId === OPAQUE_CLIENT_ID ? 'opaque' : 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          };
        },
      },
    },
    pkce: { required: () => true },
    ttl: {
      AccessToken: HOUR,
      AuthorizationCode: MINUTE,
      Grant: HOUR,
      IdToken: HOUR,
      Interaction: 10 * MINUTE,
      Session: HOUR,
    },
    // Sessions are not kept (see memory.adapter.ts), so nothing may depend on one.
    expiresWithSession: () => false,
    clientBasedCORS: (_ctx, origin, client) =>
      (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin),
    findAccount: (_ctx, subject) => {
      const account = accountOf(subject);
      return (
        account && {
          accountId: subject,
          claims: () => ({ sub: subject, name: account.name, preferred_username: subject }),
        }
      );
    },
    extraTokenClaims: (_ctx, token) => {
      const account = 'accountId' in token ? accountOf(token.accountId) : undefined;
      return account && { tenant_id: account.tenantId, permissions: [...account.permissions] };
    },
    interactions: { policy, url: (_ctx, interaction) => interactionPath(interaction.uid) },
    loadExistingGrant: grantWhatIsAsked,
    renderError: (ctx, { error, error_description: description }) => {
      ctx.type = 'html';
      ctx.body = errorPage(error, description);
    },
  };
}

/** No consent page: the person and the application are the same developer. Unknown scopes are never granted. */
async function grantWhatIsAsked(ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { account, client, provider, requestParamOIDCScopes, requestParamScopes, resourceServers = {} } = ctx.oidc;
  if (!account || !client) return undefined;
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addOIDCScope([...requestParamOIDCScopes].join(' '));
  for (const [resource, server] of Object.entries(resourceServers)) {
    grant.addResourceScope(resource, [...requestParamScopes].filter((scope) => server.scopes.has(scope)).join(' '));
  }
  await grant.save();
  return grant;
}

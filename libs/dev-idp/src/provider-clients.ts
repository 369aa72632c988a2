import type { ClientMetadata } from 'oidc-provider';

/** Signs people in from a terminal or a page on this machine; its access tokens are JWTs. */
export const CLI_CLIENT_ID = 'demo-cli';

/** The same, with opaque access tokens that only the introspection endpoint can read. */
export const OPAQUE_CLIENT_ID = 'demo-opaque';

/** Only introspects. */
export const INTROSPECTION_CLIENT_ID = 'gateway';

const LOOPBACK_REDIRECTS = ['http://127.0.0.1/callback', 'http://[::1]/callback', 'http://localhost/callback'];

export function developmentClients(
  introspectionSecret: string,
  allowedRedirects: readonly string[],
): readonly ClientMetadata[] {
  const native: Omit<ClientMetadata, 'client_id'> = {
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    // Any port is accepted on loopback (RFC 8252 section 7.3).
    redirect_uris: [...LOOPBACK_REDIRECTS, ...allowedRedirects],
  };
  return [
    { ...native, client_id: CLI_CLIENT_ID, client_name: 'the demo' },
    { ...native, client_id: OPAQUE_CLIENT_ID, client_name: 'the demo (opaque tokens)' },
    {
      client_id: INTROSPECTION_CLIENT_ID,
      client_name: 'Gateway',
      client_secret: introspectionSecret,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: [],
      response_types: [],
      redirect_uris: [],
    },
  ];
}

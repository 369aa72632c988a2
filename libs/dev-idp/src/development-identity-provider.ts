import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Provider } from 'oidc-provider';

import { INTROSPECTION_CLIENT_ID } from './provider-clients.js';
import { providerConfiguration } from './provider-configuration.js';
import { loadProviderSecrets } from './provider-secrets.js';
import { requestHandler } from './request-handler.js';

export interface DevelopmentIdentityProviderOptions {
  /** Loopback only. Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 3900; 0 takes a free one. */
  readonly port?: number;
  /** The audience of access tokens: the `audience` the gateway expects, an absolute URI. */
  readonly audience: string;
  /** Redirect addresses in addition to `/callback` on any loopback port. */
  readonly allowedRedirects?: readonly string[];
  /** Directory of the provider's own key. Default `.dev/identity-provider`. */
  readonly directory?: string;
}

export interface DevelopmentIdentityProvider {
  readonly issuer: string;
  /** What a gateway needs to accept opaque tokens of this provider as well. */
  readonly introspection: {
    readonly endpoint: string;
    readonly clientId: string;
    readonly clientSecretFile: string;
  };
  close(): Promise<void>;
}

/** A real OpenID provider for one developer's machine, with accounts whose password is public. */
export async function startDevelopmentIdentityProvider({
  host = '127.0.0.1',
  port = 3900,
  audience,
  allowedRedirects = [],
  directory = '.dev/identity-provider',
}: DevelopmentIdentityProviderOptions): Promise<DevelopmentIdentityProvider> {
  refuseOutsideDevelopment(host);
  if (!URL.canParse(audience)) {
    throw new Error(`audience must be an absolute URI such as https://api.example.test, but is "${audience}".`);
  }

  const secrets = await loadProviderSecrets(directory);
  const server = createServer();
  // The issuer's name contains the port, which is known only after listening.
  await listen(server, host, port);
  const issuer = `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, providerConfiguration(audience, secrets, allowedRedirects));
  server.on('request', requestHandler(provider));

  return {
    issuer,
    introspection: {
      endpoint: provider.urlFor('introspection'),
      clientId: INTROSPECTION_CLIENT_ID,
      clientSecretFile: secrets.introspectionSecretFile,
    },
    close: () => close(server),
  };
}

/** The caller has already checked this, but public passwords deserve a second check. */
function refuseOutsideDevelopment(host: string): void {
  // oxlint-disable-next-line node/no-process-env -- the last line of defence must not depend on its caller
  if (process.env['NODE_ENV'] === 'production') {
    throw new Error(
      'The development identity provider does not start with NODE_ENV=production: its passwords are public. ' +
        'Set ACCESS_TOKEN_ISSUERS to your identity provider.',
    );
  }
  if (host !== 'localhost' && host !== '::1' && !/^127(\.\d{1,3}){3}$/.test(host)) {
    throw new Error(
      `The development identity provider listens on loopback only, not on "${host}": its passwords are public. ` +
        'Use 127.0.0.1.',
    );
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}

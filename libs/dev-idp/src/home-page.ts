import { DEVELOPMENT_ACCOUNTS, DEVELOPMENT_PASSWORD } from './accounts.js';
import { html } from './html.js';
import { page } from './page-layout.js';
import { CLI_CLIENT_ID } from './provider-clients.js';

/** Explains the provider to a person who opens its address. */
export function homePage(issuer: string): string {
  return page(
    'Identity provider',
    html`<span class="badge">Development only</span>
      <h1>Identity provider</h1>
      <p class="quiet">
        It signs people in while you develop. Nothing here is secret, and it never starts in production.
      </p>
      <h2>Accounts</h2>
      <ul>
        ${DEVELOPMENT_ACCOUNTS.map(
          ({ subject, tenantId, summary }) =>
            html`<li><code>${subject}</code> of ${tenantId}: ${summary.toLowerCase()}</li>`,
        )}
      </ul>
      <p class="quiet">Password: <code>${DEVELOPMENT_PASSWORD}</code></p>
      <h2>An access token in the terminal</h2>
      <p><code>npm run -s login -- alice</code></p>
      <h2>For an application</h2>
      <p class="quiet">
        Issuer <code>${issuer}</code>, public client <code>${CLI_CLIENT_ID}</code>, authorization code with PKCE,
        <a href="/.well-known/openid-configuration">discovery document</a>.
      </p>`,
  );
}

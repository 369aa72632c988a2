import { DEVELOPMENT_ACCOUNTS, DEVELOPMENT_PASSWORD } from './accounts.js';
import type { DevelopmentAccount } from './accounts.js';
import { html } from './html.js';
import type { Html } from './html.js';
import { page } from './page-layout.js';

export interface LoginView {
  readonly action: string;
  readonly clientName: string;
  /** The name that was typed before or that the application suggests. */
  readonly login: string;
  readonly refused: boolean;
}

export function loginPage({ action, clientName, login, refused }: LoginView): string {
  return page(
    'Sign in',
    html`<span class="badge">Development only</span>
      <h1>Choose an account</h1>
      <p class="quiet">
        Choose an account to continue to ${clientName}. Everyone’s password is <code>${DEVELOPMENT_PASSWORD}</code>.
      </p>
      ${refused && html`<p class="alarm" role="alert" id="refusal">Wrong name or password.</p>`}
      <ul class="accounts">
        ${DEVELOPMENT_ACCOUNTS.map((account) => accountButton(action, account))}
      </ul>
      <details ${(refused || login !== '') && OPEN}>
        <summary>Sign in with a name and password</summary>
        <form method="post" action="${action}">
          <label for="login">Name</label>
          <input
            id="login"
            name="login"
            value="${login}"
            autocomplete="username"
            autocapitalize="none"
            spellcheck="false"
            required
            ${refused && INVALID}
          />
          <label for="password">Password</label>
          <input
            id="password"
            name="password"
            type="password"
            autocomplete="current-password"
            required
            ${refused && INVALID_HERE}
          />
          <button class="primary">Sign in</button>
        </form>
      </details>
      <footer>
        <form method="post" action="${action}">
          <button class="link" name="cancel" value="yes">Cancel and go back</button>
        </form>
      </footer>`,
  );
}

const OPEN = html`open`;
const INVALID = html`aria-invalid="true" aria-describedby="refusal"`;
/** The password must be typed again. */
const INVALID_HERE = html`${INVALID} autofocus`;

function accountButton(action: string, { subject, name, tenantId, summary }: DevelopmentAccount): Html {
  return html`<li>
    <form method="post" action="${action}">
      <input type="hidden" name="password" value="${DEVELOPMENT_PASSWORD}" />
      <button class="account" name="login" value="${subject}">
        <span class="initial" aria-hidden="true">${name.slice(0, 1)}</span>
        <span><span class="name">${name}</span> <span class="quiet">${subject} · ${summary}</span></span>
        <span class="tenant">${tenantId}</span>
      </button>
    </form>
  </li>`;
}

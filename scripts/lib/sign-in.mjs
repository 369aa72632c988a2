import { createHash, randomBytes } from 'node:crypto';

import { Browser } from './browser.mjs';
import { UserError } from './user-error.mjs';

export const DEVELOPMENT_ISSUER = `http://127.0.0.1:${process.env.DEV_IDP_PORT ?? 3900}`;
export const DEVELOPMENT_PASSWORD = 'development';
export const ALL_SCOPES = [
  'openid',
  'catalog.read',
  'catalog.write',
  'inventory.read',
  'inventory.write',
  'orders.read',
  'orders.write',
].join(' ');

// Nothing listens there: the redirect is read, not followed.
const REDIRECT = 'http://127.0.0.1/callback';
const MOST_REDIRECTS = 5;

/** Authorization code with PKCE, as a browser and a native application perform it together. */
export async function signIn({
  login,
  password = DEVELOPMENT_PASSWORD,
  issuer = DEVELOPMENT_ISSUER,
  clientId = 'demo-cli',
  scope = ALL_SCOPES,
}) {
  const endpoints = await discover(issuer);
  const browser = new Browser();
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');

  const page = await redirectUntilPage(browser, authorizationUrl(endpoints, { clientId, scope, state, verifier }));
  const submitted = await browser.open(page.url, { login, password });
  if (submitted.status === 403) {
    throw new UserError(`There is no account "${login}" with this password. See the accounts at ${issuer}.`);
  }
  const callback = await redirectUntilCallback(browser, submitted);
  checkCallback(callback, { issuer, state });
  return redeem(endpoints, { clientId, verifier, code: callback.searchParams.get('code') });
}

async function discover(issuer) {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  let response;
  try {
    response = await fetch(url);
  } catch {
    throw new UserError(`No identity provider answers at ${issuer}. Start it together with the application: npm start`);
  }
  const metadata = response.ok ? await response.json().catch(() => undefined) : undefined;
  if (metadata?.issuer !== issuer) {
    throw new UserError(
      `The server at ${issuer} is not the development identity provider. Is another program listening there?`,
    );
  }
  return metadata;
}

function authorizationUrl({ authorization_endpoint: endpoint }, { clientId, scope, state, verifier }) {
  const url = new URL(endpoint);
  url.search = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope,
    state,
    code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  });
  return url.href;
}

async function redirectUntilPage(browser, url) {
  let response = await browser.open(url);
  for (let count = 0; count < MOST_REDIRECTS && isRedirect(response); count++) {
    const target = targetOf(response);
    if (isCallback(target)) throw refusal(target);
    response = await browser.open(target.href);
  }
  if (!response.ok) throw new UserError(`The identity provider refused to start the sign-in (${response.status}).`);
  return response;
}

async function redirectUntilCallback(browser, submitted) {
  let response = submitted;
  for (let count = 0; count < MOST_REDIRECTS && isRedirect(response); count++) {
    const target = targetOf(response);
    if (isCallback(target)) return target;
    response = await browser.open(target.href);
  }
  throw new UserError(`The identity provider did not finish the sign-in (${response.status}).`);
}

function checkCallback(callback, { issuer, state }) {
  const { searchParams } = callback;
  if (searchParams.has('error')) throw refusal(callback);
  if (searchParams.get('state') !== state || searchParams.get('iss') !== issuer) {
    throw new UserError('The answer of the identity provider does not belong to this sign-in.');
  }
}

async function redeem({ token_endpoint: endpoint }, { clientId, verifier, code }) {
  const response = await fetch(endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: clientId,
      redirect_uri: REDIRECT,
      code,
      code_verifier: verifier,
    }),
  });
  const body = await response.json();
  if (!response.ok)
    throw new UserError(`The identity provider gave no token: ${body.error_description ?? body.error}.`);
  return { accessToken: body.access_token, scope: body.scope, expiresInSeconds: body.expires_in };
}

function refusal({ searchParams }) {
  return new UserError(
    `The identity provider refused: ${searchParams.get('error_description') ?? searchParams.get('error')}.`,
  );
}

function isRedirect({ status }) {
  return status >= 300 && status < 400;
}

function targetOf(response) {
  return new URL(response.headers.get('location') ?? '', response.url);
}

function isCallback({ origin, pathname }) {
  return origin + pathname === REDIRECT;
}

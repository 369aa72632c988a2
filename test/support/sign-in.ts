import { createHash, randomBytes } from 'node:crypto';

const REDIRECT = 'http://127.0.0.1:49152/callback';

export interface Tokens {
  readonly access_token: string;
  readonly id_token: string;
}

/** Signs a person in at the development identity provider, as a browser would: authorization code with PKCE. */
export async function signIn(
  issuer: string,
  login: string,
  clientId = 'demo-cli',
  scope = 'openid orders.read orders.write',
): Promise<Tokens> {
  const cookies = new Map<string, string>();
  const open = async (url: string, form?: Record<string, string>): Promise<URL> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=');
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`${response.status} at ${url}: no redirect`);
    return new URL(location, url);
  };

  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const page = await open(`${issuer}/auth?${query.toString()}`);
  let step = await open(page.href, { login, password: 'development' });
  while (!step.href.startsWith(REDIRECT)) step = await open(step.href);

  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: clientId,
      redirect_uri: REDIRECT,
      code: step.searchParams.get('code') ?? '',
      code_verifier: verifier,
    }),
  });
  if (answer.status !== 200) throw new Error(`the token endpoint answered ${answer.status}`);
  return (await answer.json()) as Tokens;
}
